// blank_jpeg: a white JPEG tile for one that the scanner left out (byte count 0), with the size, sampling,
// component ids and colours of its level, made without an encoder: every block is one DC difference, so the
// stream is a header of tables and a few bits per block. Exactly white: DC 127 x quantizer 8 decodes to 255.
#pragma once

#include <string>

#include "base/result.h"
#include "codec/jpeg_stream.h"

namespace tessera::codec {

// `like` is the head of a tile of the level; `rgb` puts APP14 transform 0 in and makes all three components
// white, else chroma is neutral. Unsupported for a component count other than 1 and 3.
Result<std::string> blank_jpeg_tile(const JpegHead& like, bool rgb);

}  // namespace tessera::codec
