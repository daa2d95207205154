#include <gtest/gtest.h>

#include "slide/slide_source.h"
#include "support/make_slide.h"
#include "support/make_vendor.h"

namespace tessera::slide {
namespace {

using test_support::MadeSlide;
using test_support::make_slide;
using test_support::philips_xml;
using test_support::PhilipsKnobs;
using test_support::ScratchFolder;
using test_support::SlideKnobs;

SlideKnobs padded_slide(const PhilipsKnobs& xml) {
  SlideKnobs knobs;
  knobs.padded = true;
  knobs.description = philips_xml(xml);
  return knobs;
}

std::string refusal(const PhilipsKnobs& xml, Code code) {
  const ScratchFolder folder;
  const auto source = open_slide(folder.file("a.tiff", make_slide(padded_slide(xml)).tiff.bytes()));
  EXPECT_EQ(source.status().code(), code) << source.status().message();
  return std::string(source.status().message());
}

TEST(Philips, levels_are_as_large_as_their_spacing_says_and_not_as_their_padding) {
  const ScratchFolder folder;
  const MadeSlide made = make_slide(padded_slide({}));
  const auto source = open_slide(folder.file("a.tiff", made.tiff.bytes()));
  ASSERT_TRUE(source.ok()) << source.status().message();
  ASSERT_EQ((*source)->images().size(), 3u);
  EXPECT_EQ((*source)->images()[1].width, 100u);
  EXPECT_EQ((*source)->images()[1].height, 75u);
  EXPECT_EQ((*source)->images()[2].width, 50u);
  EXPECT_EQ((*source)->images()[2].height, 37u);
  const auto tile = (*source)->tile(1, 1, 1);
  ASSERT_TRUE(tile.ok()) << tile.status().message();
  EXPECT_TRUE(flatten(*tile)->ends_with(made.tiles[1][3].substr(2)));
}

TEST(Philips, states_spacing_rows_first_scanner_time_power_and_barcode) {
  const ScratchFolder folder;
  const auto source = open_slide(folder.file("a.tiff", make_slide(padded_slide({})).tiff.bytes()));
  ASSERT_TRUE(source.ok()) << source.status().message();
  const SlideFacts& facts = (*source)->facts();
  EXPECT_EQ(facts.format, "Philips TIFF");
  EXPECT_DOUBLE_EQ(*facts.mm_per_pixel_y, 0.00025);
  EXPECT_DOUBLE_EQ(*facts.mm_per_pixel_x, 0.0005);
  EXPECT_EQ(facts.manufacturer, "PHILIPS");
  EXPECT_EQ(facts.serial, "FMT0107");
  EXPECT_EQ(facts.software, "1.6.5505 20130322_R34");
  EXPECT_EQ(facts.acquired, "20130718122300");
  EXPECT_EQ(facts.barcode, "B7-123");
  EXPECT_EQ(facts.objective_power, 40);
  EXPECT_EQ(facts.description, "");
}

TEST(Philips, a_scan_time_that_is_none_is_left_out) {
  const ScratchFolder folder;
  for (const char* acquired : {"2013-07-18T12:23:00", "unknown", "20130231122300", ""}) {
    PhilipsKnobs xml;
    xml.acquired = acquired;
    const auto source = open_slide(folder.file("a.tiff", make_slide(padded_slide(xml)).tiff.bytes()));
    ASSERT_TRUE(source.ok()) << source.status().message();
    EXPECT_EQ((*source)->facts().acquired, "") << acquired;
  }
}

TEST(Philips, a_number_that_is_no_magnification_is_none) {
  const ScratchFolder folder;
  for (const char* derivation :
       {"tiff-levels=10003,10002-q80", "tiff-q80-sourceFilename=a-levels=20", "", "x-levels="}) {
    PhilipsKnobs xml;
    xml.derivation = derivation;
    const auto source = open_slide(folder.file("a.tiff", make_slide(padded_slide(xml)).tiff.bytes()));
    ASSERT_TRUE(source.ok()) << source.status().message();
    EXPECT_FALSE((*source)->facts().objective_power.has_value()) << derivation;
  }
}

TEST(Philips, a_tile_outside_the_scanned_regions_is_white) {
  const ScratchFolder folder;
  SlideKnobs knobs = padded_slide({});
  knobs.missing_tile = 5;
  const auto source = open_slide(folder.file("a.tiff", make_slide(knobs).tiff.bytes()));
  ASSERT_TRUE(source.ok()) << source.status().message();
  const auto tile = (*source)->tile(0, 1, 1);
  ASSERT_TRUE(tile.ok());
  EXPECT_EQ(tile->size(), *(*source)->tile_bytes(0, 1, 1));
  EXPECT_LT(tile->size(), *(*source)->tile_bytes(0, 0, 1));
}

TEST(Philips, levels_whose_size_cannot_be_known_are_refused) {
  PhilipsKnobs fewer;
  fewer.spacings.pop_back();
  EXPECT_EQ(refusal(fewer, Code::Corrupt),
            "a.tiff, directory 0, tag 270 ImageDescription: states the spacing of 2 levels, the file has 3: their "
            "sizes cannot be known");
  PhilipsKnobs wild;
  wild.spacings[1] = "\"0.000001\" \"0.000001\"";
  EXPECT_NE(refusal(wild, Code::Corrupt).find("the spacing of level 1 is no multiple"), std::string::npos);
  for (const char* spacing : {"", "\"0.0005\"", "\"-1\" \"0.1\"", "\"x\" \"y\"", "\"1e999\" \"1\""}) {
    PhilipsKnobs none;
    none.spacings[2] = spacing;
    EXPECT_NE(refusal(none, Code::Corrupt).find("level 2 has no DICOM_PIXEL_SPACING"), std::string::npos) << spacing;
  }
  PhilipsKnobs other;  // a quarter of level 0, where directory 1 is half of it
  other.spacings[1] = "\"0.002\" \"0.004\"";
  EXPECT_NE(refusal(other, Code::Corrupt).find("directory 1"), std::string::npos);
}

TEST(Philips, anything_but_one_slide_is_refused_with_the_count) {
  for (const int slides : {0, 2}) {
    PhilipsKnobs xml;
    xml.slides = slides;
    EXPECT_EQ(refusal(xml, Code::Unsupported), "a.tiff, directory 0, tag 270 ImageDescription: has " +
                                                   std::to_string(slides) +
                                                   " scanned images of type WSI; only one can be converted");
  }
}

TEST(Philips, xml_that_is_damaged_or_declares_entities_is_named) {
  const ScratchFolder folder;
  SlideKnobs knobs = padded_slide({});
  knobs.description = "<!DOCTYPE x [<!ENTITY a 'b'>]>" + philips_xml().substr(philips_xml().find("<DataObject"));
  const auto entities = open_slide(folder.file("a.tiff", make_slide(knobs).tiff.bytes()));
  EXPECT_EQ(entities.status().code(), Code::Unsupported);
  knobs.description = philips_xml().substr(0, 700);
  const auto cut = open_slide(folder.file("a.tiff", make_slide(knobs).tiff.bytes()));
  EXPECT_EQ(cut.status().code(), Code::Corrupt);
  EXPECT_TRUE(cut.status().message().starts_with(
      "a.tiff, directory 0, tag 270 ImageDescription: its XML is not well-formed at line 2, column "))
      << cut.status().message();
}

}  // namespace
}  // namespace tessera::slide
