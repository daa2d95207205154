#include "archive/transcoded_instance.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include "dicom/tags.h"
#include "dicom/writer.h"

namespace tessera::archive {

namespace {

using dicom::Tag;
using dicom::Vr;

constexpr std::size_t kPiece = 64 * 1024;
constexpr std::uint64_t kMaxNative = 0xFFFFFFFE;

bool has_pixels(const Located& located) {
  return located.frames.frame_count > 0;
}

bool is_native(std::string_view syntax) {
  const dicom::TransferSyntax* row = dicom::find_transfer_syntax(syntax);
  return row != nullptr && !row->encapsulated;
}

std::string us(std::uint16_t value) {
  std::array<std::uint8_t, 2> bytes{};
  store_le(bytes.data(), value);
  return std::string(as_text(bytes));
}

std::string padded(std::string text) {
  return text.size() % 2 == 0 ? text : text + ' ';
}

std::string item(std::size_t length) {
  std::array<std::uint8_t, 8> bytes = {0xFE, 0xFF, 0x00, 0xE0};
  store_le(bytes.data() + 4, static_cast<std::uint32_t>(length));
  return std::string(as_text(bytes));
}

constexpr std::string_view kFragmentsEnd{"\xFE\xFF\xDD\xE0\0\0\0\0", 8};

}  // namespace

Status check_instance(Transcoder& transcoder, const Located& located, std::string_view syntax, int quality) {
  if (!has_pixels(located)) {
    return syntax == dicom::kExplicitLittleEndian && located.syntax != nullptr
               ? Status()
               : Status(Code::Unsupported, "an instance without pixels comes as stored or in explicit little endian");
  }
  TRY_ASSIGN(const codec::PixelLayout layout, transcoder.layout_in(located, syntax, quality));
  if (is_native(syntax) && !is_native(located.row.transfer_syntax) &&
      layout.bytes() * located.frames.frame_count > kMaxNative) {
    return Status(Code::Unsupported, "its pixels do not fit into one native value of 4 GiB");
  }
  return {};
}

TranscodedInstance::TranscodedInstance(Transcoder& transcoder, std::shared_ptr<const Located> located,
                                       std::string syntax, int quality)
    : transcoder_(transcoder), located_(std::move(located)), syntax_(std::move(syntax)), quality_(quality) {}

Result<std::unique_ptr<TranscodedInstance>> TranscodedInstance::begin(Transcoder& transcoder,
                                                                      std::shared_ptr<const Located> located,
                                                                      std::string syntax, int quality) {
  RETURN_IF_ERROR(check_instance(transcoder, *located, syntax, quality));
  std::unique_ptr<TranscodedInstance> instance(
      new TranscodedInstance(transcoder, std::move(located), std::move(syntax), quality));
  RETURN_IF_ERROR(instance->prepare());
  return instance;
}

Status TranscodedInstance::prepare() {
  encapsulated_ = !is_native(syntax_);
  ExplicitSink::Changes changes;
  changes.drop_icons = !is_native(located_->row.transfer_syntax);
  if (has_pixels(*located_)) {
    TRY_ASSIGN(const auto stored, transcoder_.pixels(*located_));
    TRY_ASSIGN(const codec::PixelLayout made, transcoder_.layout_in(*located_, syntax_, quality_));
    changes.pixel_unit = stored->swapped_words ? 2 : std::max<std::size_t>(stored->layout.bits_allocated / 8, 1);
    // Between native syntaxes the value goes through as it is, but for planes.
    if (changes.drop_icons || encapsulated_ || stored->layout.by_plane) {
      changes.own_pixels = true;
      layout_ = made;
      TRY_ASSIGN(first_frame_, frame_bytes(0));
    }
    change_pixels(stored->layout, made, changes);
  }
  sink_ = std::make_unique<ExplicitSink>(std::move(changes));
  parser_ = std::make_unique<dicom::Parser>(*sink_);
  return {};
}

void TranscodedInstance::change_pixels(const codec::PixelLayout& stored, const codec::PixelLayout& made,
                                       ExplicitSink::Changes& changes) const {
  if (made.photometric != stored.photometric) {
    changes.values[dicom::tags::kPhotometricInterpretation] = {
        Vr::CS, padded(std::string(codec::photometric_name(made.photometric)))};
  }
  if (made.samples > 1 && (made.by_plane != stored.by_plane || layout_)) {
    changes.values[dicom::tags::kPlanarConfiguration] = {Vr::US, us(0)};
  }
  if (made.high_bit != stored.high_bit) {
    changes.values[dicom::tags::kHighBit] = {Vr::US, us(made.high_bit)};
  }
  if (!codec::transcodes_without_loss(located_->row.transfer_syntax, syntax_)) {
    add_loss(stored, changes);
  }
}

// PS3.3 C.7.6.1.1.5; the ratio is the first frame's.
void TranscodedInstance::add_loss(const codec::PixelLayout& stored, ExplicitSink::Changes& changes) const {
  const double bytes = static_cast<double>(stored.pixels()) * stored.samples * stored.bits_allocated / 8;
  char ratio[24];
  std::snprintf(ratio, sizeof ratio, "%.2f",
                bytes / static_cast<double>(std::max<std::size_t>(first_frame_.size(), 1)));
  changes.values[dicom::tags::kLossyImageCompression] = {Vr::CS, "01"};
  changes.values[dicom::tags::kLossyImageCompressionRatio] = {Vr::DS, padded(ratio)};
  changes.values[dicom::tags::kLossyImageCompressionMethod] = {Vr::CS, padded("ISO_10918_1")};
}

Result<std::string> TranscodedInstance::frame_bytes(std::uint32_t index) {
  const dicom::FrameNumber number{index + 1};
  TRY_ASSIGN(const Rope frame, transcoder_.frame(*located_, number, syntax_, quality_));
  return flatten(frame);
}

std::string TranscodedInstance::pixel_header() const {
  const bool words = layout_->bits_allocated > 8 && !encapsulated_;
  const std::uint64_t native = layout_->bytes() * located_->frames.frame_count;
  std::string header;
  append_explicit_header(header, dicom::tags::kPixelData, words ? Vr::OW : Vr::OB,
                         encapsulated_ ? dicom::kUndefinedLength : native + native % 2);
  return encapsulated_ ? header + item(0) : header;
}

// A frame and what belongs before it; after the last one, what belongs behind.
Result<std::string> TranscodedInstance::next_frame() {
  if (frame_ == located_->frames.frame_count) {
    at_ = At::Rest;
    return encapsulated_ ? std::string(kFragmentsEnd) : std::string(pixel_bytes_ % 2, '\0');
  }
  std::string bytes = std::move(first_frame_);
  if (frame_ > 0) {
    TRY_ASSIGN(bytes, frame_bytes(frame_));
  }
  ++frame_;
  if (encapsulated_) {
    bytes.append(bytes.size() % 2, '\0');
    return item(bytes.size()) + bytes;
  }
  if (bytes.size() != layout_->bytes()) {
    return Status(Code::Corrupt, "frame " + std::to_string(frame_) + " of instance " + located_->row.key.sop + " has " +
                                     std::to_string(bytes.size()) + " bytes of pixels, where the header makes it " +
                                     std::to_string(layout_->bytes()));
  }
  pixel_bytes_ += bytes.size();
  return bytes;
}

Status TranscodedInstance::feed_piece() {
  ByteBuffer piece(std::min<std::uint64_t>(kPiece, located_->blob->size() - fed_));
  RETURN_IF_ERROR(read_fully(*located_->blob, fed_, piece));
  RETURN_IF_ERROR(parser_->feed(piece));
  fed_ += piece.size();
  if (fed_ == located_->blob->size()) {
    RETURN_IF_ERROR(parser_->finish());
    sink_->finish();
  }
  return {};
}

std::string TranscodedInstance::take_out(std::size_t count) {
  std::string taken = sink_->out.substr(0, count);
  sink_->out.erase(0, count);
  return taken;
}

Result<std::string> TranscodedInstance::next() {
  if (at_ == At::Start) {
    at_ = At::Header;
    return std::string(as_text(dicom::encode_file_meta(located_->row.sop_class, located_->row.key.sop, syntax_)));
  }
  while (at_ != At::End) {
    if (at_ == At::Frames) {
      TRY_ASSIGN(std::string piece, next_frame());
      if (!piece.empty()) {
        return piece;
      }
      continue;  // the last native frame needed no padding
    }
    if (at_ == At::Header && layout_ && sink_->pixels_at) {
      at_ = At::Frames;
      return take_out(*sink_->pixels_at) + pixel_header();
    }
    if (!sink_->out.empty()) {
      return take_out(sink_->out.size());
    }
    if (fed_ == located_->blob->size()) {
      at_ = At::End;
      break;
    }
    RETURN_IF_ERROR(feed_piece());
  }
  return std::string();
}

}  // namespace tessera::archive
