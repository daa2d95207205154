#include "slide/fingerprint.h"

#include <xxhash.h>

#include <algorithm>
#include <cstdio>
#include <limits>
#include <memory>

#include "slide/tiff_file.h"

namespace tessera::slide {

namespace {

constexpr std::uint64_t kMaxTiles = std::uint64_t{1} << 22;
constexpr std::uint64_t kSample = 64 * 1024;

struct FreeState {
  void operator()(XXH3_state_t* state) const { XXH3_freeState(state); }
};

class Hasher {
 public:
  Hasher() : state_(XXH3_createState()) { XXH3_128bits_reset(state_.get()); }

  void add(ByteView bytes) { XXH3_128bits_update(state_.get(), bytes.data(), bytes.size()); }
  void add(std::uint64_t number) { XXH3_128bits_update(state_.get(), &number, sizeof number); }

  // A stretch of the file, 64 KiB at a time.
  Status add(const FileSource& file, ByteRange range) {
    ByteBuffer buffer(std::min(range.length, kSample));
    while (range.length > 0) {
      const std::size_t part = std::min<std::uint64_t>(buffer.size(), range.length);
      RETURN_IF_ERROR(file.read_now(range.offset, MutableBytes(buffer.data(), part)));
      add(ByteView(buffer).first(part));
      range.offset += part;
      range.length -= part;
    }
    return {};
  }

  std::string hex() const {
    const XXH128_hash_t hash = XXH3_128bits_digest(state_.get());
    char text[33];
    std::snprintf(text, sizeof text, "%016llx%016llx", static_cast<unsigned long long>(hash.high64),
                  static_cast<unsigned long long>(hash.low64));
    return text;
  }

 private:
  std::unique_ptr<XXH3_state_t, FreeState> state_;
};

// From the first tile's first byte to the last one's last, cut to the file; empty where the tags are damaged.
ByteRange tile_data(const TiffFile& file, const TiffDirectory& directory) {
  std::uint64_t begin = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t last = 0;
  if (directory.find(tiff::kTileOffsets)->count > kMaxTiles) {
    return {};  // no reader takes such a level
  }
  const Status read = file.each_number(directory, tiff::kTileOffsets, [&](std::uint64_t offset) {
    if (offset != 0) {
      begin = std::min(begin, offset);
      last = std::max(last, offset);
    }
    return Status();
  });
  const std::uint64_t size = file.source()->size();
  if (!read.ok() || begin >= size) {
    return {};
  }
  // The last tile's own length matters little: 64 KiB from its start, or less at the end of the file.
  const std::uint64_t end = std::min(last < size ? last + std::min(kSample, size - last) : size, size);
  return {begin, end - begin};
}

}  // namespace

Result<std::string> fingerprint(const std::filesystem::path& path) {
  TRY_ASSIGN(const TiffFile file, TiffFile::open(path));
  Hasher hasher;
  hasher.add(file.source()->size());
  // Values of a sound file do not overlap, so they are at most as long as the file. More is a crafted file
  // that would keep us reading; its further values count by their headers, as those do that lie beyond its
  // end.
  std::uint64_t budget = file.source()->size();
  for (const TiffDirectory& directory : file.directories()) {
    for (const TiffEntry& entry : directory.entries) {
      hasher.add(entry.tag);
      hasher.add(entry.type);
      hasher.add(entry.count);
      const auto range = file.value_range(directory, entry);
      if (range.ok() && range->length <= budget) {
        budget -= range->length;
        RETURN_IF_ERROR(hasher.add(*file.source(), *range));
      }
    }
    if (!directory.has(tiff::kTileOffsets)) {
      continue;
    }
    const ByteRange data = tile_data(file, directory);
    const std::uint64_t sample = std::min(kSample, data.length);
    RETURN_IF_ERROR(hasher.add(*file.source(), {data.offset, sample}));
    RETURN_IF_ERROR(hasher.add(*file.source(), {data.end() - sample, sample}));
  }
  return hasher.hex();
}

}  // namespace tessera::slide
