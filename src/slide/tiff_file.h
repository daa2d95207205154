// TiffFile: the directories of a TIFF or BigTIFF file, read once at open; values are read when asked for.
// Slide readers and the fingerprint stand on it.
//
//   file      := "II" | "MM", 42, u32 offset of directory 0             (TIFF 6.0)
//              | "II" | "MM", 43, 8, 0, u64 offset of directory 0       (BigTIFF)
//   directory := count, entries, offset of the next directory or 0
//   entry     := u16 tag, u16 type, count, value or offset of the value
//
// Why not libtiff: it mends what it finds (pads short offset arrays, guesses missing byte counts, reads tiles
// to guess their sampling), keeps its errors in process-wide handlers and its handles to one thread. A
// converter that copies tiles needs the opposite: the exact arrays, every range checked against the file, and
// the tag that is wrong.
//
// Immutable after open, safe from many threads. Values come from an untrusted file: every length is checked
// against the file's size before memory is taken. Messages: "a.svs, directory 2, tag 324 TileOffsets: …".
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "slide/decoders.h"
#include "slide/file_source.h"
#include "slide/tiff_tags.h"

namespace tessera::slide {

struct TiffEntry {
  std::uint16_t tag = 0;
  std::uint16_t type = 0;
  std::uint64_t count = 0;   // of values, as the file claims
  std::uint64_t offset = 0;  // of the first value byte, from the start of the file
};

struct TiffDirectory {
  std::string name;                // "directory 2", "directory 0, SubIFD 1"
  std::uint64_t offset = 0;        // where it begins in the file
  std::size_t ordinal = 0;         // in the main chain; a SubIFD has its parent's
  bool sub = false;                // a SubIFD
  std::vector<TiffEntry> entries;  // ascending; of two with one tag the first is kept

  const TiffEntry* find(std::uint16_t tag) const;
  bool has(std::uint16_t tag) const { return find(tag) != nullptr; }
};

class TiffFile {
 public:
  // Unsupported when the first bytes are no TIFF's; Corrupt naming the directory when the chain is damaged.
  static Result<TiffFile> open(const std::filesystem::path& path);
  static Result<TiffFile> open(std::shared_ptr<FileSource> source, Decoders decoders = nullptr);

  const std::string& name() const { return source_->name(); }
  const std::shared_ptr<FileSource>& source() const { return source_; }
  const Decoders& decoders() const { return decoders_; }
  // The main chain in file order, each followed by its SubIFDs.
  const std::vector<TiffDirectory>& directories() const { return directories_; }
  // The one at that place of the main chain, as vendors' XML counts them; nullptr beyond its end.
  const TiffDirectory* main_directory(std::uint64_t ordinal) const;

  // "a.svs, directory 2, tag 324 TileOffsets"
  std::string place(const TiffDirectory& directory, std::uint16_t tag) const;
  Status corrupt(const TiffDirectory& directory, std::uint16_t tag, std::string_view why) const;
  Status unsupported(const TiffDirectory& directory, std::uint16_t tag, std::string_view why) const;

  // One unsigned number; `otherwise` when the tag is absent, and Corrupt when it is absent and there is none.
  Result<std::uint64_t> number(const TiffDirectory& directory, std::uint16_t tag,
                               std::optional<std::uint64_t> otherwise = std::nullopt) const;
  // All numbers of a tag, in pieces small enough that an array of any length costs no memory here.
  Status each_number(const TiffDirectory& directory, std::uint16_t tag,
                     const std::function<Status(std::uint64_t)>& take) const;
  // The first RATIONAL, FLOAT or DOUBLE; nothing when absent, not finite or of another type.
  std::optional<double> real(const TiffDirectory& directory, std::uint16_t tag) const;
  // Text up to the first NUL; empty when absent, at most `limit` bytes of it.
  Result<std::string> text(const TiffDirectory& directory, std::uint16_t tag, std::uint64_t limit = 1 << 20) const;
  // The value's bytes as they lie in the file; more than `limit` is TooLarge. Empty when absent.
  Result<ByteBuffer> bytes(const TiffDirectory& directory, std::uint16_t tag, std::uint64_t limit) const;
  // Where the value lies, checked against the file's size.
  Result<ByteRange> value_range(const TiffDirectory& directory, const TiffEntry& entry) const;

 private:
  TiffFile(std::shared_ptr<FileSource> source, Decoders decoders)
      : source_(std::move(source)), decoders_(std::move(decoders)) {}
  struct Chain;

  Status read_header(std::uint64_t& first);
  Status read_chain(std::uint64_t first, Chain& chain);
  Result<std::uint64_t> append_directory(std::uint64_t offset, Chain& chain, TiffDirectory directory);
  Result<std::uint64_t> read_directory(std::uint64_t offset, TiffDirectory& directory) const;
  Status read_sub_directories(const TiffDirectory& parent, Chain& chain);
  std::uint64_t load(const std::uint8_t* at, unsigned width) const;

  std::shared_ptr<FileSource> source_;
  Decoders decoders_;
  bool swapped_ = false;  // the file is big-endian
  bool big_ = false;      // BigTIFF
  std::vector<TiffDirectory> directories_;
};

}  // namespace tessera::slide
