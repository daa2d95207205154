#include "convert/layout.h"

#include <gtest/gtest.h>

#include "support/made_source.h"

namespace tessera::convert {
namespace {

using test_support::MadeSource;
using test_support::small_source;

TEST(Layout, takes_the_extended_table_when_the_last_frame_lies_too_far) {
  const MadeSource source = small_source();
  const auto basic = lay_out(source, 0);
  ASSERT_TRUE(basic.ok());
  EXPECT_FALSE(basic->extended);
  const auto extended = lay_out(source, 0, 100);
  ASSERT_TRUE(extended.ok());
  ASSERT_TRUE(extended->extended);
  std::string bytes;
  ASSERT_TRUE(emit_tables(source, 0, *extended, [&](ByteView piece) {
                bytes += as_text(piece);
                return Status();
              }).ok());
  EXPECT_EQ(bytes.size(), extended->tables + 12 + 8);
  const std::uint8_t* at = as_bytes(bytes).data();
  EXPECT_EQ(bytes.substr(0, 8), std::string("\xE0\x7F\x01\x00OV\0\0", 8));
  EXPECT_EQ(load_le32(at + 8), 12 * 8u);
  const std::uint64_t first = source.bytes_of(0, 0, 0).size(), second = source.bytes_of(0, 1, 0).size();
  EXPECT_EQ(load_le64(at + 12), 0u);
  EXPECT_EQ(load_le64(at + 20), 8 + first + first % 2);
  EXPECT_EQ(load_le64(at + 12 + 96 + 12), first);  // lengths are without the pad byte
  EXPECT_EQ(load_le64(at + 12 + 96 + 12 + 8), second);
  EXPECT_EQ(bytes.substr(bytes.size() - 4), std::string(4, '\0'));  // the Basic Offset Table is empty
}

}  // namespace
}  // namespace tessera::convert
