#include "slide/datetime.h"

#include <gtest/gtest.h>

namespace tessera::slide {
namespace {

TEST(DatetimeFromIso, becomes_dt_with_the_zone_that_is_stated) {
  EXPECT_EQ(datetime_from_iso("2013-09-25T15:25:57.45Z"), "20130925152557+0000");
  EXPECT_EQ(datetime_from_iso("2013-09-25T15:25:57+02:00"), "20130925152557+0200");
  EXPECT_EQ(datetime_from_iso(" 2013-09-25T15:25:57.123-0500\n"), "20130925152557-0500");
  EXPECT_EQ(datetime_from_iso("2013-09-25T15:25:57"), "20130925152557");
  EXPECT_EQ(datetime_from_iso("2013-09-25T15:25:57+99:00"), "20130925152557");
}

TEST(DatetimeFromIso, of_anything_else_is_empty) {
  for (const char* text : {"", "2013-09-25", "2013-13-25T15:25:57Z", "2013-09-25 15:25:57", "2013-09-25T15:25:6x",
                           "2013-09-25T24:25:57", "20x3-09-25T15:25:57", "2013-09- 5T15:25:57"}) {
    EXPECT_EQ(datetime_from_iso(text), "") << text;
  }
}

}  // namespace
}  // namespace tessera::slide
