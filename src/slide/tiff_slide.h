// TiffSlide: a SlideSource made of TiledLevels and AssociatedImages, and the facts that every TIFF states in the same
// way. The vendor files (aperio.cc, generic_tiff.cc) decide which directories are levels and read what is the vendor's
// own.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "slide/associated.h"
#include "slide/slide_source.h"
#include "slide/tiff_file.h"
#include "slide/tiled_level.h"

namespace tessera::slide {

class TiffSlide final : public SlideSource {
 public:
  // The directories that are levels, in any order; two of one size are Unsupported (focal planes and channels
  // are not handled yet), because keeping one of them would lose the other without a word. Notes missing
  // tiles in the facts, and a thumbnail that is left out because a level has its size (viewers that take both
  // for one pyramid would fail).
  static Result<std::unique_ptr<SlideSource>> open(const TiffFile& file, SlideFacts facts,
                                                   const std::vector<LevelDirectory>& directories,
                                                   std::vector<AssociatedImage> associated = {});

  const SlideFacts& facts() const override { return facts_; }
  const std::vector<Image>& images() const override { return images_; }
  Result<Rope> tile(std::size_t image, std::uint32_t column, std::uint32_t row) const override;
  Result<std::uint64_t> tile_bytes(std::size_t image, std::uint32_t column, std::uint32_t row) const override;

 private:
  TiffSlide(SlideFacts facts, std::vector<TiledLevel> tiled, std::vector<AssociatedImage> associated);
  static void leave_out_doubles(const std::vector<TiledLevel>& tiled, std::vector<AssociatedImage>& associated,
                                SlideFacts& facts);
  static Status check_alike(const TiffFile& file, const std::vector<TiledLevel>& tiled);
  Result<std::uint64_t> index_of(std::size_t image, std::uint32_t column, std::uint32_t row) const;

  const SlideFacts facts_;
  const std::vector<TiledLevel> tiled_;
  const std::vector<AssociatedImage> associated_;
  std::vector<Image> images_;  // of both, in this order; constant after construction
};

// File name, Make, Model, Software, DateTime, ICC profile and the resolution of `base`. Absent tags stay
// absent; a spacing above 0.1 mm per pixel (72 dpi is 0.35) is a default that some writer left there, so it
// is not believed: properties then say what the file claims.
Result<SlideFacts> tiff_facts(const TiffFile& file, const TiffDirectory& base);

// The spacing of level 0 into the facts, under the same belief; nothing where either is unknown.
void take_spacing(std::optional<double> mm_per_pixel_x, std::optional<double> mm_per_pixel_y, SlideFacts& facts);

// "directory 1: 574 x 768, JPEG, strips": what a directory is, for lists of what was left out.
std::string directory_summary(const TiffFile& file, const TiffDirectory& directory);

}  // namespace tessera::slide
