#include "codec/jpeg_xl.h"

#include <jxl/decode_cxx.h>
#include <jxl/encode_cxx.h>

#include <algorithm>
#include <string>
#include <string_view>

namespace tessera::codec {

namespace {

constexpr int kEffort = 3;  // of 9: what 7 saves above it is a fifth of a percent of a slide's tiles

Status failed(Code code, std::string_view why) {
  return Status(code, "JPEG XL: " + std::string(why));
}

Status check(const JxlBasicInfo& info, const PixelLayout& header) {
  const std::uint32_t samples = info.num_color_channels;
  if (info.xsize == header.columns && info.ysize == header.rows && samples == header.samples &&
      info.bits_per_sample <= header.bits_allocated && info.bits_per_sample <= 16 && !info.have_animation &&
      info.exponent_bits_per_sample == 0) {
    return {};
  }
  return failed(Code::Corrupt, std::to_string(info.xsize) + " x " + std::to_string(info.ysize) + " x " +
                                   std::to_string(samples) + " samples of " + std::to_string(info.bits_per_sample) +
                                   " bits (or moving, or floating point), where the header promises " +
                                   std::to_string(header.columns) + " x " + std::to_string(header.rows) + " x " +
                                   std::to_string(header.samples) + " of " + std::to_string(header.bits_allocated));
}

// libjxl 0.7 gives 8 or 16 bits with the largest value at the top; the value that was coded is the nearest one below.
void unscale(Pixels& pixels, unsigned precision) {
  const std::uint32_t top = pixels.layout.bits_allocated == 8 ? 255 : 65535;
  const std::uint32_t most = (std::uint32_t{1} << precision) - 1;
  if (most == top) {
    return;
  }
  const std::size_t step = pixels.layout.sample_bytes();
  for (std::size_t at = 0; at < pixels.bytes.size(); at += step) {
    std::uint8_t* sample = pixels.bytes.data() + at;
    const std::uint32_t value = step == 1 ? *sample : load_le16(sample);
    const std::uint32_t coded = (value * most + top / 2) / top;
    std::memcpy(sample, &coded, step);
  }
}

struct Decoding {
  JxlDecoderPtr decoder = JxlDecoderMake(nullptr);
  JxlBasicInfo info{};
  Pixels pixels;
};

// After the basic info: room for the pixels that the header promises.
Status prepare(Decoding& now, const PixelLayout& header) {
  if (JxlDecoderGetBasicInfo(now.decoder.get(), &now.info) != JXL_DEC_SUCCESS) {
    return failed(Code::Corrupt, "no basic info");
  }
  RETURN_IF_ERROR(check(now.info, header));
  PixelLayout given = by_pixel(header);
  given.bits_allocated = now.info.bits_per_sample <= 8 ? 8 : 16;
  if (given.samples == 3) {
    given.photometric = Photometric::Rgb;
  }
  now.pixels = blank_pixels(given);
  return {};
}

Status give_room(Decoding& now) {
  const PixelLayout& layout = now.pixels.layout;
  const JxlPixelFormat format{layout.samples, layout.bits_allocated == 8 ? JXL_TYPE_UINT8 : JXL_TYPE_UINT16,
                              JXL_LITTLE_ENDIAN, 0};
  std::size_t needed = 0;
  if (JxlDecoderImageOutBufferSize(now.decoder.get(), &format, &needed) != JXL_DEC_SUCCESS ||
      needed != now.pixels.bytes.size() ||
      JxlDecoderSetImageOutBuffer(now.decoder.get(), &format, now.pixels.bytes.data(), needed) != JXL_DEC_SUCCESS) {
    return failed(Code::Corrupt, "pixels of another size than its head says");
  }
  return {};
}

Status run(Decoding& now, const PixelLayout& header) {
  while (true) {
    switch (JxlDecoderProcessInput(now.decoder.get())) {
      case JXL_DEC_BASIC_INFO:
        RETURN_IF_ERROR(prepare(now, header));
        break;
      case JXL_DEC_NEED_IMAGE_OUT_BUFFER:
        RETURN_IF_ERROR(give_room(now));
        break;
      case JXL_DEC_FULL_IMAGE:
        return {};
      case JXL_DEC_NEED_MORE_INPUT:
        return failed(Code::Corrupt, "the codestream ends early");
      case JXL_DEC_SUCCESS:
        return failed(Code::Corrupt, "a stream without an image");
      default:
        return failed(Code::Corrupt, "the codestream cannot be decoded");
    }
  }
}

// The output of an encoder or decoder that asks for more room until it is done: doubled up to `limit`.
Status grow(ByteBuffer& out, std::uint64_t limit) {
  if (out.size() >= limit) {
    return Status(Code::TooLarge, "JPEG XL: more than " + std::to_string(limit) + " bytes come out");
  }
  out.resize(std::min<std::uint64_t>(limit, std::max<std::size_t>(out.size() * 2, 4096)));
  return {};
}

}  // namespace

Result<Pixels> decode_jpeg_xl(ByteView frame, const PixelLayout& header) {
  Decoding now;
  JxlDecoder* decoder = now.decoder.get();
  if (decoder == nullptr || JxlDecoderSubscribeEvents(decoder, JXL_DEC_BASIC_INFO | JXL_DEC_FULL_IMAGE) != 0 ||
      JxlDecoderSetKeepOrientation(decoder, JXL_TRUE) != 0 ||
      JxlDecoderSetInput(decoder, frame.data(), frame.size()) != 0) {
    return failed(Code::Internal, "no decoder could be made");
  }
  JxlDecoderCloseInput(decoder);
  RETURN_IF_ERROR(run(now, header));
  unscale(now.pixels, now.info.bits_per_sample);
  widen_samples(now.pixels, by_pixel(header).bits_allocated);
  settle_signs(now.pixels, {now.info.bits_per_sample, false});
  return std::move(now.pixels);
}

Result<ByteBuffer> recompress_jpeg(ByteView jpeg) {
  const JxlEncoderPtr encoder = JxlEncoderMake(nullptr);
  JxlEncoderFrameSettings* settings = JxlEncoderFrameSettingsCreate(encoder.get(), nullptr);
  if (settings == nullptr || JxlEncoderUseContainer(encoder.get(), JXL_TRUE) != JXL_ENC_SUCCESS ||
      JxlEncoderStoreJPEGMetadata(encoder.get(), JXL_TRUE) != JXL_ENC_SUCCESS ||
      JxlEncoderFrameSettingsSetOption(settings, JXL_ENC_FRAME_SETTING_EFFORT, kEffort) != JXL_ENC_SUCCESS) {
    return failed(Code::Internal, "no encoder could be made");
  }
  if (JxlEncoderAddJPEGFrame(settings, jpeg.data(), jpeg.size()) != JXL_ENC_SUCCESS) {
    return failed(Code::Unsupported, "this JPEG cannot be packed so that every byte comes back");
  }
  JxlEncoderCloseInput(encoder.get());
  ByteBuffer out(jpeg.size() + 4096);
  std::size_t written = 0;
  while (true) {
    std::uint8_t* next = out.data() + written;
    std::size_t room = out.size() - written;
    const JxlEncoderStatus status = JxlEncoderProcessOutput(encoder.get(), &next, &room);
    written = out.size() - room;
    if (status == JXL_ENC_SUCCESS) {
      out.resize(written);
      return out;
    }
    if (status != JXL_ENC_NEED_MORE_OUTPUT) {
      return failed(Code::Unsupported, "this JPEG cannot be packed so that every byte comes back");
    }
    RETURN_IF_ERROR(grow(out, kMaxFrameBytes));
  }
}

Result<ByteBuffer> reconstruct_jpeg(ByteView frame, std::uint64_t limit) {
  const JxlDecoderPtr owner = JxlDecoderMake(nullptr);
  JxlDecoder* decoder = owner.get();
  if (decoder == nullptr || JxlDecoderSubscribeEvents(decoder, JXL_DEC_JPEG_RECONSTRUCTION | JXL_DEC_FULL_IMAGE) != 0 ||
      JxlDecoderSetInput(decoder, frame.data(), frame.size()) != 0) {
    return failed(Code::Internal, "no decoder could be made");
  }
  JxlDecoderCloseInput(decoder);
  ByteBuffer out(std::min<std::uint64_t>(limit, frame.size() * 2 + 4096));
  bool begun = false;
  while (true) {
    const JxlDecoderStatus status = JxlDecoderProcessInput(decoder);
    if (status == JXL_DEC_JPEG_RECONSTRUCTION) {
      begun = true;
      (void)JxlDecoderSetJPEGBuffer(decoder, out.data(), out.size());
    } else if (status == JXL_DEC_JPEG_NEED_MORE_OUTPUT) {
      const std::size_t written = out.size() - JxlDecoderReleaseJPEGBuffer(decoder);
      RETURN_IF_ERROR(grow(out, limit));
      (void)JxlDecoderSetJPEGBuffer(decoder, out.data() + written, out.size() - written);
    } else if (status == JXL_DEC_FULL_IMAGE && begun) {
      out.resize(out.size() - JxlDecoderReleaseJPEGBuffer(decoder));
      return out;
    } else if (!begun && (status == JXL_DEC_FULL_IMAGE || status == JXL_DEC_NEED_IMAGE_OUT_BUFFER)) {
      return failed(Code::Unsupported, "it was not made of a JPEG");
    } else {
      return failed(Code::Corrupt, "the codestream cannot be decoded");
    }
  }
}

}  // namespace tessera::codec
