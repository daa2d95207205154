// associated: what a scanner photographed beside the tissue (label, overview, thumbnail), each an image of one
// frame. Vendor readers say which directory or stream is which; the frame is the file's own JPEG data wherever
// that can be, else decoded pixels (lossless compressions stay lossless).
//
// Nothing here fails: a damaged image is one whose `damage` says why, so that the slide can be had without it.
// Frames are ropes that read when they are sent; a directory is decoded once at open, so that damage is known then.
#pragma once

#include <string>

#include "base/rope.h"
#include "slide/slide_source.h"
#include "slide/tiff_file.h"

namespace tessera::slide {

// Of an associated image; a macro has about 1 Mpx.
inline constexpr std::uint64_t kMaxAssociatedPixels = std::uint64_t{64} << 20;

struct AssociatedImage {
  Image image;
  Rope frame;
};

// A TIFF directory, of strips or tiles.
AssociatedImage associated_from_tiff(const TiffFile& file, const TiffDirectory& directory, ImageFlavor flavor);

// A whole baseline JPEG that stood somewhere in the file (in XML, in base64); `place` names it in messages:
// "a.tiff, directory 0, tag 270 ImageDescription, PIM_DP_IMAGE_DATA".
AssociatedImage associated_from_jpeg(std::string jpeg, const std::string& place, ImageFlavor flavor);

AssociatedImage damaged_image(ImageFlavor flavor, Status why);

}  // namespace tessera::slide
