#include "slide/slide_source.h"

#include <gtest/gtest.h>

#include "slide/tiff_file.h"
#include "support/make_slide.h"

namespace tessera::slide {
namespace {

using test_support::MadeSlide;
using test_support::make_slide;
using test_support::ScratchFolder;
using test_support::SlideKnobs;

constexpr char kAperio[] =
    "Aperio Image Library v11.2.1\r\n200x150 (64x64) JPEG/RGB Q=30|AppMag = 20|ScanScope ID = SS1|Date = "
    "12/29/09|Time "
    "= 09:59:15|Time Zone = GMT-05:00|MPP = 0,4990|Barcode = B7";

Result<std::unique_ptr<SlideSource>> open(const ScratchFolder& folder, const MadeSlide& slide,
                                          const std::string& name = "a.svs") {
  return open_slide(folder.file(name, slide.tiff.bytes()));
}

std::string refusal(const SlideKnobs& knobs, Code code = Code::Unsupported) {
  const ScratchFolder folder;
  const auto source = open(folder, make_slide(knobs));
  if (source.ok()) {
    return "opened";
  }
  EXPECT_EQ(source.status().code(), code);
  return std::string(source.status().message());
}

std::string property(const SlideFacts& facts, std::string_view key) {
  for (const auto& [name, value] : facts.properties) {
    if (name == key) {
      return value;
    }
  }
  return {};
}

TEST(OpenSlide, a_pyramid_has_its_levels_largest_first_in_any_container) {
  const ScratchFolder folder;
  for (const bool big : {false, true}) {
    for (const bool subs : {false, true}) {
      SlideKnobs knobs;
      knobs.big = big;
      knobs.big_endian = subs;
      knobs.sub_directories = subs;
      const auto source = open(folder, make_slide(knobs));
      ASSERT_TRUE(source.ok()) << source.status().message();
      ASSERT_EQ((*source)->images().size(), 3u);
      EXPECT_EQ((*source)->images()[0].width, 200u);
      EXPECT_EQ((*source)->images()[2].height, 37u);
      EXPECT_EQ((*source)->images()[0].coding.photometric, "YBR_FULL_422");
      EXPECT_DOUBLE_EQ(*(*source)->facts().mm_per_pixel_x, 0.0005);
    }
  }
}

TEST(Tile, is_a_prefix_and_the_file_s_own_bytes_of_the_promised_length) {
  const ScratchFolder folder;
  const MadeSlide made = make_slide({});
  const auto source = open(folder, made);
  ASSERT_TRUE(source.ok()) << source.status().message();
  for (std::size_t level = 0; level < 3; ++level) {
    const Image& shape = (*source)->images()[level];
    for (std::uint32_t row = 0; row < shape.rows(); ++row) {
      for (std::uint32_t column = 0; column < shape.columns(); ++column) {
        const auto tile = (*source)->tile(level, column, row);
        ASSERT_TRUE(tile.ok()) << tile.status().message();
        EXPECT_EQ(tile->size(), *(*source)->tile_bytes(level, column, row));
        const std::string bytes = *flatten(*tile);
        const std::string& original = made.tiles[level][row * shape.columns() + column];
        EXPECT_TRUE(bytes.ends_with(original.substr(2)));
        EXPECT_GE(std::get<SourceRange>(tile->pieces().back()).source->plain_descriptor(), 0);
      }
    }
  }
  EXPECT_EQ((*source)->tile(0, 4, 0).status().code(), Code::InvalidArgument);
  EXPECT_EQ((*source)->tile(3, 0, 0).status().code(), Code::InvalidArgument);
}

TEST(Tile, of_whole_jpegs_is_the_range_alone) {
  const ScratchFolder folder;
  SlideKnobs knobs;
  knobs.abbreviated = false;
  const MadeSlide made = make_slide(knobs);
  const auto source = open(folder, made);
  ASSERT_TRUE(source.ok()) << source.status().message();
  const auto tile = (*source)->tile(0, 1, 1);
  ASSERT_TRUE(tile.ok());
  EXPECT_EQ(tile->pieces().size(), 1u);
  EXPECT_EQ(*flatten(*tile), made.tiles[0][5]);
}

TEST(Tile, of_rgb_says_so_in_app14) {
  const ScratchFolder folder;
  SlideKnobs knobs;
  knobs.photometric = 2;
  knobs.subsampling = TJSAMP_444;
  const auto source = open(folder, make_slide(knobs));
  ASSERT_TRUE(source.ok()) << source.status().message();
  EXPECT_EQ((*source)->images()[0].coding.photometric, "RGB");
  EXPECT_NE(flatten(*(*source)->tile(0, 0, 0))->find("Adobe"), std::string::npos);
}

TEST(Tile, that_states_ycbcr_is_believed_more_than_the_tag) {
  const ScratchFolder folder;
  SlideKnobs knobs;
  knobs.photometric = 2;
  knobs.abbreviated = false;  // TurboJPEG's JFIF marker stays in the tile
  const auto source = open(folder, make_slide(knobs));
  ASSERT_TRUE(source.ok()) << source.status().message();
  EXPECT_EQ((*source)->images()[0].coding.photometric, "YBR_FULL_422");
}

TEST(Tile, of_gray_is_monochrome2) {
  const ScratchFolder folder;
  SlideKnobs knobs;
  knobs.gray = true;
  const auto source = open(folder, make_slide(knobs));
  ASSERT_TRUE(source.ok()) << source.status().message();
  EXPECT_EQ((*source)->images()[0].coding.photometric, "MONOCHROME2");
}

TEST(Tile, left_out_by_the_scanner_becomes_white_and_is_reported) {
  const ScratchFolder folder;
  SlideKnobs knobs;
  knobs.missing_tile = 2;
  const auto source = open(folder, make_slide(knobs));
  ASSERT_TRUE(source.ok()) << source.status().message();
  EXPECT_EQ(property((*source)->facts(), "missing tiles"), "directory 0: 1 tiles left out by the scanner, white here");
  const auto tile = (*source)->tile(0, 2, 0);
  ASSERT_TRUE(tile.ok());
  EXPECT_EQ(tile->size(), *(*source)->tile_bytes(0, 2, 0));
}

TEST(Tile, of_another_size_than_the_directory_says_is_named) {
  const ScratchFolder folder;
  MadeSlide made = make_slide({});
  // Tile 1's SOF height, in place: the tile's own offset comes from the directory's array.
  const std::size_t sof =
      made.tiff.bytes().find("\xFF\xC0", made.tiff.bytes().find("\xFF\xD8", 8 + made.tiles[0][0].size()));
  made.tiff.put(sof + 5, 0x3000, 2);
  const auto source = open(folder, made);
  ASSERT_TRUE(source.ok()) << source.status().message();
  const auto tile = (*source)->tile(0, 1, 0);
  ASSERT_FALSE(tile.ok());
  EXPECT_EQ(tile.status().code(), Code::Corrupt);
  EXPECT_EQ(tile.status().message(),
            "a.svs, directory 0, tag 324 TileOffsets: tile 1 (column 1, row 0): its JPEG is 64 x 48, the "
            "directory says "
            "64 x 64");
}

// Where the values of a tag of directory 0 lie in a made slide, which is little-endian.
std::uint64_t values_of(const std::string& name, const ScratchFolder& folder, const MadeSlide& made,
                        std::uint16_t tag) {
  const auto file = TiffFile::open(folder.file(name, made.tiff.bytes()));
  EXPECT_TRUE(file.ok());
  return file->directories().front().find(tag)->offset;
}

TEST(Tile, that_is_cut_short_by_its_byte_count_is_named) {
  const ScratchFolder folder;
  MadeSlide made = make_slide({});
  const std::uint64_t counts = values_of("probe.svs", folder, made, tiff::kTileByteCounts);
  made.tiff.put(counts + 4, made.tiles[0][1].size() - 9, 4);
  const auto source = open(folder, made);
  ASSERT_TRUE(source.ok()) << source.status().message();
  EXPECT_TRUE((*source)->tile(0, 0, 0).ok());
  const auto tile = (*source)->tile(0, 1, 0);
  ASSERT_FALSE(tile.ok());
  EXPECT_EQ(tile.status().code(), Code::Corrupt);
  EXPECT_NE(tile.status().message().find("tile 1 (column 1, row 0): its "), std::string::npos);
  EXPECT_NE(tile.status().message().find("end before its JPEG does"), std::string::npos);
}

TEST(OpenSlide, an_offset_beyond_the_end_names_directory_tag_and_tile) {
  const ScratchFolder folder;
  MadeSlide made = make_slide({});
  const auto array = made.tiff.entry(made.directories[1], 324) + 8;
  const std::uint32_t where = load_le32(as_bytes(made.tiff.bytes()).data() + array);
  made.tiff.put(where + 4, 0x7FFFFFFF, 4);
  const auto source = open(folder, made);
  ASSERT_FALSE(source.ok());
  EXPECT_EQ(source.status().code(), Code::Corrupt);
  EXPECT_TRUE(source.status().message().starts_with("a.svs, directory 1, tag 324 TileOffsets: tile 1 ("))
      << source.status().message();
}

TEST(OpenSlide, counts_that_do_not_match_the_tiles_are_named) {
  const ScratchFolder folder;
  for (const std::uint16_t tag : {324, 325}) {
    MadeSlide made = make_slide({});
    made.tiff.put(made.tiff.entry(made.directories[0], tag) + 4, 11, 4);
    const auto source = open(folder, made);
    ASSERT_FALSE(source.ok());
    EXPECT_EQ(source.status().message(), "a.svs, directory 0, tag " + std::to_string(tag) +
                                             (tag == 324 ? " TileOffsets" : " TileByteCounts") +
                                             ": has 11 values for 12 tiles (4 x 3)");
  }
}

TEST(OpenSlide, says_what_it_cannot_copy_and_where) {
  SlideKnobs lzw;
  lzw.compression = 5;
  EXPECT_EQ(refusal(lzw), "a.svs, directory 0, tag 259 Compression: LZW tiles cannot be copied; only JPEG tiles can");
  SlideKnobs planes;
  planes.planar = 2;
  EXPECT_EQ(refusal(planes),
            "a.svs, directory 0, tag 284 PlanarConfiguration: colours in separate planes cannot be copied");
  SlideKnobs deep;
  deep.bits = 16;
  EXPECT_EQ(refusal(deep), "a.svs, directory 0, tag 258 BitsPerSample: 16 bits; only 8 can be copied");
  SlideKnobs turned;
  turned.orientation = 6;
  EXPECT_NE(refusal(turned).find("tag 274 Orientation: 6"), std::string::npos);
  SlideKnobs old;
  old.compression = 6;
  EXPECT_NE(refusal(old).find("old-style JPEG"), std::string::npos);
  SlideKnobs j2k;
  j2k.compression = 33005;
  j2k.description = kAperio;
  EXPECT_NE(refusal(j2k).find("directory 0, tag 259 Compression: JPEG 2000, RGB (Aperio 33005)"), std::string::npos);
}

TEST(OpenSlide, refuses_two_levels_of_one_size) {
  const ScratchFolder folder;
  MadeSlide made = make_slide({});
  // Directory 1 takes the size and arrays of directory 0.
  for (const std::uint16_t tag : {256, 257, 324, 325}) {
    const auto from = made.tiff.entry(made.directories[0], tag);
    const auto to = made.tiff.entry(made.directories[1], tag);
    for (unsigned i = 4; i < 12; i += 4) {
      made.tiff.put(to + i, load_le32(as_bytes(made.tiff.bytes()).data() + from + i), 4);
    }
  }
  const auto source = open(folder, made);
  ASSERT_FALSE(source.ok());
  EXPECT_EQ(source.status().message(),
            "a.svs, directory 1: has the size of directory 0 (200 x 150); focal planes and channels cannot "
            "be converted yet");
}

TEST(OpenSlide, does_not_believe_the_spacing_of_a_screen) {
  const ScratchFolder folder;
  SlideKnobs knobs;
  knobs.pixels_per_cm = 28;
  const auto source = open(folder, make_slide(knobs));
  ASSERT_TRUE(source.ok());
  EXPECT_FALSE((*source)->facts().mm_per_pixel_x.has_value());
  EXPECT_NE(property((*source)->facts(), "spacing not believed"), "");
}

TEST(Aperio, states_scanner_time_spacing_power_and_barcode) {
  const ScratchFolder folder;
  SlideKnobs knobs;
  knobs.description = kAperio;
  knobs.photometric = 2;
  knobs.subsampling = TJSAMP_444;
  const auto source = open(folder, make_slide(knobs));
  ASSERT_TRUE(source.ok()) << source.status().message();
  const SlideFacts& facts = (*source)->facts();
  EXPECT_EQ(facts.format, "Aperio SVS");
  EXPECT_EQ(facts.acquired, "20091229095915-0500");
  EXPECT_DOUBLE_EQ(*facts.mm_per_pixel_y, 0.000499);
  EXPECT_EQ(facts.objective_power, 20);
  EXPECT_EQ(facts.serial, "SS1");
  EXPECT_EQ(facts.barcode, "B7");
  EXPECT_EQ(facts.software, "Aperio Image Library v11.2.1");
}

TEST(Aperio, does_not_believe_what_no_scanner_does) {
  const ScratchFolder folder;
  for (const char* said : {"|MPP = 99999", "|MPP = 0.000001", "|MPP = nan", "|MPP = -1"}) {
    SlideKnobs knobs;
    knobs.pixels_per_cm = 0;
    knobs.description =
        "Aperio Image Library v11.2.1\r\n200x150" + std::string(said) + "|Date = 02/30/09|Time = 09:59:15";
    const auto source = open(folder, make_slide(knobs));
    ASSERT_TRUE(source.ok()) << source.status().message();
    EXPECT_FALSE((*source)->facts().mm_per_pixel_x.has_value()) << said;
    EXPECT_EQ((*source)->facts().acquired, "") << said;
  }
}

TEST(OpenSlide, survives_every_flipped_byte_of_its_tags) {
  const ScratchFolder folder;
  SlideKnobs knobs;
  knobs.width = knobs.height = 32;
  knobs.tile = 16;
  knobs.levels = 2;
  const MadeSlide made = make_slide(knobs);
  for (std::size_t at = made.directories[0]; at < made.tiff.bytes().size(); ++at) {
    for (const int flip : {0x01, 0x80, 0xFF}) {
      std::string damaged = made.tiff.bytes();
      damaged[at] = static_cast<char>(damaged[at] ^ flip);
      const auto source = open_slide(folder.file("flip.tif", damaged));
      if (!source.ok()) {
        EXPECT_TRUE(source.status().message().starts_with("flip.tif")) << source.status().message();
        continue;
      }
      const auto tile = (*source)->tile(0, 0, 0);
      EXPECT_TRUE(!tile.ok() || tile->size() == *(*source)->tile_bytes(0, 0, 0));
    }
  }
}

TEST(OpenSlide, every_shared_sample_opens_or_says_why_not) {
  const std::filesystem::path data = std::filesystem::path(TESSERA_SOURCE_DIR) / "../shared/data/wsi-source";
  if (!std::filesystem::exists(data)) {
    GTEST_SKIP() << "no ../shared/data";
  }
  int opened = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(data)) {
    if (!entry.is_regular_file()) {
      continue;
    }
    const auto source = open_slide(entry.path());
    if (!source.ok()) {
      EXPECT_NE(source.status().message().find(entry.path().filename().string()), std::string::npos);
      EXPECT_TRUE(source.status().code() == Code::Unsupported || source.status().code() == Code::Corrupt)
          << source.status().message();
      continue;
    }
    ++opened;
    for (std::size_t level = 0; level < (*source)->images().size(); ++level) {
      const Status& damage = (*source)->images()[level].damage;
      EXPECT_TRUE(damage.ok()) << entry.path() << damage.message();
      EXPECT_TRUE((*source)->tile(level, 0, 0).ok()) << entry.path();
    }
  }
  EXPECT_GE(opened, 9);
}

TEST(LooksLikeSlide, takes_tiff_and_leaves_dicom) {
  EXPECT_TRUE(looks_like_slide(as_bytes(std::string_view("II*\0", 4))));
  EXPECT_TRUE(looks_like_slide(as_bytes(std::string_view("MM\0+", 4))));
  EXPECT_FALSE(looks_like_slide(as_bytes(std::string(132, '\0') + "DICM")));
  EXPECT_FALSE(looks_like_slide({}));
}

}  // namespace
}  // namespace tessera::slide
