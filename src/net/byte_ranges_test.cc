#include "net/byte_ranges.h"

#include <gtest/gtest.h>

#include <string>

namespace tessera::net {
namespace {

using Kind = RangeRequest::Kind;

std::string ranges(std::string_view field, std::uint64_t size = 1000) {
  const RangeRequest request = parse_range(field, size);
  if (request.kind != Kind::Partial) {
    return request.kind == Kind::Whole ? "whole" : "unsatisfiable";
  }
  std::string text;
  for (const ByteRange& range : request.ranges) {
    text += (text.empty() ? "" : " ") + std::to_string(range.offset) + "+" + std::to_string(range.length);
  }
  return text;
}

TEST(ByteRanges, each_form_names_its_bytes) {
  EXPECT_EQ(ranges("bytes=0-99"), "0+100");
  EXPECT_EQ(ranges("bytes=999-999"), "999+1");
  EXPECT_EQ(ranges("bytes=100-"), "100+900");
  EXPECT_EQ(ranges("bytes=-5"), "995+5");
  EXPECT_EQ(ranges("BYTES= 0-0 "), "0+1");
}

TEST(ByteRanges, what_reaches_beyond_the_end_is_cut_there) {
  EXPECT_EQ(ranges("bytes=990-5000"), "990+10");
  EXPECT_EQ(ranges("bytes=990-99999999999999999999999"), "990+10");
  EXPECT_EQ(ranges("bytes=-5000"), "0+1000");
}

TEST(ByteRanges, lists_keep_their_order_and_lose_what_lies_beyond) {
  EXPECT_EQ(ranges("bytes=500-509, 0-9"), "500+10 0+10");
  EXPECT_EQ(ranges("bytes=,0-1,, -2,"), "0+2 998+2");
  EXPECT_EQ(ranges("bytes=0-1,2000-2001"), "0+2");
}

TEST(ByteRanges, nothing_within_the_size_is_unsatisfiable) {
  EXPECT_EQ(ranges("bytes=1000-"), "unsatisfiable");
  EXPECT_EQ(ranges("bytes=1000-1001,5000-"), "unsatisfiable");
  EXPECT_EQ(ranges("bytes=-0"), "unsatisfiable");
  EXPECT_EQ(ranges("bytes=99999999999999999999999-"), "unsatisfiable");
}

TEST(ByteRanges, what_the_grammar_does_not_know_is_ignored) {
  for (const char* field :
       {"", "bytes", "bytes=", "bytes= , ", "bytes=-", "bytes=a-b", "bytes=5-4", "bytes=1-2-3", "bytes=1", "bytes=+1-2",
        "bytes=0-1,x", "items=0-1", "bytes 0-1", "bytes=0x1-2", "bytes=--1", "bytes=1 - 2"}) {
    EXPECT_EQ(ranges(field), "whole") << field;
  }
}

TEST(ByteRanges, too_many_or_overlapping_ones_get_the_whole) {
  std::string many = "bytes=0-0";
  for (std::size_t i = 1; i < kMaxByteRanges; ++i) {
    many += "," + std::to_string(i) + "-" + std::to_string(i);
  }
  EXPECT_NE(ranges(many), "whole");
  EXPECT_EQ(ranges(many + ",900-901"), "whole");
  EXPECT_EQ(ranges("bytes=0-,0-0"), "whole");
  EXPECT_EQ(ranges("bytes=0-,0-,0-,0-"), "whole");
}

TEST(ByteRanges, of_nothing_there_are_none) {
  EXPECT_EQ(ranges("bytes=0-0", 0), "whole");
  EXPECT_EQ(ranges("bytes=-1", 0), "whole");
}

TEST(ByteRanges, the_largest_sizes_do_not_overflow) {
  EXPECT_EQ(ranges("bytes=0-18446744073709551615", UINT64_MAX), "0+18446744073709551615");
  EXPECT_EQ(ranges("bytes=18446744073709551614-", UINT64_MAX), "18446744073709551614+1");
}

}  // namespace
}  // namespace tessera::net
