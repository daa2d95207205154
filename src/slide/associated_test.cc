#include "slide/associated.h"

#include <gtest/gtest.h>

#include "support/make_slide.h"

namespace tessera::slide {
namespace {

using test_support::add_strips;
using test_support::MadeSlide;
using test_support::make_jpeg;
using test_support::make_slide;
using test_support::ScratchFolder;
using test_support::SlideKnobs;
using test_support::StripKnobs;

constexpr char kAperio[] = "Aperio Image Library v11.2.1\r\n200x150 (64x64) JPEG|AppMag = 20|MPP = 0.5";

struct Aperio {
  MadeSlide slide;
  std::uint64_t thumbnail = 0, label = 0, macro = 0;  // where their directories begin
  std::string label_pixels = {};
};

Aperio make_aperio() {
  SlideKnobs knobs;
  knobs.description = kAperio;
  knobs.levels = 1;
  Aperio made{make_slide(knobs)};
  made.thumbnail = add_strips(made.slide, {.description = kAperio});
  made.label =
      add_strips(made.slide, {.description = "Aperio\nlabel 40x40", .compression = 1, .photometric = 2, .subfile = 1},
                 &made.label_pixels);
  made.macro = add_strips(made.slide, {.description = "Aperio\nmacro 90x50", .width = 90, .height = 50, .subfile = 9});
  return made;
}

Result<std::unique_ptr<SlideSource>> open(const ScratchFolder& folder, const Aperio& made) {
  return open_slide(folder.file("a.svs", made.slide.tiff.bytes()));
}

TEST(Associated, images_follow_the_levels_each_of_one_tile) {
  const ScratchFolder folder;
  const auto source = open(folder, make_aperio());
  ASSERT_TRUE(source.ok()) << source.status().message();
  const auto& images = (*source)->images();
  ASSERT_EQ(images.size(), 4u);
  const ImageFlavor flavors[] = {ImageFlavor::Volume, ImageFlavor::Thumbnail, ImageFlavor::Label,
                                 ImageFlavor::Overview};
  for (std::size_t i = 0; i < images.size(); ++i) {
    EXPECT_EQ(images[i].flavor, flavors[i]);
    EXPECT_TRUE(images[i].damage.ok()) << images[i].damage.message();
    const auto tile = (*source)->tile(i, 0, 0);
    ASSERT_TRUE(tile.ok()) << tile.status().message();
    EXPECT_EQ(tile->size(), *(*source)->tile_bytes(i, 0, 0));
    EXPECT_EQ(flatten(*tile)->size(), tile->size());
  }
  EXPECT_EQ(images[3].columns() * images[3].rows(), 1u);
  EXPECT_EQ(images[3].coding.transfer_syntax, "1.2.840.10008.1.2.4.50");
  EXPECT_EQ((*source)->tile(3, 1, 0).status().code(), Code::InvalidArgument);
}

TEST(Associated, jpeg_strips_are_ranges_of_the_file_between_markers) {
  const ScratchFolder folder;
  const auto source = open(folder, make_aperio());
  ASSERT_TRUE(source.ok());
  const auto tile = (*source)->tile(3, 0, 0);
  ASSERT_TRUE(tile.ok());
  std::size_t ranges = 0;
  for (const Piece& piece : tile->pieces()) {
    const auto* range = std::get_if<SourceRange>(&piece);
    ranges += range != nullptr && range->source->plain_descriptor() >= 0 ? 1 : 0;
  }
  EXPECT_EQ(ranges, 4u);
}

TEST(Associated, decoded_pixels_can_be_read_from_any_place) {
  const ScratchFolder folder;
  const Aperio made = make_aperio();
  const auto source = open(folder, made);
  ASSERT_TRUE(source.ok());
  EXPECT_EQ((*source)->images()[2].coding.lossy_method, "");
  const auto tile = (*source)->tile(2, 0, 0);
  ASSERT_TRUE(tile.ok());
  EXPECT_EQ(*flatten(*tile), made.label_pixels);
  for (const std::uint64_t offset : {4000, 130, 2000, 1999, 0, 4799}) {
    const std::uint64_t length = std::min<std::uint64_t>(500, made.label_pixels.size() - offset);
    EXPECT_EQ(*flatten(tile->slice({offset, length})), made.label_pixels.substr(offset, length)) << offset;
  }
}

TEST(Associated, damage_is_told_and_leaves_the_slide) {
  const ScratchFolder folder;
  Aperio made = make_aperio();
  const std::uint64_t entry = made.slide.tiff.entry(made.label, 279);  // counts of 3 strips
  const std::uint32_t array = load_le32(as_bytes(made.slide.tiff.bytes()).data() + entry + 8);
  made.slide.tiff.put(array + 4, 0x7FFFFFFF, 4);
  const auto source = open(folder, made);
  ASSERT_TRUE(source.ok()) << source.status().message();
  const Image& label = (*source)->images()[2];
  EXPECT_EQ(label.flavor, ImageFlavor::Label);
  EXPECT_EQ(label.damage.code(), Code::Corrupt);
  EXPECT_TRUE(label.damage.message().starts_with(
      "a.svs, directory 2, tag 273 StripOffsets: strip 1 (2147483647 bytes at byte "))
      << label.damage.message();
  EXPECT_EQ((*source)->tile(2, 0, 0).status().code(), Code::InvalidArgument);
  EXPECT_TRUE((*source)->tile(3, 0, 0).ok());
}

TEST(Associated, jpeg_that_stood_elsewhere_is_taken_whole_or_named) {
  const std::string jpeg = make_jpeg(60, 30);
  const AssociatedImage made = associated_from_jpeg(jpeg + "padding", "a.tiff, XML", ImageFlavor::Label);
  ASSERT_TRUE(made.image.damage.ok()) << made.image.damage.message();
  EXPECT_EQ(made.image.width, 60u);
  EXPECT_EQ(made.image.coding.photometric, "YBR_FULL_422");
  EXPECT_EQ(*flatten(made.frame), jpeg);
  const AssociatedImage torn = associated_from_jpeg(jpeg.substr(0, 300), "a.tiff, XML", ImageFlavor::Label);
  EXPECT_EQ(torn.image.damage.message(), "a.tiff, XML: the JPEG ends before its last marker");
  EXPECT_FALSE(associated_from_jpeg("no jpeg", "a.tiff, XML", ImageFlavor::Label).image.damage.ok());
}

TEST(Associated, survives_every_flipped_byte_of_its_tags) {
  const ScratchFolder folder;
  const Aperio made = make_aperio();
  for (const std::uint64_t directory : {made.label, made.macro}) {
    for (std::size_t at = directory; at < directory + 2 + 12 * 12; ++at) {
      std::string damaged = made.slide.tiff.bytes();
      damaged[at] = static_cast<char>(damaged[at] ^ 0xFF);
      const auto source = open_slide(folder.file("flip.svs", damaged));
      for (std::size_t i = 0; source.ok() && i < (*source)->images().size(); ++i) {
        const Image& image = (*source)->images()[i];
        EXPECT_TRUE(image.damage.ok() || image.damage.message().starts_with("flip.svs, directory "))
            << image.damage.message();
        const auto tile = (*source)->tile(i, 0, 0);
        EXPECT_EQ(tile.ok(), image.damage.ok());
        EXPECT_TRUE(!tile.ok() || tile->size() == *(*source)->tile_bytes(i, 0, 0));
      }
    }
  }
}

}  // namespace
}  // namespace tessera::slide
