#include "net/head_parser.h"

#include <gtest/gtest.h>

namespace tessera::net {
namespace {

// "path?query" of a request for `target`; the status when it is refused.
std::string target_of(const std::string& target) {
  const std::string bytes = "GET " + target + " HTTP/1.1\r\nHost: h\r\n\r\n";
  Head head;
  std::string why;
  const int refused = parse_head(bytes, head, why);
  if (refused != 0) {
    return std::to_string(refused);
  }
  return std::string(head.request.path) + "?" + std::string(head.request.query);
}

TEST(HeadParser, a_target_is_path_and_query_in_every_form) {
  EXPECT_EQ(target_of("/v2/studies?limit=5"), "/v2/studies?limit=5");
  EXPECT_EQ(target_of("/a?b=/c?d#e"), "/a?b=/c?d");
  EXPECT_EQ(target_of("http://h:80/a?b"), "/a?b");
  EXPECT_EQ(target_of("https://h/a"), "/a?");
  EXPECT_EQ(target_of("*"), "*?");
}

TEST(HeadParser, an_absolute_target_without_a_path_means_the_root) {
  EXPECT_EQ(target_of("http://h"), "/?");
  EXPECT_EQ(target_of("http://h?a=/b"), "/?a=/b");
  EXPECT_EQ(target_of("http://h#/a"), "/?");
}

TEST(HeadParser, a_target_that_is_no_path_is_400) {
  EXPECT_EQ(target_of("studies"), "400");
  EXPECT_EQ(target_of("?a=b"), "400");
}

}  // namespace
}  // namespace tessera::net
