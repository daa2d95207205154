// Where frames begin among fragments, when there are more fragments than frames (wsi-dicom §2c). Used by
// FrameTableBuilder only. Pure functions.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace tessera::dicom {

// The items of one encapsulated value, without the Basic Offset Table. They stand without gaps.
struct FragmentList {
  std::uint64_t first_item = 0;  // in the blob: the first one's item tag
  std::vector<std::uint32_t> lengths;
  std::vector<bool> starts_image;  // by the first bytes of each
};

// What tells whether a fragment begins an image: enough for every marker below.
inline constexpr std::size_t kMarkerBytes = 12;

// JPEG and JPEG-LS, JPEG 2000 and HTJ2K codestreams, JP2 files, JPEG XL codestreams and files, RLE.
bool starts_image(ByteView first_bytes);

// How many frames there are when NumberOfFrames does not say: as many as the Basic Offset Table names, if each of its
// entries is the place of an item; else as many as fragments begin an image, if the first one does; else one.
std::uint32_t guess_frame_count(const FragmentList& fragments, ByteView basic);

// The number of the first fragment of each of `frames` frames. `basic` and `extended` are the bytes of the
// offset tables (empty where there are none or they have another number of entries): they decide if each
// entry is the place of an item, in ascending order from the first; else the markers, if there are as many as
// frames. Corrupt, with the counts, when neither holds.
Result<std::vector<std::uint32_t>> find_frame_starts(const FragmentList& fragments, std::uint32_t frames,
                                                     ByteView basic, ByteView extended);

}  // namespace tessera::dicom
