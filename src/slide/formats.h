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
// Known vendors whose files the generic reader would get wrong (overlapping tiles, padded levels, sizes only
// in XML).
extern const Format kNotYetRead;
extern const Format kGenericTiff;

}  // namespace tessera::slide
