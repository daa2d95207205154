// SlideView: what the rules of a slide look at, and how they tell. Used by the checks_slide_*.cc files only; borrows
// what it is given; one thread.
#pragma once

#include <string>

#include "dicom/checks_slide.h"
#include "dicom/tags.h"

namespace tessera::dicom {

struct SlideView {
  static constexpr Tag kTop{};

  SlideView(const SlideAttributes& attributes, std::uint64_t frames, Findings& findings);

  void tell(Rule rule, Tag tag, std::string what, Tag sequence = kTop) const {
    findings.add(rule, tag, attributes.offset(sequence, tag), std::move(what));
  }

  bool is_full() const { return attributes.text(kTop, tags::kDimensionOrganizationType) == "TILED_FULL"; }
  bool is_single() const { return flavor == "LABEL" || flavor == "OVERVIEW" || flavor == "THUMBNAIL"; }
  bool shows_label() const { return flavor == "LABEL" || flavor == "OVERVIEW"; }
  bool is_color() const { return attributes.number(tags::kSamplesPerPixel, 1) > 1; }
  double columns() const { return attributes.number(tags::kTotalPixelMatrixColumns, 0); }
  double rows() const { return attributes.number(tags::kTotalPixelMatrixRows, 0); }
  double paths() const { return attributes.number(tags::kNumberOfOpticalPaths, 1); }

  const SlideAttributes& attributes;
  const std::uint64_t frames;
  Findings& findings;
  const std::string flavor;  // ImageType's third value
};

// A number as a sentence has it.
std::string shown(double value);

// One subject each: what must be there and which values it may have; where the tiles lie, and how large they are;
// how the pixels are to be read.
void check_attributes(const SlideView& slide);
void check_geometry(const SlideView& slide);
void check_pixels(const SlideView& slide);

}  // namespace tessera::dicom
