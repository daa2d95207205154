// The constants of the frame table's bytes (doc/on-disk-format.md), shared by its reader and its builder.
// Nothing else includes this.
#pragma once

#include <cstdint>
#include <string_view>

#include "dicom/frame_table.h"

namespace tessera::dicom::layout {

inline constexpr std::string_view kMagic = "TSFT";
inline constexpr std::uint16_t kVersion = 2;
inline constexpr std::uint64_t kItemHeader = 8;                    // item tag and length before each fragment
inline constexpr std::size_t kSpanBytes = 5;                       // of one frame in a block
inline constexpr std::uint64_t kSeveral = std::uint64_t{1} << 39;  // in a span: see the exceptions
inline constexpr std::uint64_t kRowBytes = 16;                     // of an exception before its lengths
inline constexpr std::uint64_t kMaxExceptionsBytes = std::uint64_t{kMaxGroupedFragments} * (4 + kRowBytes) + 8;

}  // namespace tessera::dicom::layout
