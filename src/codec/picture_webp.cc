#include <webp/encode.h>

#include <string>
#include <string_view>

#include "codec/picture_formats.h"

namespace tessera::codec {

namespace {

constexpr int kMethod = 2;  // 0 fast to 6 small

// The library's two things to give back, whatever happens between.
struct Encoding {
  WebPPicture picture;
  WebPMemoryWriter memory;

  Encoding() { WebPMemoryWriterInit(&memory); }
  ~Encoding() {
    WebPPictureFree(&picture);
    WebPMemoryWriterClear(&memory);
  }
  Encoding(const Encoding&) = delete;
  Encoding& operator=(const Encoding&) = delete;
};

Status refused(const Picture& picture, std::string_view what) {
  return Status(Code::Internal, "encode WebP of " + std::to_string(picture.width) + " x " +
                                    std::to_string(picture.height) + ": " + std::string(what));
}

ByteBuffer as_rgb(const Picture& gray) {
  ByteBuffer rgb(gray.bytes.size() * 3);
  std::uint8_t* to = rgb.data();
  for (const std::uint8_t value : gray.bytes) {
    *to++ = value;
    *to++ = value;
    *to++ = value;
  }
  return rgb;
}

void append_tag(ByteBuffer& out, std::string_view tag, std::size_t length) {
  out.insert(out.end(), tag.begin(), tag.end());
  append_le(out, static_cast<std::uint32_t>(length));
}

void append_le24(ByteBuffer& out, std::uint32_t value) {
  append_le(out, static_cast<std::uint16_t>(value & 0xFFFF));
  out.push_back(static_cast<std::uint8_t>(value >> 16));
}

// The extended form: RIFF, then VP8X (what follows, and the size), ICCP, and the chunk that the library made; chunks
// are of even length.
ByteBuffer with_profile(ByteView simple, const Picture& picture, ByteView icc) {
  constexpr std::size_t kRiffHead = 12, kChunkHead = 8, kExtended = 10;
  constexpr std::uint8_t kHasProfile = 0x20;
  const std::size_t padded = icc.size() + icc.size() % 2;
  ByteBuffer out;
  out.reserve(simple.size() + padded + 2 * kChunkHead + kExtended);
  append_tag(out, "RIFF", simple.size() - kChunkHead + kChunkHead + kExtended + kChunkHead + padded);
  out.insert(out.end(), {'W', 'E', 'B', 'P'});
  append_tag(out, "VP8X", kExtended);
  append_le(out, std::uint32_t{kHasProfile});
  append_le24(out, picture.width - 1);
  append_le24(out, picture.height - 1);
  append_tag(out, "ICCP", icc.size());
  out.insert(out.end(), icc.begin(), icc.end());
  out.resize(out.size() + padded - icc.size());
  out.insert(out.end(), simple.begin() + kRiffHead, simple.end());
  return out;
}

}  // namespace

Result<ByteBuffer> encode_webp(const Picture& picture, int quality, ByteView icc) {
  WebPConfig config;
  Encoding encoding;
  if (!WebPConfigInit(&config) || !WebPPictureInit(&encoding.picture)) {
    return refused(picture, "another version of the library");
  }
  config.quality = static_cast<float>(quality);
  config.method = kMethod;
  WebPPicture& to = encoding.picture;
  to.width = static_cast<int>(picture.width);
  to.height = static_cast<int>(picture.height);
  to.writer = WebPMemoryWrite;
  to.custom_ptr = &encoding.memory;
  const ByteBuffer widened = picture.channels == 1 ? as_rgb(picture) : ByteBuffer();
  const ByteBuffer& rgb = picture.channels == 1 ? widened : picture.bytes;
  if (!WebPPictureImportRGB(&to, rgb.data(), to.width * 3) || !WebPEncode(&config, &to)) {
    return refused(picture, "error " + std::to_string(to.error_code) + " of the library");
  }
  const ByteView simple(encoding.memory.mem, encoding.memory.size);
  return icc.empty() ? ByteBuffer(simple.begin(), simple.end()) : with_profile(simple, picture, icc);
}

}  // namespace tessera::codec
