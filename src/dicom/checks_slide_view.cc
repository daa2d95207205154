#include "dicom/checks_slide_view.h"

#include <cstdio>

namespace tessera::dicom {

namespace {

std::string flavor_of(const SlideAttributes& attributes) {
  const auto type = attributes.texts(Tag(), tags::kImageType);
  return type.size() >= 3 ? type[2] : "";
}

}  // namespace

SlideView::SlideView(const SlideAttributes& attributes_, std::uint64_t frames_, Findings& findings_)
    : attributes(attributes_), frames(frames_), findings(findings_), flavor(flavor_of(attributes_)) {}

std::string shown(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

void check_slide_attributes(const SlideAttributes& attributes, std::uint64_t frames, Findings& findings) {
  const SlideView slide(attributes, frames, findings);
  check_attributes(slide);
  check_geometry(slide);
  check_pixels(slide);
}

}  // namespace tessera::dicom
