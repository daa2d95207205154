#include "codec/htj2k.h"

#include <openjph/ojph_arch.h>
#include <openjph/ojph_codestream.h>
#include <openjph/ojph_file.h>
#include <openjph/ojph_mem.h>
#include <openjph/ojph_params.h>

#include <exception>
#include <string>

#include "codec/jpeg_2000.h"

namespace tessera::codec {

namespace {

ByteBuffer encode(const Pixels& pixels) {
  const PixelLayout& layout = pixels.layout;
  ojph::codestream codestream;
  ojph::param_siz siz = codestream.access_siz();
  siz.set_image_extent(ojph::point(layout.columns, layout.rows));
  siz.set_num_components(layout.samples);
  for (std::uint16_t component = 0; component < layout.samples; ++component) {
    siz.set_component(component, ojph::point(1, 1), layout.bits_stored, layout.is_signed);
  }
  ojph::param_cod cod = codestream.access_cod();
  cod.set_num_decomposition(static_cast<ojph::ui32>(wavelet_levels(layout)));
  cod.set_progression_order("RPCL");
  cod.set_color_transform(layout.samples == 3 && layout.photometric == Photometric::Rgb);
  cod.set_reversible(true);
  codestream.set_planar(false);
  ojph::mem_outfile file;
  file.open();
  codestream.write_headers(&file);
  ojph::ui32 component = 0;
  ojph::line_buf* line = codestream.exchange(nullptr, component);
  for (std::uint64_t row = 0; row < layout.rows; ++row) {
    for (std::uint16_t i = 0; i < layout.samples; ++i) {
      take_samples(pixels, static_cast<std::uint16_t>(component), row * layout.columns, {line->i32, layout.columns});
      line = codestream.exchange(line, component);
    }
  }
  codestream.flush();
  ByteBuffer bytes(file.get_data(), file.get_data() + file.tell());
  codestream.close();
  return bytes;
}

}  // namespace

Result<ByteBuffer> encode_htj2k(const Pixels& pixels, const EncodeOptions&) {
  try {  // it tells its failures by std::runtime_error
    return encode(pixels);
  } catch (const std::exception& why) {
    return Status(Code::Internal, "HTJ2K: " + std::string(why.what()));
  }
}

}  // namespace tessera::codec
