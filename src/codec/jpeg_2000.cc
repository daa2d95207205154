#include "codec/jpeg_2000.h"

#include <openjpeg.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "codec/codestream_head.h"

namespace tessera::codec {

namespace {

constexpr unsigned kMaxPrecision = 31;  // of the samples that OpenJPEG holds
constexpr unsigned kMaxEncoded = 16;

using Codestream = std::unique_ptr<opj_codec_t, void (*)(opj_codec_t*)>;
using Image = std::unique_ptr<opj_image_t, void (*)(opj_image_t*)>;
using Stream = std::unique_ptr<opj_stream_t, void (*)(opj_stream_t*)>;

// What the library says last, without its line end.
void keep_words(const char* words, void* kept) {
  std::string text(words);
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) {
    text.pop_back();
  }
  *static_cast<std::string*>(kept) = std::move(text);
}

Status refused(Code code, const std::string& words) {
  return Status(code, "JPEG 2000: " + (words.empty() ? std::string("the codestream cannot be decoded") : words));
}

// The bytes of a frame as OpenJPEG reads them.
struct Source {
  ByteView bytes;
  std::size_t at = 0;

  static OPJ_SIZE_T read(void* into, OPJ_SIZE_T wanted, void* self) {
    auto& source = *static_cast<Source*>(self);
    const std::size_t count = std::min<std::size_t>(wanted, source.bytes.size() - source.at);
    if (count == 0) {
      return static_cast<OPJ_SIZE_T>(-1);
    }
    std::memcpy(into, source.bytes.data() + source.at, count);
    source.at += count;
    return count;
  }
  static OPJ_OFF_T skip(OPJ_OFF_T distance, void* self) {
    auto& source = *static_cast<Source*>(self);
    const auto left = static_cast<OPJ_OFF_T>(source.bytes.size() - source.at);
    if (distance < 0 || distance > left) {
      return -1;
    }
    source.at += static_cast<std::size_t>(distance);
    return distance;
  }
  static OPJ_BOOL seek(OPJ_OFF_T place, void* self) {
    auto& source = *static_cast<Source*>(self);
    if (place < 0 || static_cast<std::uint64_t>(place) > source.bytes.size()) {
      return OPJ_FALSE;
    }
    source.at = static_cast<std::size_t>(place);
    return OPJ_TRUE;
  }
};

// Where OpenJPEG writes a codestream: it goes back once, to fill in lengths.
struct Sink {
  ByteBuffer bytes;
  std::size_t at = 0;

  static OPJ_SIZE_T write(void* from, OPJ_SIZE_T count, void* self) {
    auto& sink = *static_cast<Sink*>(self);
    if (sink.at + count > sink.bytes.size()) {
      sink.bytes.resize(sink.at + count);
    }
    std::memcpy(sink.bytes.data() + sink.at, from, count);
    sink.at += count;
    return count;
  }
  static OPJ_OFF_T skip(OPJ_OFF_T distance, void* self) {
    auto& sink = *static_cast<Sink*>(self);
    return seek(static_cast<OPJ_OFF_T>(sink.at) + distance, self) ? distance : -1;
  }
  static OPJ_BOOL seek(OPJ_OFF_T place, void* self) {
    if (place < 0) {
      return OPJ_FALSE;
    }
    auto& sink = *static_cast<Sink*>(self);
    sink.at = static_cast<std::size_t>(place);
    sink.bytes.resize(std::max(sink.bytes.size(), sink.at));
    return OPJ_TRUE;
  }
};

Stream stream_of(Source& source) {
  Stream stream(opj_stream_default_create(OPJ_TRUE), opj_stream_destroy);
  opj_stream_set_user_data(stream.get(), &source, nullptr);
  opj_stream_set_user_data_length(stream.get(), source.bytes.size());
  opj_stream_set_read_function(stream.get(), Source::read);
  opj_stream_set_skip_function(stream.get(), Source::skip);
  opj_stream_set_seek_function(stream.get(), Source::seek);
  return stream;
}

Stream stream_of(Sink& sink) {
  Stream stream(opj_stream_default_create(OPJ_FALSE), opj_stream_destroy);
  opj_stream_set_user_data(stream.get(), &sink, nullptr);
  opj_stream_set_write_function(stream.get(), Sink::write);
  opj_stream_set_skip_function(stream.get(), Sink::skip);
  opj_stream_set_seek_function(stream.get(), Sink::seek);
  return stream;
}

bool is_jp2(ByteView frame) {
  return frame.size() > 12 && frame[4] == 'j' && frame[5] == 'P';
}

// Before and after decoding: a palette of JP2 would change the components.
Status check(const opj_image_t& image, const PixelLayout& header) {
  const std::uint64_t width = std::uint64_t{image.x1} - image.x0;
  const std::uint64_t height = std::uint64_t{image.y1} - image.y0;
  bool fits = image.x1 > image.x0 && image.y1 > image.y0 && width == header.columns && height == header.rows &&
              image.numcomps == header.samples;
  for (OPJ_UINT32 i = 0; fits && i < image.numcomps; ++i) {
    const opj_image_comp_t& component = image.comps[i];
    fits = component.dx == 1 && component.dy == 1 && component.prec >= 1 && component.prec <= kMaxPrecision &&
           component.prec <= header.bits_allocated;
  }
  if (fits) {
    return {};
  }
  return Status(Code::Corrupt, "JPEG 2000 of " + std::to_string(width) + " x " + std::to_string(height) + " x " +
                                   std::to_string(image.numcomps) + " samples of " +
                                   std::to_string(image.numcomps > 0 ? image.comps[0].prec : 0) +
                                   " bits (or subsampled), where the header promises " +
                                   std::to_string(header.columns) + " x " + std::to_string(header.rows) + " x " +
                                   std::to_string(header.samples) + " of " + std::to_string(header.bits_allocated));
}

Result<Pixels> pixels_of(const opj_image_t& image, const PixelLayout& header) {
  RETURN_IF_ERROR(check(image, header));
  PixelLayout layout = by_pixel(header);
  layout.photometric = without_component_transform(header);
  Pixels pixels = blank_pixels(layout);
  for (std::uint16_t component = 0; component < layout.samples; ++component) {
    const opj_image_comp_t& plane = image.comps[component];
    if (plane.data == nullptr || std::uint64_t{plane.w} * plane.h != layout.pixels()) {
      return refused(Code::Corrupt, "component " + std::to_string(component) + " has no pixels");
    }
    put_samples(pixels, component, 0, {plane.data, static_cast<std::size_t>(layout.pixels())});
  }
  settle_signs(pixels, {image.comps[0].prec, image.comps[0].sgnd != 0});
  return pixels;
}

Image image_of(const Pixels& pixels) {
  const PixelLayout& layout = pixels.layout;
  std::vector<opj_image_cmptparm_t> components(layout.samples);
  for (opj_image_cmptparm_t& component : components) {
    component = {};
    component.dx = component.dy = 1;
    component.w = layout.columns;
    component.h = layout.rows;
    component.prec = layout.bits_stored;
    component.sgnd = layout.is_signed ? 1 : 0;
  }
  const OPJ_COLOR_SPACE space = layout.samples == 3 ? OPJ_CLRSPC_SRGB : OPJ_CLRSPC_GRAY;
  Image image(opj_image_create(layout.samples, components.data(), space), opj_image_destroy);
  if (!image) {
    return image;
  }
  image->x1 = layout.columns;
  image->y1 = layout.rows;
  for (std::uint16_t component = 0; component < layout.samples; ++component) {
    take_samples(pixels, component, 0, {image->comps[component].data, static_cast<std::size_t>(layout.pixels())});
  }
  return image;
}

}  // namespace

Photometric without_component_transform(const PixelLayout& header) {
  const bool transformed = header.photometric == Photometric::YbrRct || header.photometric == Photometric::YbrIct;
  return transformed ? Photometric::Rgb : by_pixel(header).photometric;
}

int wavelet_levels(const PixelLayout& layout) {
  int levels = 0;
  while (levels < 5 && std::min(layout.rows, layout.columns) >> (levels + 1) > 0) {
    ++levels;
  }
  return levels;
}

Result<Pixels> decode_jpeg_2000(ByteView frame, const PixelLayout& header) {
  RETURN_IF_ERROR(check_codestream_head(frame, header));
  const Codestream codec(opj_create_decompress(is_jp2(frame) ? OPJ_CODEC_JP2 : OPJ_CODEC_J2K), opj_destroy_codec);
  std::string words;
  opj_set_error_handler(codec.get(), keep_words, &words);
  opj_dparameters_t parameters;
  opj_set_default_decoder_parameters(&parameters);
  Source source{frame};
  const Stream stream = stream_of(source);
  opj_image_t* made = nullptr;
  // Strict: a codestream that ends early is an error, not a picture of what there was.
  if (!opj_setup_decoder(codec.get(), &parameters) || !opj_decoder_set_strict_mode(codec.get(), OPJ_TRUE) ||
      !opj_read_header(stream.get(), codec.get(), &made)) {
    return refused(Code::Corrupt, words);
  }
  const Image image(made, opj_image_destroy);
  RETURN_IF_ERROR(check(*image, header));
  if (!opj_decode(codec.get(), stream.get(), image.get())) {
    return refused(Code::Corrupt, words);
  }
  return pixels_of(*image, header);
}

Result<PixelLayout> jpeg_2000_layout(const PixelLayout& decoded) {
  if (decoded.bits_stored > kMaxEncoded) {
    return Status(Code::Unsupported, "JPEG 2000 is made of samples up to 16 bits");
  }
  PixelLayout layout = decoded;
  layout.high_bit = static_cast<std::uint16_t>(layout.bits_stored - 1);
  if (decoded.samples == 3 && decoded.photometric == Photometric::Rgb) {
    layout.photometric = Photometric::YbrRct;
  }
  return layout;
}

Result<ByteBuffer> encode_jpeg_2000(const Pixels& pixels, const EncodeOptions&) {
  const Codestream codec(opj_create_compress(OPJ_CODEC_J2K), opj_destroy_codec);
  const Image image = image_of(pixels);
  if (!codec || !image) {
    return refused(Code::Internal, "no memory for the image");
  }
  std::string words;
  opj_set_error_handler(codec.get(), keep_words, &words);
  opj_cparameters_t parameters;
  opj_set_default_encoder_parameters(&parameters);
  parameters.tcp_numlayers = 1;
  parameters.cp_disto_alloc = 1;
  parameters.tcp_rates[0] = 0;  // all of it
  parameters.irreversible = 0;
  parameters.numresolution = wavelet_levels(pixels.layout) + 1;
  parameters.tcp_mct = pixels.layout.samples == 3 && pixels.layout.photometric == Photometric::Rgb ? 1 : 0;
  Sink sink;
  const Stream stream = stream_of(sink);
  if (!opj_setup_encoder(codec.get(), &parameters, image.get()) ||
      !opj_start_compress(codec.get(), image.get(), stream.get()) || !opj_encode(codec.get(), stream.get()) ||
      !opj_end_compress(codec.get(), stream.get())) {
    return refused(Code::Internal, words);
  }
  return std::move(sink.bytes);
}

}  // namespace tessera::codec
