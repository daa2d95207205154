#include "archive/transcode.h"

#include <algorithm>
#include <string>
#include <utility>

namespace tessera::archive {

namespace {

Status named(const Status& why, const Located& located, dicom::FrameNumber number) {
  return why.while_doing("frame " + std::to_string(number.value) + " of instance " + located.row.key.sop);
}

bool is_native(const Located& located) {
  return located.syntax != nullptr && !located.syntax->encapsulated;
}

// Little endian and by pixel already: the stored bytes are the answer.
bool is_plain(const Located& located, std::string_view syntax, const ImagePixels& pixels) {
  return is_native(located) && !located.syntax->big_endian && syntax == dicom::kExplicitLittleEndian &&
         !pixels.layout.by_plane;
}

Status read_rope(const Rope& rope, MutableBytes into) {
  for (const Piece& piece : rope.pieces()) {
    if (const auto* bytes = std::get_if<Inline>(&piece)) {
      std::copy(bytes->bytes.begin(), bytes->bytes.end(), into.begin());
      into = into.subspan(bytes->bytes.size());
    } else {
      const auto& range = std::get<SourceRange>(piece);
      RETURN_IF_ERROR(read_fully(*range.source, range.range.offset, into.first(range.range.length)));
      into = into.subspan(range.range.length);
    }
  }
  return {};
}

// Whole words around the frame, turned, and the frame out of them.
Result<ByteBuffer> turned_words(const Located& located, ByteRange frame) {
  const std::uint64_t first = located.frames.first_offset;
  const std::uint64_t begin = frame.offset - (frame.offset - first) % 2;
  const std::uint64_t end = std::min(frame.end() + (frame.end() - first) % 2, located.content->size());
  ByteBuffer words(end - begin);
  RETURN_IF_ERROR(read_fully(*located.content, begin, words));
  for (std::size_t at = 0; at + 1 < words.size(); at += 2) {
    std::swap(words[at], words[at + 1]);
  }
  const auto from = words.begin() + static_cast<std::ptrdiff_t>(frame.offset - begin);
  return ByteBuffer(from, from + static_cast<std::ptrdiff_t>(frame.length));
}

}  // namespace

Result<std::shared_ptr<const ImagePixels>> Transcoder::pixels(const Located& located) {
  if (auto held = pixels_.get(located.row.watermark)) {
    return *held;
  }
  Result<ImagePixels> read = read_image_pixels(located);
  if (!read.ok()) {
    return read.status().while_doing("pixels of instance " + located.row.key.sop);
  }
  auto pixels = std::make_shared<const ImagePixels>(*read);
  pixels_.put(located.row.watermark, pixels, 1);
  return pixels;
}

Result<codec::PixelLayout> Transcoder::layout_in(const Located& located, std::string_view syntax, int quality) {
  if (quality == 0 && !codec::transcodes_without_loss(located.row.transfer_syntax, syntax)) {
    return Status(Code::Unsupported, "transfer syntax " + std::string(syntax) +
                                         " is not made without loss; where it is, it wants the parameter quality");
  }
  TRY_ASSIGN(const auto stored, pixels(located));
  if (stored->is_float && syntax != dicom::kExplicitLittleEndian) {
    return Status(Code::Unsupported, "floating-point pixels are not compressed");
  }
  return codec::transcoded_layout(located.row.transfer_syntax, syntax, stored->layout);
}

Result<ByteBuffer> Transcoder::stored_bytes(const Located& located, dicom::FrameNumber number,
                                            const ImagePixels& pixels) {
  TRY_ASSIGN(const Rope rope, read_frame(locator_, located, number));
  if (rope.size() > codec::kMaxFrameBytes) {
    return Status(Code::TooLarge, std::to_string(rope.size()) + " bytes; up to " +
                                      std::to_string(codec::kMaxFrameBytes) + " are decoded");
  }
  if (pixels.swapped_words) {
    if (located.frames.kind == dicom::FrameKind::NativeBits) {
      return Status(Code::Unsupported, "1-bit pixels of a big-endian OW are not decoded");
    }
    return turned_words(located, located.frames.compute(number.index()).fragments.front());
  }
  ByteBuffer bytes(rope.size());
  RETURN_IF_ERROR(read_rope(rope, bytes));
  return bytes;
}

Result<Rope> Transcoder::frame(const Located& located, dicom::FrameNumber number, std::string_view syntax,
                               int quality) {
  TRY_ASSIGN(const auto header, pixels(located));
  if (is_plain(located, syntax, *header)) {
    return read_frame(locator_, located, number);
  }
  const Result<ByteBuffer> stored = stored_bytes(located, number, *header);
  if (!stored.ok()) {
    return named(stored.status(), located, number);
  }
  Result<ByteBuffer> made =
      codecs_.transcode(located.row.transfer_syntax, syntax, header->layout, {.quality = quality}, *stored);
  if (!made.ok()) {
    return named(made.status(), located, number);
  }
  Rope rope;
  rope.append(std::string(as_text(*made)));
  return rope;
}

Result<codec::Pixels> Transcoder::decode(const Located& located, dicom::FrameNumber number) {
  TRY_ASSIGN(const auto header, pixels(located));
  if (header->is_float) {
    return named(Status(Code::Unsupported, "floating-point pixels are not decoded"), located, number);
  }
  const Result<ByteBuffer> stored = stored_bytes(located, number, *header);
  if (!stored.ok()) {
    return named(stored.status(), located, number);
  }
  Result<codec::Pixels> made = codecs_.decode(located.row.transfer_syntax, header->layout, *stored);
  return made.ok() ? std::move(made) : Result<codec::Pixels>(named(made.status(), located, number));
}

}  // namespace tessera::archive
