// formats: the table of slide readers, tried in order. A new vendor is one file and one row.
// Used by open_slide() only; the functions are safe from many threads.
#pragma once

#include <memory>

#include "slide/slide_source.h"
#include "slide/tiff_file.h"

namespace tessera::slide {

struct Format {
  const char* name;
  // Whether the file is this vendor's. Looks at tags, not at pixels.
  bool (*detect)(const TiffFile& file);
  Result<std::unique_ptr<SlideSource>> (*open)(const TiffFile& file);
};

extern const Format kAperio;
extern const Format kPhilips;
extern const Format kLeicaScn;
extern const Format kOmeTiff;
// Known vendors whose files the generic reader would get wrong (not_yet_read.h).
extern const Format kNotYetRead;
extern const Format kGenericTiff;

}  // namespace tessera::slide
