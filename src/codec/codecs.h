// codecs: the one table of image codecs, by transfer syntax. What is decoded, what can be encoded, and what a frame of
// one syntax becomes in another. Used by archive/transcode.h, through a sandbox worker where a library reads bytes from
// outside (Codec::foreign), and by rendering.
//
// Pure functions: bytes in, bytes out, nothing kept; safe from many threads. Failures: Corrupt when the bytes break
// their format or contradict the layout, Unsupported for what the codec cannot, TooLarge above kMaxFrameBytes. Sizes in
// a codestream are held against the layout before anything is allocated for them.
#pragma once

#include <string_view>

#include "codec/pixels.h"

namespace tessera::codec {

struct EncodeOptions {
  int quality = 0;  // 1 to 100 of a lossy syntax, which is never chosen without one
};

struct Codec {
  std::string_view syntax;  // transfer syntax UID
  // Pixels of the decoded_layout() of what the header promises.
  Result<Pixels> (*decode)(ByteView frame, const PixelLayout& header) = nullptr;
  // What the header must say of pixels that are encoded; refuses (Unsupported) those that the syntax cannot hold.
  // Without it there is no encoder.
  Result<PixelLayout> (*encoded_layout)(const PixelLayout& decoded) = nullptr;
  Result<ByteBuffer> (*encode)(const Pixels& pixels, const EncodeOptions& options) = nullptr;
  Photometric (*decoded_photometric)(const PixelLayout& header) = nullptr;  // nullptr: as the header says
  bool foreign = false;  // a library that we did not write reads the frame
  bool lossy = false;    // its encoder loses
};

// nullptr: a syntax without any codec.
const Codec* find_codec(std::string_view syntax);
std::span<const Codec> codecs();

// What decode() gives for frames of a header: by pixel, colour transforms of the codestream undone, 8 bits for 1.
PixelLayout decoded_layout(const Codec& codec, const PixelLayout& header);

// Whether frames of one syntax can become frames of the other, and what the header then says; nothing is decoded.
// Unsupported saying why not. Lossy targets are as possible as others here: who asks decides.
Result<PixelLayout> transcoded_layout(std::string_view from, std::string_view to, const PixelLayout& header);
// Whether that keeps every pixel as `from` gives it.
bool transcodes_without_loss(std::string_view from, std::string_view to);
// Whether a library that we did not write reads the frame on its way.
bool transcodes_foreign_bytes(std::string_view from, std::string_view to);

// One frame in the other syntax. Native frames come as they lie in a file (big endian, by plane, 1-bit from bit 0), and
// go out by pixel, little endian; not padded.
Result<ByteBuffer> transcode_frame(std::string_view from, std::string_view to, const PixelLayout& header,
                                   const EncodeOptions& options, ByteView frame);
// Its layout is the decoded_layout().
Result<Pixels> decode_frame(std::string_view syntax, const PixelLayout& header, ByteView frame);

}  // namespace tessera::codec
