// iod: the data set of one VL Whole Slide Microscopy Image instance (PS3.3 A.32.8), all but the pixels. What
// each attribute is taken from stands in iod.cc, module by module.
//
// Rules where the source is silent: Manufacturer, model, serial and software are "UNKNOWN"; no acquisition
// time is 1900-01-01 (never today: a repeat must give the same bytes), and ImageComments says so; thickness
// is 1 micrometre, about the depth of field; pixels of label and overview have the size that a standard slide gives
// them (convert/geometry.h), and ImageComments says so.
#pragma once

#include <string>
#include <vector>

#include "convert/geometry.h"
#include "convert/identity.h"
#include "convert/layout.h"
#include "dicom/writer.h"

namespace tessera::convert {

inline constexpr std::string_view kSlideImageSopClass = "1.2.840.10008.5.1.4.1.1.77.1.6";

// What one instance is made from.
struct InstanceFacts {
  const slide::SlideSource& source;
  const Identity& identity;
  const Options& options;
  const Layout& layout;
  std::size_t image = 0;  // of source.images()
  Spacing base_spacing;   // of level 0

  const slide::Image& shown() const { return source.images()[image]; }
};

dicom::DataSet slide_image_data_set(const InstanceFacts& facts);

// A DICOM DT ("20091229095915-0500") in its parts. `known` is false for the stand-in of a source without a
// date.
struct Acquired {
  std::string date, time, zone;
  bool known = false;
};
Acquired acquired_of(const std::string& dt);

}  // namespace tessera::convert
