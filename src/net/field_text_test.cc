#include "net/field_text.h"

#include <gtest/gtest.h>

namespace tessera::net {

TEST(FieldText, words_are_the_same_in_any_case_and_only_whole) {
  EXPECT_TRUE(same_word("Chunked", "cHUNKED"));
  EXPECT_TRUE(same_word("", ""));
  EXPECT_FALSE(same_word("chunked", "chunke"));
  EXPECT_FALSE(same_word("a-b", "a_b"));
}

TEST(FieldText, spaces_and_tabs_go_at_both_ends_and_nothing_else_does) {
  EXPECT_EQ(without_blanks(" \t a b\t "), "a b");
  EXPECT_EQ(without_blanks(" \t "), "");
  EXPECT_EQ(without_blanks(""), "");
  EXPECT_EQ(without_blanks("\ra\n"), "\ra\n");
}

}  // namespace tessera::net
