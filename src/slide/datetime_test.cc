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
  for (const char* text :
       {"", "2013-09-25", "2013-13-25T15:25:57Z", "2013-09-25 15:25:57", "2013-09-25T15:25:6x", "2013-09-25T24:25:57",
        "20x3-09-25T15:25:57", "2013-02-29T15:25:57", "2013-09- 5T15:25:57"}) {
    EXPECT_EQ(datetime_from_iso(text), "") << text;
  }
}

TEST(DatetimeFromTiff, is_a_moment_of_the_calendar_or_nothing) {
  EXPECT_EQ(datetime_from_tiff("2009:12:29 09:59:15"), "20091229095915");
  for (const char* text : {"", "2009:02:30 09:59:15", "1899:12:29 09:59:15", "2009:12:29", "2009:12:29 24:00:00",
                           "2009:-1:29 09:59:15", "2009/12/29 09:59:15"}) {
    EXPECT_EQ(datetime_from_tiff(text), "") << text;
  }
}

TEST(DatetimeFromDicom, keeps_as_much_as_is_a_moment) {
  EXPECT_EQ(datetime_from_dicom("20130718122300.000000"), "20130718122300");
  EXPECT_EQ(datetime_from_dicom("20130718122300.250000-0500"), "20130718122300.250000-0500");
  EXPECT_EQ(datetime_from_dicom(" 201307181223 "), "201307181223");
  EXPECT_EQ(datetime_from_dicom("20130718122300+9900"), "20130718122300");
  EXPECT_EQ(datetime_from_dicom("20130718 noon"), "20130718");
  EXPECT_EQ(datetime_from_dicom("20130718250000"), "20130718");
  EXPECT_EQ(datetime_from_dicom("20130718122300.1234567"), "20130718");
  for (const char* text :
       {"", "2013", "201307", "20130231122300", "2013-07-18T12:23:00", "unknown date\\", "18.7.2013"}) {
    EXPECT_EQ(datetime_from_dicom(text), "") << text;
  }
}

}  // namespace
}  // namespace tessera::slide
