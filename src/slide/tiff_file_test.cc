#include "slide/tiff_file.h"

#include <gtest/gtest.h>

#include "slide/fingerprint.h"
#include "support/make_slide.h"

namespace tessera::slide {
namespace {

using test_support::make_slide;
using test_support::ScratchFolder;
using test_support::TiffMaker;

std::string failure(const std::filesystem::path& path) {
  const auto file = TiffFile::open(path);
  return file.ok() ? "opened" : std::string(file.status().message());
}

TEST(TiffFile, reads_both_byte_orders_and_bigtiff) {
  const ScratchFolder folder;
  for (const bool big : {false, true}) {
    for (const bool big_endian : {false, true}) {
      TiffMaker maker(big, big_endian);
      maker.directory({{256, 3, {513}, {}},
                       {270, 2, {}, std::string("a text\0", 7)},
                       {282, 5, {1, 4}, {}},
                       {324, 4, {7, 70000, 9}, {}}});
      const auto file = TiffFile::open(folder.file("a.tif", maker.bytes()));
      ASSERT_TRUE(file.ok()) << file.status().message();
      const TiffDirectory& directory = file->directories().at(0);
      EXPECT_EQ(*file->number(directory, 256), 513u);
      EXPECT_EQ(*file->text(directory, 270), "a text");
      EXPECT_EQ(file->real(directory, 282), 0.25);
      std::vector<std::uint64_t> numbers;
      ASSERT_TRUE(file->each_number(directory, 324,
                                    [&](std::uint64_t n) {
                                      numbers.push_back(n);
                                      return Status();
                                    })
                      .ok());
      EXPECT_EQ(numbers, (std::vector<std::uint64_t>{7, 70000, 9}));
      EXPECT_EQ(*file->number(directory, 257, 5), 5u);
    }
  }
}

TEST(TiffFile, refuses_what_is_no_tiff_by_name) {
  const ScratchFolder folder;
  EXPECT_EQ(failure(folder.file("x.svs", "JUNKJUNKJUNK")),
            "x.svs: not a TIFF file (its first bytes are neither TIFF's nor BigTIFF's)");
  EXPECT_NE(failure(folder.file("empty.svs", "")).find("not a TIFF file"), std::string::npos);
  EXPECT_NE(failure(folder.path()).find("no regular file"), std::string::npos);
  EXPECT_NE(failure(folder.path() / "absent").find("absent"), std::string::npos);
}

TEST(TiffFile, a_chain_that_loops_is_named) {
  const ScratchFolder folder;
  TiffMaker maker;
  const auto first = maker.directory({{256, 3, {1}, {}}});
  maker.directory({{256, 3, {1}, {}}});
  maker.put(maker.last_link(), first, 4);
  EXPECT_EQ(failure(folder.file("a.svs", maker.bytes())),
            "a.svs, directory 2: its offset 8 is that of an earlier directory: the chain loops");
}

TEST(TiffFile, a_sub_directory_that_loops_is_named) {
  const ScratchFolder folder;
  TiffMaker maker;
  maker.directory({{256, 3, {1}, {}}, {330, 4, {8}, {}}});
  EXPECT_EQ(failure(folder.file("a.tif", maker.bytes())),
            "a.tif, directory 0, SubIFD 0: its offset 8 is that of an earlier directory: the chain loops");
}

TEST(TiffFile, a_directory_beyond_the_end_is_named) {
  const ScratchFolder folder;
  TiffMaker maker;
  maker.directory({{256, 3, {1}, {}}});
  maker.put(maker.last_link(), 5000, 4);
  EXPECT_EQ(failure(folder.file("a.svs", maker.bytes())),
            "a.svs, directory 1: its offset 5000 lies beyond the end of the file (26 bytes)");
}

TEST(TiffFile, a_huge_entry_count_is_refused_before_memory_is_taken) {
  const ScratchFolder folder;
  TiffMaker maker(true);
  const auto at = maker.directory({{256, 3, {1}, {}}});
  maker.put(at, std::uint64_t{1} << 60, 8);
  EXPECT_NE(failure(folder.file("a.tif", maker.bytes())).find("directory 0: claims 1152921504606846976 entries"),
            std::string::npos);
}

TEST(TiffFile, a_value_beyond_the_end_names_directory_and_tag) {
  const ScratchFolder folder;
  TiffMaker maker;
  maker.directory({{256, 3, {1}, {}}});
  maker.directory({{324, 4, {1, 2, 3}, {}, 1u << 30}});
  const auto file = TiffFile::open(folder.file("a.svs", maker.bytes()));
  ASSERT_TRUE(file.ok());
  const Status status = file->each_number(file->directories().at(1), 324, [](std::uint64_t) { return Status(); });
  EXPECT_EQ(status.code(), Code::Corrupt);
  EXPECT_EQ(status.message(),
            "a.svs, directory 1, tag 324 TileOffsets: 1073741824 values of 4 bytes at byte 26 run beyond the "
            "end of the "
            "file (56 bytes)");
}

TEST(TiffFile, survives_every_truncation_and_every_flipped_byte_of_its_tags) {
  const ScratchFolder folder;
  test_support::SlideKnobs knobs;
  knobs.width = knobs.height = knobs.tile = 16;
  knobs.levels = 1;
  const auto slide = make_slide(knobs);
  const std::string& whole = slide.tiff.bytes();
  for (std::size_t length = 0; length < whole.size(); length += 7) {
    const std::string why = failure(folder.file("cut.tif", whole.substr(0, length)));
    EXPECT_TRUE(why.starts_with("cut.tif")) << why;  // the directory is the file's last thing: no cut file is sound
  }
  for (std::size_t at = slide.directories[0]; at < whole.size(); ++at) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0xFF);
    const std::string why = failure(folder.file("flip.tif", damaged));
    EXPECT_TRUE(why == "opened" || why.starts_with("flip.tif, directory")) << why;
  }
}

TEST(Fingerprint, hangs_on_content_and_not_on_the_name) {
  const ScratchFolder folder;
  const std::string bytes = make_slide({}).tiff.bytes();
  const auto first = fingerprint(folder.file("a.tif", bytes));
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(first->size(), 32u);
  EXPECT_EQ(*first, *fingerprint(folder.file("b.tif", bytes)));
  std::string other = bytes;
  other[200] = static_cast<char>(other[200] ^ 1);  // within the first tile
  EXPECT_NE(*first, *fingerprint(folder.file("c.tif", other)));
  EXPECT_NE(*first, *fingerprint(folder.file("d.tif", bytes + "x")));
}

}  // namespace
}  // namespace tessera::slide
