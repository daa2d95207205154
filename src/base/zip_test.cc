#include "base/zip.h"

#include <gtest/gtest.h>

#include "base/bytes.h"

namespace tessera {
namespace {

// Reads numbers off the front of a text.
struct Reader {
  std::string_view rest;

  std::uint64_t number(std::size_t bytes) {
    std::uint8_t field[8] = {};
    std::memcpy(field, rest.data(), bytes);
    rest.remove_prefix(bytes);
    return load_le64(field);
  }
  std::string_view text(std::size_t bytes) {
    const std::string_view out = rest.substr(0, bytes);
    rest.remove_prefix(bytes);
    return out;
  }
};

struct Row {
  std::uint64_t crc, compressed, size, offset;
  std::string_view name;
  std::uint64_t needed;
};

Row read_row(Reader& in) {
  Row row{};
  EXPECT_EQ(in.number(4), 0x02014b50u);
  in.number(2);
  row.needed = in.number(2);
  EXPECT_EQ(in.number(2), 0x0808u);
  EXPECT_EQ(in.number(2), 0u) << "stored";
  in.number(4);
  row.crc = in.number(4);
  row.compressed = in.number(4);
  row.size = in.number(4);
  const std::size_t name = in.number(2);
  const std::size_t extra = in.number(2);
  in.number(6);
  EXPECT_EQ(in.number(4), 0100644u << 16);
  row.offset = in.number(4);
  row.name = in.text(name);
  Reader more{in.text(extra)};
  if (!more.rest.empty()) {
    EXPECT_EQ(more.number(2), 1u);
    const std::uint64_t length = more.number(2);
    EXPECT_EQ(length, more.rest.size());
  }
  for (std::uint64_t* field : {&row.size, &row.compressed, &row.offset}) {  // the order of the extra field
    if (*field == 0xFFFFFFFF) {
      *field = more.number(8);
    }
  }
  EXPECT_TRUE(more.rest.empty());
  return row;
}

TEST(Zip, small_files_need_no_zip64) {
  ZipFraming zip;
  std::string archive = zip.begin("a.txt", 3) + "abc";
  archive += zip.end(7);
  const std::size_t second = archive.size();
  archive += zip.begin("b/c.txt", 0);
  archive += zip.end(0);
  const std::size_t directory = archive.size();
  archive += zip.finish();

  Reader in{std::string_view(archive).substr(directory)};
  const Row first = read_row(in);
  EXPECT_EQ(first.name, "a.txt");
  EXPECT_EQ(first.needed, 20u);
  EXPECT_EQ(first.size, 3u);
  EXPECT_EQ(first.compressed, 3u);
  EXPECT_EQ(first.crc, 7u);
  EXPECT_EQ(first.offset, 0u);
  const Row other = read_row(in);
  EXPECT_EQ(other.name, "b/c.txt");
  EXPECT_EQ(other.offset, second);
  const std::size_t end = archive.size() - in.rest.size();
  EXPECT_EQ(in.number(4), 0x06054b50u) << "no Zip64 record";
  EXPECT_EQ(in.number(4), 0u);
  EXPECT_EQ(in.number(2), 2u);
  EXPECT_EQ(in.number(2), 2u);
  EXPECT_EQ(in.number(4), end - directory);
  EXPECT_EQ(in.number(4), directory);
}

TEST(Zip, a_file_of_five_gigabytes_and_the_one_behind_it_have_64_bit_sizes_and_places) {
  constexpr std::uint64_t kLarge = 5'000'000'000;
  ZipFraming zip;
  const std::string head = zip.begin("large", kLarge);
  EXPECT_EQ(head.size(), 30u + 5 + 20);
  const std::string tail = zip.end(1);
  EXPECT_EQ(tail.size(), 4u + 4 + 8 + 8) << "a descriptor of 64 bits";
  const std::uint64_t second = head.size() + kLarge + tail.size();
  std::string small = zip.begin("small", 1);
  small += zip.end(2);
  const std::uint64_t directory = second + small.size() + 1;
  const std::string end = zip.finish();

  Reader in{end};
  const Row large = read_row(in);
  EXPECT_EQ(large.size, kLarge);
  EXPECT_EQ(large.compressed, kLarge);
  EXPECT_EQ(large.offset, 0u);
  EXPECT_EQ(large.needed, 45u);
  EXPECT_EQ(read_row(in).offset, second);
  const std::uint64_t length = end.size() - in.rest.size();
  EXPECT_EQ(in.number(4), 0x06064b50u);
  EXPECT_EQ(in.number(8), 44u);
  in.text(12);
  EXPECT_EQ(in.number(8), 2u);
  EXPECT_EQ(in.number(8), 2u);
  EXPECT_EQ(in.number(8), length);
  EXPECT_EQ(in.number(8), directory);
  EXPECT_EQ(in.number(4), 0x07064b50u);
  in.number(4);
  EXPECT_EQ(in.number(8), directory + length);
  EXPECT_EQ(in.number(4), 1u);
  EXPECT_EQ(in.number(4), 0x06054b50u);
}

TEST(Zip, more_files_than_16_bits_count_have_a_zip64_record) {
  ZipFraming zip;
  for (int i = 0; i < 70'000; ++i) {
    (void)zip.begin(std::to_string(i), 0);
    (void)zip.end(0);
  }
  const std::string end = zip.finish();
  const std::size_t record = end.size() - 22 - 20 - 56;
  Reader in{std::string_view(end).substr(record)};
  EXPECT_EQ(in.number(4), 0x06064b50u);
  in.text(20);
  EXPECT_EQ(in.number(8), 70'000u);
  in.rest = std::string_view(end).substr(end.size() - 22);
  EXPECT_EQ(in.number(4), 0x06054b50u);
  in.number(4);
  EXPECT_EQ(in.number(2), 0xFFFFu);
}

}  // namespace
}  // namespace tessera
