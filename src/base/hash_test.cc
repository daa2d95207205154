#include "base/hash.h"

#include <gtest/gtest.h>

#include <string>

namespace tessera {
namespace {

TEST(Hash, agrees_with_the_published_check_values) {
  EXPECT_EQ(crc32_of(as_bytes("123456789")), 0xCBF43926U);
  EXPECT_EQ(crc32_of({}), 0U);
  EXPECT_EQ(xxh3_of({}), 0x2D06800538D394C2ULL);
}

TEST(Hash, bytes_as_they_come_give_the_checksum_of_the_whole) {
  const std::string text(100'000, 'q');
  Checksum checksum;
  for (std::size_t at = 0; at < text.size(); at += 777) {
    checksum.update(as_bytes(std::string_view(text).substr(at, 777)));
  }
  EXPECT_EQ(checksum.xxh3(), xxh3_of(as_bytes(text)));
  EXPECT_EQ(checksum.xxh3(), xxh3_of(as_bytes(text))) << "asking twice changes nothing";
}

TEST(Hash, a_crc_goes_on_from_what_there_is_so_far) {
  const std::uint32_t first = crc32_of(as_bytes("12345"));
  EXPECT_EQ(crc32_of(as_bytes("6789"), first), 0xCBF43926U);
  EXPECT_EQ(crc32_of({}, first), first);
}

TEST(Hash, a_moved_checksum_keeps_what_it_has_seen) {
  Checksum checksum;
  checksum.update(as_bytes("ab"));
  Checksum moved = std::move(checksum);
  moved.update(as_bytes("c"));
  EXPECT_EQ(moved.xxh3(), xxh3_of(as_bytes("abc")));
}

}  // namespace
}  // namespace tessera
