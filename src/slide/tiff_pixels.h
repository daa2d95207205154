// TiffPixels: the decoded pixels of one TIFF directory as a RangeSource: rows one after the other, samples
// side by side, 8 bits. For images that are no JPEG frame as they lie in the file: LZW labels, strips that
// cannot be joined. libtiff decodes; what is held is one row (strips) or one row of tiles, and the compressed
// strip, whatever the image's size.
//
// libtiff is told to say its errors to this object, never to stderr; what it says comes back in a Status with
// the place and the row. Meant for a worker process (slide/sandboxed_pixels.h), and safe from many threads (a lock);
// reading in order is fast, a step back decodes its strip again.
#pragma once

#include <tiffio.h>

#include <memory>
#include <mutex>
#include <string>

#include "base/rope.h"
#include "slide/file_source.h"

namespace tessera::slide {

// Which pixels of a file, all as its directory says.
struct PixelsWanted {
  std::uint64_t directory = 0;  // where it begins in the file
  std::uint32_t width = 0, height = 0;
  std::uint16_t samples = 0;  // 1 or 3
  // Tag 262 as they are to be understood: 2 RGB, 6 YCbCr in JPEG (RGB comes out), 1 gray.
  std::uint16_t photometric = 0;
  std::string place;  // for messages: "a.svs, directory 2, tag 273 StripOffsets"

  std::uint64_t bytes() const { return std::uint64_t{width} * samples * height; }
};

class TiffPixels final : public RangeSource {
 public:
  // Corrupt or Unsupported naming the place.
  static Result<std::shared_ptr<TiffPixels>> open(std::shared_ptr<FileSource> source, const PixelsWanted& wanted);

  std::uint64_t size() const override { return row_bytes_ * height_; }
  void read(std::uint64_t offset, MutableBytes into, ReadDone done) override;

  // Decodes everything once: what is damaged is found before the first byte goes anywhere.
  Status verify();
  // read(), done when it returns.
  Status read_now(std::uint64_t offset, MutableBytes into) { return copy(offset, into); }

 private:
  // What libtiff's callbacks are given.
  struct Client {
    std::shared_ptr<FileSource> source;
    std::uint64_t at = 0;
    std::string complaint;  // the first error since it was last empty; before any, the first warning
    bool is_error = false;
  };
  struct Callbacks;
  struct Close {
    void operator()(TIFF* tiff) const { TIFFClose(tiff); }
  };

  TiffPixels() = default;
  Status open_handle(std::uint64_t directory_offset, std::uint16_t photometric);
  Status read_shape(const PixelsWanted& wanted);
  Status copy(std::uint64_t offset, MutableBytes into);
  Status load(std::uint32_t row);
  Status decode_row(std::uint32_t row);
  Status decode_tiles(std::uint32_t first_row);
  Status corrupt(std::uint32_t row) const;

  std::mutex mutex_;
  std::unique_ptr<Client> client_;       // outlives handle_; behind the lock, as all below that changes
  std::unique_ptr<TIFF, Close> handle_;  // behind the lock
  std::string place_;                    // "a.svs, directory 2, tag 273 StripOffsets"
  std::uint64_t row_bytes_ = 0;
  std::uint32_t height_ = 0, samples_ = 0;
  std::uint32_t tile_width_ = 0, tile_height_ = 0;  // 0: strips
  std::uint32_t rows_per_strip_ = 0;
  ByteBuffer rows_, tile_;                       // decoded rows; one tile
  std::uint32_t first_row_ = 0, row_count_ = 0;  // which rows those are
};

}  // namespace tessera::slide
