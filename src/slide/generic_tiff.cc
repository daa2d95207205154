// Generic pyramidal TIFF: the largest tiled directory is the slide, and every other tiled one that is a
// smaller picture of the same shape is a level of it, whether in the main chain or in SubIFDs. Directories of
// another shape are named in the facts and left out.
#include "slide/formats.h"
#include "slide/pyramid.h"
#include "slide/tiff_slide.h"

namespace tessera::slide {

namespace {

bool detect(const TiffFile&) {
  return true;
}

const TiffDirectory& largest(const TiffFile& file) {
  const TiffDirectory* best = &file.directories().front();
  const auto area = [&](const TiffDirectory& d) {
    const PixelSize size = size_of(file, d);
    return is_tiled(d) && is_picture(file, d) ? static_cast<double>(size.width) * static_cast<double>(size.height)
                                              : -1.0;
  };
  for (const TiffDirectory& directory : file.directories()) {
    if (area(directory) > area(*best)) {
      best = &directory;
    }
  }
  return *best;
}

Result<std::unique_ptr<SlideSource>> open(const TiffFile& file) {
  const TiffDirectory& base = largest(file);
  TRY_ASSIGN(SlideFacts facts, tiff_facts(file, base));
  facts.format = "pyramidal TIFF";
  const PixelSize whole = size_of(file, base);
  std::vector<LevelDirectory> levels{{&base}};
  for (const TiffDirectory& directory : file.directories()) {
    if (&directory == &base) {
      continue;
    }
    if (is_level_of(whole, file, directory)) {
      levels.push_back({&directory});
    } else {
      facts.properties.emplace_back("left out", directory_summary(file, directory));
    }
  }
  return TiffSlide::open(file, std::move(facts), levels);
}

}  // namespace

const Format kGenericTiff{"pyramidal TIFF", detect, open};

}  // namespace tessera::slide
