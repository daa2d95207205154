#include <gtest/gtest.h>

#include "slide/slide_source.h"
#include "support/make_slide.h"
#include "support/make_vendor.h"

namespace tessera::slide {
namespace {

using test_support::make_slide;
using test_support::scn_xml;
using test_support::ScnKnobs;
using test_support::ScratchFolder;
using test_support::SlideKnobs;

Result<std::unique_ptr<SlideSource>> open(const ScratchFolder& folder, const ScnKnobs& xml) {
  SlideKnobs knobs;
  knobs.big = true;
  knobs.description = scn_xml(xml);
  return open_slide(folder.file("a.scn", make_slide(knobs).tiff.bytes()));
}

std::string refusal(const ScnKnobs& xml, Code code = Code::Unsupported) {
  const ScratchFolder folder;
  const auto source = open(folder, xml);
  EXPECT_EQ(source.status().code(), code) << source.status().message();
  return std::string(source.status().message());
}

TEST(LeicaScn, levels_and_facts_are_those_of_the_scanned_region) {
  const ScratchFolder folder;
  for (const char* year : {"2010/10/01", "2010/03/10"}) {
    ScnKnobs xml;
    xml.name_space = std::string("http://www.leica-microsystems.com/scn/") + year;
    const auto source = open(folder, xml);
    ASSERT_TRUE(source.ok()) << source.status().message();
    ASSERT_EQ((*source)->images().size(), 3u);
    EXPECT_EQ((*source)->images()[2].width, 50u);
    const SlideFacts& facts = (*source)->facts();
    EXPECT_EQ(facts.format, "Leica SCN");
    EXPECT_DOUBLE_EQ(*facts.mm_per_pixel_x, 0.0005);
    EXPECT_DOUBLE_EQ(*facts.mm_per_pixel_y, 0.00025);
    EXPECT_EQ(facts.objective_power, 20);
    EXPECT_EQ(facts.model, "Leica SCN400");
    EXPECT_EQ(facts.acquired, "20130925152657+0000");
    EXPECT_EQ(facts.barcode, "B7-123");
  }
}

TEST(LeicaScn, takes_the_directories_that_the_region_names_and_no_others) {
  const ScratchFolder folder;
  ScnKnobs xml;
  xml.levels = 1;
  xml.first_directory = 1;
  xml.overview_directory = 2;
  const auto source = open(folder, xml);
  ASSERT_TRUE(source.ok()) << source.status().message();
  EXPECT_EQ((*source)->images()[0].width, 100u);
}

TEST(LeicaScn, what_is_not_one_plane_of_one_region_is_refused_with_the_count) {
  ScnKnobs regions;
  regions.regions = 3;
  EXPECT_EQ(refusal(regions),
            "a.scn, directory 0, tag 270 ImageDescription: holds 3 scanned regions; only a slide of one region can be "
            "converted");
  ScnKnobs planes;
  planes.planes = 5;
  EXPECT_NE(refusal(planes).find("5 focal planes"), std::string::npos);
  ScnKnobs channels;
  channels.channels = 2;
  EXPECT_NE(refusal(channels).find("fluorescence of 2 channels"), std::string::npos);
  ScnKnobs dark;
  dark.light = "fluorescence";
  EXPECT_NE(refusal(dark).find("only brightfield"), std::string::npos);
  ScnKnobs none;
  none.regions = 0;
  EXPECT_NE(refusal(none).find("holds 0 scanned regions"), std::string::npos);
}

TEST(LeicaScn, a_directory_that_the_file_has_not_is_named) {
  ScnKnobs xml;
  xml.first_directory = 2;
  EXPECT_EQ(refusal(xml, Code::Corrupt),
            "a.scn, directory 0, tag 270 ImageDescription: refers to directory '3', which the file has not");
  ScnKnobs empty;
  empty.levels = 0;
  EXPECT_NE(refusal(empty, Code::Corrupt).find("has no dimensions"), std::string::npos);
}

}  // namespace
}  // namespace tessera::slide
