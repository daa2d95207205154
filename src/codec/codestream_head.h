// codestream_head: what the SIZ segment of a JPEG 2000 or HTJ2K codestream (ITU T.800 A.5.1) says, read before a
// library sees a byte of it. For codec/jpeg_2000.cc. Pure.
#pragma once

#include "codec/pixels.h"

namespace tessera::codec {

// Whether it says what the header promises: Corrupt naming both sizes. Tiles are held down as well, TooLarge: OpenJPEG
// takes kilobytes for each before the first is read.
Status check_codestream_head(ByteView frame, const PixelLayout& header);

}  // namespace tessera::codec
