#include "base/gzip.h"

#include <gtest/gtest.h>
#include <zlib.h>

namespace tessera {
namespace {

std::string gunzip(std::string_view packed, std::size_t size) {
  std::string out(size, '\0');
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  EXPECT_EQ(stream.avail_in, 0u);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

std::string noise(std::size_t size) {
  std::string out(size, '\0');
  std::uint32_t state = 1;
  for (char& c : out) {
    state = state * 1664525 + 1013904223;
    c = static_cast<char>(state >> 24);
  }
  return out;
}

TEST(Gzip, what_was_packed_comes_out_again) {
  for (const std::string& text :
       {std::string("[]"), std::string(3'000'000, 'x'), noise(1'000'000), noise(262'144), noise(1)}) {
    const auto packed = gzip(text);
    ASSERT_TRUE(packed.ok());
    EXPECT_EQ(gunzip(*packed, text.size() + 1), text);
  }
}

TEST(Gzip, nothing_is_a_member_too) {
  const auto packed = gzip("");
  ASSERT_TRUE(packed.ok());
  EXPECT_EQ(gunzip(*packed, 1), "");
}

TEST(Gzip, the_same_text_gives_the_same_bytes) {
  EXPECT_EQ(*gzip("[{}]"), *gzip("[{}]"));
}

}  // namespace
}  // namespace tessera
