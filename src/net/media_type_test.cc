#include "net/media_type.h"

#include <gtest/gtest.h>

namespace tessera::net {
namespace {

std::string boundary_of(std::string_view text) {
  const auto type = parse_media_type(text);
  return type.ok() ? std::string(type->parameter("boundary")) : "malformed";
}

bool accepts(std::string_view accept, std::string_view type) {
  const auto alternatives = parse_accept(accept);
  for (std::size_t i = 0; alternatives.ok() && i < alternatives->size(); ++i) {
    if ((*alternatives)[i].covers(type)) {
      return true;
    }
  }
  return false;
}

TEST(MediaType, a_boundary_may_be_quoted_or_not_whatever_it_holds) {
  EXPECT_EQ(boundary_of("multipart/related; boundary=abc"), "abc");
  EXPECT_EQ(boundary_of("multipart/related; boundary=\"a b\\\"c\"; type=x"), "a b\"c");
  EXPECT_EQ(boundary_of("multipart/related; boundary=----=_Part_1_(23.4+5)/:?; type=\"application/dicom\""),
            "----=_Part_1_(23.4+5)/:?");
  EXPECT_EQ(boundary_of("multipart/related;BOUNDARY==x==;"), "=x==");
}

TEST(MediaType, what_is_no_media_type_is_malformed) {
  for (const char* text : {"", "text", "text/", "text/plain; a", "text/plain; a=\"b", "text/plain x", "/"}) {
    EXPECT_FALSE(parse_media_type(text).ok()) << text;
  }
}

TEST(Accept, the_most_wanted_comes_first_and_order_decides_between_equals) {
  const auto alternatives = parse_accept("a/a;q=0.1, b/b, c/c;q=0.5;x=y, d/d");
  ASSERT_TRUE(alternatives.ok());
  std::string order;
  for (const MediaType& alternative : *alternatives) {
    order += alternative.type + " ";
  }
  EXPECT_EQ(order, "b/b d/d c/c a/a ");
  EXPECT_EQ((*alternatives)[2].parameter("x"), "y");
}

TEST(Accept, what_is_refused_is_not_covered_by_a_range) {
  EXPECT_TRUE(accepts("*/*", "image/jpeg"));
  EXPECT_FALSE(accepts("image/jpeg;q=0, */*", "image/jpeg"));
  EXPECT_FALSE(accepts("image/*, image/jpeg;q=0.000", "image/jpeg"));
  EXPECT_TRUE(accepts("image/jpeg;q=0, */*", "image/png"));
  EXPECT_TRUE(accepts("image/jpeg;q=0, image/jpeg;transfer-syntax=*", "image/jpeg"));
  EXPECT_FALSE(accepts("*/*;q=0", "image/jpeg"));
}

}  // namespace
}  // namespace tessera::net
