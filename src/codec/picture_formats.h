// The formats of codec/picture.h that are more than one call of a library. For picture.cc alone: the picture has been
// checked, and `icc` is empty for gray.
#pragma once

#include "codec/picture.h"

namespace tessera::codec {

inline constexpr std::uint32_t kMaxWebpSide = 16383;

// By zlib, row after row: beside the picture it holds three rows and what it has made.
Result<ByteBuffer> encode_png(const Picture& picture, ByteView icc);
// By libwebp; `quality` is 1 to 100.
Result<ByteBuffer> encode_webp(const Picture& picture, int quality, ByteView icc);

}  // namespace tessera::codec
