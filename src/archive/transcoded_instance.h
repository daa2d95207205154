// TranscodedInstance: a stored instance as a Part 10 file of another transfer syntax, made piece by piece. Its header
// is rewritten as explicit little endian while the stored file goes by; at the place of its pixels the frames are made,
// one at a time. Encapsulated ones have an empty Basic Offset Table and one fragment each.
//
// Changed beside the pixels: group 0002 (ours, a preamble of zeros), PhotometricInterpretation, PlanarConfiguration,
// HighBit, the lossy attributes where the syntax loses; left out: group lengths, extended offset tables, and icons
// where the stored pixels are compressed. One thread at a time; memory is one frame.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "archive/explicit_sink.h"
#include "archive/transcode.h"
#include "dicom/parser.h"

namespace tessera::archive {

// Whether an instance can be had in that syntax: Unsupported saying why not. Without pixels any instance can be had in
// explicit little endian. Blocks.
Status check_instance(Transcoder& transcoder, const Located& located, std::string_view syntax, int quality);

class TranscodedInstance {
 public:
  // The first frame is made at once, so that what cannot be decoded is mostly known before the first byte. `transcoder`
  // is borrowed. Failures as check_instance() and Transcoder::frame().
  static Result<std::unique_ptr<TranscodedInstance>> begin(Transcoder& transcoder,
                                                           std::shared_ptr<const Located> located, std::string syntax,
                                                           int quality);

  // The next piece of the file; empty at its end. Blocks.
  Result<std::string> next();

 private:
  enum class At { Start, Header, Frames, Rest, End };

  TranscodedInstance(Transcoder& transcoder, std::shared_ptr<const Located> located, std::string syntax, int quality);

  Status prepare();
  void change_pixels(const codec::PixelLayout& stored, const codec::PixelLayout& made,
                     ExplicitSink::Changes& changes) const;
  void add_loss(const codec::PixelLayout& stored, ExplicitSink::Changes& changes) const;
  Result<std::string> frame_bytes(std::uint32_t index);
  Result<std::string> next_frame();
  std::string pixel_header() const;
  Status feed_piece();
  std::string take_out(std::size_t count);

  Transcoder& transcoder_;
  const std::shared_ptr<const Located> located_;
  const std::string syntax_;
  const int quality_;

  At at_ = At::Start;
  bool encapsulated_ = false;
  std::optional<codec::PixelLayout> layout_;  // none: no pixels of ours are made
  std::string first_frame_;
  std::uint32_t frame_ = 0;  // the next
  std::uint64_t pixel_bytes_ = 0;
  std::uint64_t fed_ = 0;
  std::unique_ptr<ExplicitSink> sink_;
  std::unique_ptr<dicom::Parser> parser_;
};

}  // namespace tessera::archive
