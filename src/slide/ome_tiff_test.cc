#include <gtest/gtest.h>

#include "slide/slide_source.h"
#include "support/make_slide.h"
#include "support/make_vendor.h"

namespace tessera::slide {
namespace {

using test_support::make_slide;
using test_support::ome_image;
using test_support::ome_xml;
using test_support::OmeKnobs;
using test_support::ScratchFolder;
using test_support::SlideKnobs;

Result<std::unique_ptr<SlideSource>> open(const ScratchFolder& folder, const OmeKnobs& xml, bool subs = true) {
  SlideKnobs knobs;
  knobs.sub_directories = subs;
  knobs.pixels_per_cm = 0;
  knobs.description = ome_xml(xml);
  return open_slide(folder.file("a.ome.tif", make_slide(knobs).tiff.bytes()));
}

std::string refusal(const OmeKnobs& xml, bool subs = true) {
  const ScratchFolder folder;
  const auto source = open(folder, xml, subs);
  EXPECT_EQ(source.status().code(), Code::Unsupported) << source.status().message();
  return std::string(source.status().message());
}

TEST(OmeTiff, levels_are_sub_directories_or_follow_in_the_main_chain) {
  const ScratchFolder folder;
  OmeKnobs as_images;
  as_images.more_images = ome_image("slide #2", 1) + ome_image("slide #3", 2);
  for (const bool subs : {true, false}) {
    const auto source = open(folder, subs ? OmeKnobs{} : as_images, subs);
    ASSERT_TRUE(source.ok()) << source.status().message();
    EXPECT_EQ((*source)->images().size(), 3u);
  }
  const auto without_a_word = open(folder, {}, false);
  ASSERT_TRUE(without_a_word.ok()) << without_a_word.status().message();
  EXPECT_EQ((*without_a_word)->images().size(), 3u);
}

TEST(OmeTiff, states_spacing_in_its_units_scanner_time_and_power) {
  const ScratchFolder folder;
  const auto source = open(folder, {});
  ASSERT_TRUE(source.ok()) << source.status().message();
  const SlideFacts& facts = (*source)->facts();
  EXPECT_EQ(facts.format, "OME-TIFF");
  EXPECT_DOUBLE_EQ(*facts.mm_per_pixel_x, 0.0005);
  EXPECT_DOUBLE_EQ(*facts.mm_per_pixel_y, 0.00025);
  EXPECT_EQ(facts.objective_power, 40);
  EXPECT_EQ(facts.manufacturer, "Acme");
  EXPECT_EQ(facts.serial, "S1");
  EXPECT_EQ(facts.software, "maker 1.0");
  EXPECT_EQ(facts.acquired, "20200301102030");
}

TEST(OmeTiff, a_spacing_without_unit_is_micrometres_and_one_in_pixels_is_none) {
  const ScratchFolder folder;
  OmeKnobs xml;
  xml.spacing = "PhysicalSizeX=\"0.25\" PhysicalSizeY=\"2.5E-4\" PhysicalSizeYUnit=\"mm\"";
  const auto plain = open(folder, xml);
  ASSERT_TRUE(plain.ok()) << plain.status().message();
  EXPECT_DOUBLE_EQ(*(*plain)->facts().mm_per_pixel_x, 0.00025);
  EXPECT_DOUBLE_EQ(*(*plain)->facts().mm_per_pixel_y, 0.00025);
  for (const char* spacing : {"PhysicalSizeX=\"1\" PhysicalSizeXUnit=\"pixel\" PhysicalSizeY=\"1\"",
                              "PhysicalSizeX=\"352.78\" PhysicalSizeY=\"352.78\"", ""}) {
    xml.spacing = spacing;
    const auto none = open(folder, xml);
    ASSERT_TRUE(none.ok()) << none.status().message();
    EXPECT_FALSE((*none)->facts().mm_per_pixel_x.has_value()) << spacing;
  }
}

TEST(OmeTiff, planes_beyond_one_are_refused_with_their_numbers_and_what_was_found) {
  OmeKnobs xml;
  xml.depth = 5;
  xml.channels = 3;
  xml.samples = 1;
  EXPECT_EQ(
      refusal(xml),
      "a.ome.tif, directory 0, tag 270 ImageDescription: Image:0 'slide' has 3 channels, 5 focal planes and 1 time "
      "point; only one plane in colour or gray can be converted (directory 0: 200 x 150, JPEG, tiles)");
  OmeKnobs times;
  times.times = 2;
  EXPECT_NE(refusal(times).find("2 time points"), std::string::npos);
}

TEST(OmeTiff, the_samples_of_one_plane_may_be_listed_as_channels) {
  OmeKnobs xml;
  xml.channels = 3;
  xml.samples = 1;
  std::string text = ome_xml(xml);
  const std::string said = " SamplesPerPixel=\"1\"";
  EXPECT_NE(refusal(xml).find("3 channels"), std::string::npos) << "what is said counts";
  for (std::size_t at = text.find(said); at != text.npos; at = text.find(said)) {
    text.erase(at, said.size());
  }
  SlideKnobs knobs;
  knobs.sub_directories = true;
  knobs.description = text;
  const ScratchFolder folder;
  const auto source = open_slide(folder.file("a.ome.tif", make_slide(knobs).tiff.bytes()));
  ASSERT_TRUE(source.ok()) << source.status().message();
  EXPECT_EQ((*source)->images().size(), 3u);
}

TEST(OmeTiff, pictures_beside_the_slide_are_no_levels_and_another_slide_is_refused) {
  const ScratchFolder folder;
  OmeKnobs xml;
  xml.more_images = ome_image("label image", 1) + ome_image("A-1 - Macro", 2);
  const auto beside = open(folder, xml, false);
  ASSERT_TRUE(beside.ok()) << beside.status().message();
  EXPECT_EQ((*beside)->images()[0].width, 200u);
  std::size_t levels = 0;
  for (const auto& level : (*beside)->images()) {
    levels += level.width == 200 ? 1 : 0;
  }
  EXPECT_EQ(levels, 1u);
  OmeKnobs elsewhere;
  elsewhere.data = "<TiffData IFD=\"0\"><UUID FileName=\"b.ome.tif\">urn:uuid:2</UUID></TiffData>";
  EXPECT_NE(refusal(elsewhere).find("lies in another file, 'b.ome.tif'"), std::string::npos);
}

TEST(OmeTiff, a_name_that_only_contains_the_word_label_is_a_slide_s) {
  const ScratchFolder folder;
  OmeKnobs xml;
  xml.more_images = ome_image("unlabeled", 1);
  const auto source = open(folder, xml, false);
  ASSERT_TRUE(source.ok()) << source.status().message();
  EXPECT_EQ((*source)->images().size(), 3u);
}

TEST(OmeTiff, a_directory_that_the_file_has_not_is_named) {
  const ScratchFolder folder;
  OmeKnobs xml;
  xml.data = "<TiffData IFD=\"7\"/>";
  const auto source = open(folder, xml);
  EXPECT_EQ(source.status().code(), Code::Corrupt);
  EXPECT_EQ(
      source.status().message(),
      "a.ome.tif, directory 0, tag 270 ImageDescription: Image:0 'slide' refers to directory 7, which the file has "
      "not");
}

}  // namespace
}  // namespace tessera::slide
