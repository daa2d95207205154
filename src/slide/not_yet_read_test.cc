#include "slide/not_yet_read.h"

#include <gtest/gtest.h>

#include "slide/slide_source.h"
#include "support/make_slide.h"

namespace tessera::slide {
namespace {

using test_support::ScratchFolder;

TEST(UnreadFormat, is_told_by_first_bytes_then_by_name) {
  const auto named = [](const char* name, const std::string& bytes) { return unread_format(name, as_bytes(bytes)); };
  EXPECT_EQ(named("x.bin", "ZISRAWFILE\0\0"), "Zeiss CZI");
  EXPECT_EQ(named("a.MRXS", "\xFF\xD8\xFF"), "3DHISTECH MIRAX");
  EXPECT_EQ(named("a.vms", ""), "Hamamatsu VMS");
  EXPECT_EQ(named("frame_t_0.ets", std::string("SIS\0", 4)), "Olympus ETS");
  EXPECT_EQ(named("a.jpg", "\xFF\xD8\xFF"), "");
  EXPECT_EQ(named(".czi", ""), "");
  EXPECT_EQ(named("", ""), "");
}

TEST(OpenSlide, names_the_format_that_it_does_not_read) {
  const ScratchFolder folder;
  const auto source = open_slide(folder.file("a.czi", "ZISRAWFILE"));
  EXPECT_EQ(source.status().code(), Code::Unsupported);
  EXPECT_EQ(source.status().message(),
            "a.czi: Zeiss CZI is not read yet; export the slide as DICOM or as pyramidal TIFF with JPEG tiles");
  // A large NDPI is no valid TIFF: its offsets have more than 32 bits.
  EXPECT_TRUE(open_slide(folder.file("a.ndpi", std::string("II*\0\xFF\xFF\xFF\x7F", 8)))
                  .status()
                  .message()
                  .starts_with("a.ndpi: Hamamatsu NDPI is not read yet"));
  EXPECT_NE(open_slide(folder.file("a.txt", "text")).status().message().find("not a TIFF file"), std::string::npos);
}

TEST(OpenSlide, names_the_vendor_of_a_tiff_that_it_would_get_wrong) {
  const ScratchFolder folder;
  test_support::SlideKnobs knobs;
  knobs.description = "<PerkinElmer-QPI-ImageDescription/>";
  const std::string bytes = make_slide(knobs).tiff.bytes();
  for (const char* name : {"a.tif", "a.qptiff"}) {
    EXPECT_EQ(open_slide(folder.file(name, bytes)).status().message(),
              std::string(name) +
                  ", directory 0: 200 x 150, JPEG, tiles: PerkinElmer QPTIFF is not read yet; export the "
                  "slide as DICOM or as pyramidal TIFF with JPEG tiles");
  }
}

}  // namespace
}  // namespace tessera::slide
