#include "slide/base64.h"

#include <gtest/gtest.h>

namespace tessera::slide {
namespace {

TEST(Base64, decodes_with_white_space_and_with_or_without_padding) {
  EXPECT_EQ(base64_decoded("Zm9v\r\nYmE="), "fooba");
  EXPECT_EQ(base64_decoded("Zm9vYmE"), "fooba");
  EXPECT_EQ(base64_decoded("AP+/"), std::string("\0\xFF\xBF", 3));
  EXPECT_EQ(base64_decoded(""), "");
}

TEST(Base64, refuses_other_characters_and_impossible_lengths) {
  for (const char* text : {"Zm9v!", "Zm=v", "Z", "Zm9vY", "Zg===", "Zm9v="}) {
    EXPECT_FALSE(base64_decoded(text).has_value()) << text;
  }
}

TEST(Base64Text, decodes_only_what_gives_printable_text) {
  EXPECT_EQ(base64_text("QjctMTIz"), "B7-123");
  EXPECT_EQ(base64_text("B7-123"), "B7-123");
  EXPECT_EQ(base64_text("12345678"), "12345678");  // decodes to bytes that are no text
  EXPECT_EQ(base64_text(""), "");
}

}  // namespace
}  // namespace tessera::slide
