#include "slide/icc.h"

namespace tessera::slide {

bool is_icc_profile(ByteView bytes) {
  if (bytes.size() < 132 || load_be32(bytes.data()) > bytes.size() || load_be32(bytes.data()) < 132) {
    return false;
  }
  const std::string_view space = as_text(bytes.subspan(16, 4));
  return as_text(bytes.subspan(36, 4)) == "acsp" && (space == "RGB " || space == "GRAY");
}

}  // namespace tessera::slide
