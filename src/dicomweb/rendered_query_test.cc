#include "dicomweb/rendered_query.h"

#include <gtest/gtest.h>

namespace tessera::dicomweb {
namespace {

using archive::Rendering;

Rendering parsed(std::string_view query, bool thumbnail = false) {
  const Result<Rendering> asked = parse_rendered_query(query, thumbnail, 77);
  EXPECT_TRUE(asked.ok()) << query << ": " << asked.status().message();
  return asked.ok() ? *asked : Rendering{};
}

Status refusal(std::string_view query, bool thumbnail = false) {
  return parse_rendered_query(query, thumbnail, 77).status();
}

TEST(RenderedQuery, nothing_asked_for_is_the_whole_image_at_its_size) {
  const Rendering asked = parsed("");
  EXPECT_FALSE(asked.width || asked.height || asked.window);
  EXPECT_EQ(asked.quality, 77);
  EXPECT_EQ(parsed("quality=5").quality, 5);
  EXPECT_EQ(asked.profile, Rendering::Profile::None);
}

TEST(RenderedQuery, a_viewport_has_two_or_six_parts_that_may_be_empty) {
  EXPECT_EQ(parsed("viewport=264%2C99").width, 264u);
  EXPECT_EQ(parsed("viewport=264.7,99").width, 264u) << "viewers send fractions";
  EXPECT_FALSE(parsed("viewport=,99").width);
  const Rendering::Region region = parsed("viewport=10,20,1.5,,-30,40").region;
  EXPECT_EQ(region.column, 1.5);
  EXPECT_EQ(region.row, 0);
  EXPECT_EQ(region.width, -30);
  EXPECT_EQ(region.height, 40);
  EXPECT_FALSE(parsed("viewport=,,1,2,,").region.width) << "to the edge";
}

TEST(RenderedQuery, what_is_wrong_is_named) {
  for (const char* query : {"viewport=1",         "viewport=1,2,3",       "viewport=1,2,3,4,5,6,7",
                            "viewport=,",         "viewport=0,1",         "viewport=-5,5",
                            "viewport=4097,1",    "viewport=nan,1",       "viewport=inf,1",
                            "viewport=1e400,1",   "viewport=1,1,x,0,1,1", "viewport=1,1,0,0,0,1",
                            "window=1",           "window=1,x",           "window=1,0",
                            "window=1,0.5",       "window=1,2,cubic",     "window=1,2,linear,3",
                            "quality=0",          "quality=101",          "quality=9.5",
                            "quality=",           "iccprofile=",          "iccprofile=cmyk",
                            "quality=5&quality=6"}) {
    const std::string name = std::string(query).substr(0, std::string(query).find('='));
    EXPECT_EQ(refusal(query).code(), Code::InvalidArgument) << query;
    EXPECT_NE(refusal(query).message().find(name), std::string_view::npos) << refusal(query).message();
  }
}

TEST(RenderedQuery, windows_have_the_standards_functions) {
  EXPECT_EQ(parsed("window=40,400").window->function, archive::WindowFunction::Linear);
  EXPECT_EQ(parsed("window=-40.5,400,SIGMOID").window->center, -40.5);
  EXPECT_EQ(parsed("window=1,0.25,linear-exact").window->width, 0.25);
}

TEST(RenderedQuery, profiles_are_no_yes_or_named) {
  EXPECT_EQ(parsed("iccprofile=no").profile, Rendering::Profile::None);
  EXPECT_EQ(parsed("iccprofile=yes").profile, Rendering::Profile::Own);
  EXPECT_EQ(parsed("iccprofile=DisplayP3").profile, Rendering::Profile::Named);
  EXPECT_EQ(parsed("iccprofile=DisplayP3").space, archive::ColorSpace::DisplayP3);
}

TEST(RenderedQuery, a_thumbnail_has_a_size_and_nothing_else) {
  EXPECT_EQ(parsed("viewport=64,32", true).height, 32u);
  EXPECT_EQ(refusal("viewport=64,32,0,0,5,5", true).code(), Code::InvalidArgument);
  EXPECT_FALSE(parsed("window=1,2", true).window);
}

TEST(RenderedQuery, the_format_is_the_one_preferred_most_and_else_jpeg) {
  EXPECT_EQ(*negotiate_picture("*/*"), archive::PictureFormat::Jpeg);
  EXPECT_EQ(*negotiate_picture("image/png"), archive::PictureFormat::Png);
  EXPECT_EQ(*negotiate_picture("image/png;q=0.5, image/webp"), archive::PictureFormat::Webp);
  EXPECT_EQ(*negotiate_picture("image/*, image/jpeg;q=0"), archive::PictureFormat::Png);
  EXPECT_EQ(negotiate_picture("image/gif").status().code(), Code::NotAcceptable);
}

}  // namespace
}  // namespace tessera::dicomweb
