#include "convert/converter.h"

#include <gtest/gtest.h>

#include "convert/identity.h"
#include "convert/tile_copier.h"
#include "support/made_source.h"

namespace tessera::convert {
namespace {

using test_support::MadeSource;
using test_support::MemorySink;
using test_support::small_source;

std::string le32(std::uint32_t value) {
  ByteBuffer out;
  append_le(out, value);
  return std::string(as_text(out));
}

// PixelData's items after its tag, the offset item first.
std::vector<std::string> items_of(const std::string& file) {
  std::size_t at = file.find(std::string("\xE0\x7F\x10\x00OB\0\0\xFF\xFF\xFF\xFF", 12)) + 12;
  std::vector<std::string> items;
  while (file.compare(at, 4, std::string("\xFE\xFF\x00\xE0", 4)) == 0) {
    const std::uint32_t length = load_le32(as_bytes(file).data() + at + 4);
    items.push_back(file.substr(at + 8, length));
    at += 8 + length;
  }
  EXPECT_EQ(file.substr(at), std::string("\xFE\xFF\xDD\xE0\0\0\0\0", 8));
  return items;
}

TEST(Convert, writes_every_level_to_the_byte_it_planned) {
  const MadeSource source = small_source();
  MemorySink sink;
  std::uint64_t heard = 0, of = 0;
  const auto summary = convert_slide(source, "hash", {}, sink, [&](std::uint64_t done, std::uint64_t total) {
    heard = done;
    of = total;
  });
  ASSERT_TRUE(summary.ok()) << summary.status().message();
  EXPECT_EQ(summary->written, 2u);
  EXPECT_TRUE(sink.finished);
  EXPECT_EQ(heard, of);
  EXPECT_EQ(heard, summary->bytes);
  for (std::size_t level = 0; level < 2; ++level) {
    EXPECT_EQ(sink.files[level].size(), sink.planned[level].bytes);
    const auto items = items_of(sink.files[level]);
    const slide::Image& shape = source.images()[level];
    ASSERT_EQ(items.size(), 1 + shape.columns() * shape.rows());
    std::string table;
    std::uint32_t offset = 0;
    for (std::size_t i = 1; i < items.size(); ++i) {
      const auto index = static_cast<std::uint32_t>(i - 1);
      const std::string tile = source.bytes_of(level, index % shape.columns(), index / shape.columns());
      EXPECT_EQ(items[i], tile + std::string(tile.size() % 2, '\0'));
      table += le32(offset);
      offset += 8 + static_cast<std::uint32_t>(items[i].size());
    }
    EXPECT_EQ(items[0], table);
  }
}

TEST(Convert, hands_over_pieces_of_a_mebibyte_at_most) {
  MadeSource source({{3200, 3200, 32, 32, {}}});
  source.extra_ = 1000;
  MemorySink sink;
  ASSERT_TRUE(convert_slide(source, "hash", {}, sink).ok());
  EXPECT_GT(sink.files[0].size(), 9u << 20);
  EXPECT_LE(sink.largest, PieceWriter::kPiece);
}

TEST(Convert, repeats_to_the_byte_and_gives_other_options_other_instances) {
  const MadeSource source = small_source();
  MemorySink first, again, other;
  Options labelled;
  labelled.labels.patient_id = "P1";
  ASSERT_TRUE(convert_slide(source, "hash", {}, first).ok());
  ASSERT_TRUE(convert_slide(source, "hash", {}, again).ok());
  ASSERT_TRUE(convert_slide(source, "hash", labelled, other).ok());
  EXPECT_EQ(first.files, again.files);
  EXPECT_NE(first.planned[0].sop, other.planned[0].sop);
  const Identity a = identify(source.facts(), "hash", {}), b = identify(source.facts(), "hash", labelled);
  EXPECT_EQ(a.frame_of_reference, b.frame_of_reference);
  EXPECT_EQ(a.specimen, b.specimen);
  EXPECT_NE(a.frame_of_reference, identify(source.facts(), "hush", {}).frame_of_reference);
}

TEST(Convert, without_spacing_asks_for_mpp) {
  MadeSource source = small_source();
  source.change_facts().mm_per_pixel_x.reset();
  MemorySink sink;
  const auto refused = convert_slide(source, "hash", {}, sink);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.status().code(), Code::InvalidArgument);
  EXPECT_EQ(refused.status().message(),
            "made.tif: states no pixel spacing; give it with --mpp (micrometres per pixel)");
  Options options;
  options.mm_per_pixel = 0.0005;
  EXPECT_TRUE(convert_slide(source, "hash", options, sink).ok());
  options.mm_per_pixel = 0.25;  // micrometres by mistake
  EXPECT_FALSE(convert_slide(source, "hash", options, sink).ok());
}

TEST(Convert, a_spacing_given_along_changes_no_slide_that_states_its_own) {
  const MadeSource source = small_source();
  MemorySink plain, given;
  Options options;
  options.mm_per_pixel = 0.001;
  ASSERT_TRUE(convert_slide(source, "hash", {}, plain).ok());
  ASSERT_TRUE(convert_slide(source, "hash", options, given).ok());
  EXPECT_EQ(plain.files, given.files);
}

// A level and a label of 3 x 3 native pixels, which MadeSource's tiles stand in for.
MadeSource source_with_label() {
  slide::Image label{3, 3, 3, 3, {}};
  label.flavor = slide::ImageFlavor::Label;
  MadeSource source({{100, 70, 32, 32, {}}, label});
  source.change_images()[1].coding = {std::string(slide::kNativeSyntax), "RGB", 3, 8, "", 0};
  return source;
}

TEST(Convert, writes_native_pixels_plain_and_pads_an_odd_length) {
  MadeSource source = source_with_label();
  source.extra_ = 1;
  MemorySink sink;
  const auto summary = convert_slide(source, "hash", {}, sink);
  ASSERT_TRUE(summary.ok()) << summary.status().message();
  EXPECT_EQ(summary->contents(), "1 level, label");
  EXPECT_EQ(sink.planned[1].transfer_syntax, slide::kNativeSyntax);
  EXPECT_EQ(sink.planned[1].name, "label");
  EXPECT_EQ(sink.files[1].size(), sink.planned[1].bytes);
  const std::string pixels = source.bytes_of(1, 0, 0);
  ASSERT_EQ(pixels.size() % 2, 1u);
  const std::string element = std::string("\xE0\x7F\x10\0OB\0\0", 8) +
                              le32(static_cast<std::uint32_t>(pixels.size() + 1)) + pixels + std::string(1, '\0');
  EXPECT_TRUE(sink.files[1].ends_with(element));
}

TEST(Convert, leaves_out_what_is_not_wanted_and_changes_nothing_else) {
  const MadeSource source = source_with_label();
  MemorySink whole, bare;
  Options options;
  options.leave_out.label = true;
  ASSERT_TRUE(convert_slide(source, "hash", {}, whole).ok());
  const auto summary = convert_slide(source, "hash", options, bare);
  ASSERT_TRUE(summary.ok());
  EXPECT_EQ(summary->contents(), "1 level; left out: label, as asked");
  ASSERT_EQ(bare.files.size(), 1u);
  EXPECT_EQ(bare.files[0], whole.files[0]);
}

TEST(Convert, refuses_a_damaged_label_before_anything_is_written_unless_it_is_left_out) {
  MadeSource source = source_with_label();
  source.change_images()[1].damage = Status(Code::Corrupt, "made.tif, directory 2: torn");
  MemorySink sink;
  const auto refused = convert_slide(source, "hash", {}, sink);
  EXPECT_EQ(refused.status().code(), Code::Corrupt);
  EXPECT_EQ(refused.status().message(),
            "made.tif, directory 2: torn; --no-label converts the slide without this image");
  EXPECT_TRUE(sink.planned.empty());
  Options options;
  options.leave_out.label = true;
  EXPECT_TRUE(convert_slide(source, "hash", options, sink).ok());
}

TEST(Convert, does_not_read_what_the_sink_declines) {
  MadeSource source = small_source();
  source.lying_ = true;  // reading a tile would fail
  MemorySink sink;
  sink.declined = 0;
  const auto failed = convert_slide(source, "hash", {}, sink);
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.status().code(), Code::Internal);
  EXPECT_TRUE(failed.status().message().starts_with("level 1, column 0, row 0")) << failed.status().message();
  EXPECT_FALSE(sink.finished);
}

TEST(Convert, passes_a_full_disk_on_and_stops) {
  const MadeSource source = small_source();
  MemorySink sink;
  sink.fail_after = 1;
  const auto failed = convert_slide(source, "hash", {}, sink);
  EXPECT_EQ(failed.status().code(), Code::NoSpace);
  EXPECT_EQ(sink.files.size(), 1u);
  EXPECT_FALSE(sink.finished);
}

}  // namespace
}  // namespace tessera::convert
