#include "dicom/frame_boundaries.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace tessera::dicom {
namespace {

using namespace std::string_view_literals;

constexpr std::array kMarkers = {
    "\xFF\xD8\xFF"sv,                                      // JPEG, JPEG-LS: SOI and the next marker
    "\xFF\x4F\xFF\x51"sv,                                  // JPEG 2000, HTJ2K: SOC SIZ
    "\xFF\x0A"sv,                                          // JPEG XL codestream
    "\x00\x00\x00\x0C\x4A\x58\x4C\x20\x0D\x0A\x87\x0A"sv,  // JPEG XL file
    "\x00\x00\x00\x0C\x6A\x50\x20\x20\x0D\x0A\x87\x0A"sv,  // JP2 file
};

// PS3.5 G.5: the number of segments, 1 to 15, and the first one's place, right behind the header of 64 bytes.
bool starts_rle(ByteView bytes) {
  return bytes.size() >= 8 && load_le32(bytes.data()) >= 1 && load_le32(bytes.data()) <= 15 &&
         load_le32(bytes.data() + 4) == 64;
}

std::uint64_t load_entry(ByteView table, std::size_t width, std::size_t at) {
  return width == 4 ? load_le32(table.data() + at * width) : load_le64(table.data() + at * width);
}

// Offsets count from the first item after the table (PS3.5 A.4). Walks items and entries together; empty when
// an entry is no item's place.
std::vector<std::uint32_t> starts_by_table(const FragmentList& fragments, std::uint32_t frames, ByteView table,
                                           std::size_t width) {
  if (table.size() != std::size_t{frames} * width) {
    return {};
  }
  std::vector<std::uint32_t> starts;
  std::uint64_t place = 0;
  for (std::uint32_t i = 0; i < fragments.lengths.size() && starts.size() < frames; ++i) {
    if (load_entry(table, width, starts.size()) == place) {
      starts.push_back(i);
    }
    place += 8 + std::uint64_t{fragments.lengths[i]};
  }
  const bool matches = starts.size() == frames && starts.front() == 0;
  return matches ? starts : std::vector<std::uint32_t>();
}

std::vector<std::uint32_t> starts_by_markers(const FragmentList& fragments) {
  std::vector<std::uint32_t> starts;
  for (std::uint32_t i = 0; i < fragments.lengths.size(); ++i) {
    if (fragments.starts_image[i]) {
      starts.push_back(i);
    }
  }
  return starts;
}

std::string describe(ByteView table, std::string_view name) {
  return table.empty() ? "there is no usable " + std::string(name)
                       : "the " + std::string(name) + " does not match the items";
}

}  // namespace

bool starts_image(ByteView first_bytes) {
  const std::string_view text = as_text(first_bytes);
  return starts_rle(first_bytes) || std::any_of(kMarkers.begin(), kMarkers.end(),
                                                [text](std::string_view marker) { return text.starts_with(marker); });
}

std::uint32_t guess_frame_count(const FragmentList& fragments, ByteView basic) {
  const auto listed = static_cast<std::uint32_t>(basic.size() / 4);
  if (listed > 1 && !starts_by_table(fragments, listed, basic, 4).empty()) {
    return listed;
  }
  const std::vector<std::uint32_t> starts = starts_by_markers(fragments);
  return starts.empty() || starts.front() != 0 ? 1 : static_cast<std::uint32_t>(starts.size());
}

Result<std::vector<std::uint32_t>> find_frame_starts(const FragmentList& fragments, std::uint32_t frames,
                                                     ByteView basic, ByteView extended) {
  if (frames == 1) {
    return std::vector<std::uint32_t>{0};
  }
  std::vector<std::uint32_t> starts = starts_by_table(fragments, frames, basic, 4);
  if (starts.empty()) {
    starts = starts_by_table(fragments, frames, extended, 8);
  }
  if (!starts.empty()) {
    return starts;
  }
  starts = starts_by_markers(fragments);
  if (starts.size() == frames && starts.front() == 0) {
    return starts;
  }
  return Status(Code::Corrupt, "index frames: PixelData (7FE0,0010) has " + std::to_string(fragments.lengths.size()) +
                                   " fragments, NumberOfFrames (0028,0008) is " + std::to_string(frames) + "; " +
                                   describe(basic, "Basic Offset Table") + ", " +
                                   describe(extended, "Extended Offset Table") + ", and " +
                                   std::to_string(starts.size()) + " fragments begin an image");
}

}  // namespace tessera::dicom
