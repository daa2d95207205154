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
  EXPECT_EQ(target_of("http://h/a?b"), "/a?b");
  EXPECT_EQ(target_of("https://h/a"), "/a?");
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

int status_of(std::string_view bytes) {
  const std::size_t end = find_head_end(bytes, 0);
  EXPECT_NE(end, 0u) << bytes;
  Head head;
  std::string why;
  const int refused = parse_head(bytes.substr(0, end), head, why);
  EXPECT_EQ(refused == 0, why.empty());
  return refused;
}

int with_fields(const std::string& fields, const std::string& first = "POST /a HTTP/1.1") {
  return status_of(first + "\r\nHost: h\r\n" + fields + "\r\n");
}

TEST(HeadParser, a_body_has_one_length_or_one_coding) {
  EXPECT_EQ(with_fields("Content-Length: 5\r\n"), 0);
  EXPECT_EQ(with_fields("Transfer-Encoding: Chunked\r\n"), 0);
  EXPECT_EQ(with_fields("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), 400);
  EXPECT_EQ(with_fields("Transfer-Encoding: chunked\r\nContent-Length: 0\r\n"), 400);
  EXPECT_EQ(with_fields("Content-Length: 5\r\nContent-Length: 5\r\n"), 400);
  EXPECT_EQ(with_fields("Content-Length: 5\r\nContent-Length: 6\r\n"), 400);
  EXPECT_EQ(with_fields("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400);
  EXPECT_EQ(with_fields("Transfer-Encoding: chunked\r\n", "POST /a HTTP/1.0"), 400);
}

TEST(HeadParser, a_content_length_is_digits_and_nothing_else) {
  for (const char* bad : {"+5", "-5", "0x5", "5,5", "5, 5", "5 5", "5;", "", "1e3", "99999999999999999999",
                          "9223372036854775808", "five"}) {
    EXPECT_EQ(with_fields(std::string("Content-Length: ") + bad + "\r\n"), 400) << bad;
  }
  EXPECT_EQ(with_fields("Content-Length: \t5 \r\n"), 0) << "white space around a value belongs to the field's syntax";
}

TEST(HeadParser, the_only_coding_is_chunked_alone) {
  for (const char* bad : {"chunked, identity", "identity", "gzip, chunked", "xchunked", "chunked;q=1", "chunked,",
                          "\"chunked\"", ", chunked", "chunked chunked", ""}) {
    EXPECT_EQ(with_fields(std::string("Transfer-Encoding: ") + bad + "\r\n"), 501) << bad;
  }
  EXPECT_EQ(with_fields("Transfer-Encoding: \x0b"
                        "chunked\r\n"),
            400);
  EXPECT_EQ(with_fields("Transfer-Encoding : chunked\r\n"), 400);
  EXPECT_EQ(with_fields("X: y\r\n Transfer-Encoding: chunked\r\n"), 400);
}

TEST(HeadParser, lines_end_with_cr_and_lf_and_are_not_folded) {
  EXPECT_EQ(status_of("GET / HTTP/1.1\nHost: h\n\n"), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: h\nX: y\r\n\r\n"), 400);
  EXPECT_EQ(with_fields("X: y\rZ: z\r\n"), 400);
  EXPECT_EQ(with_fields("X: y\r\n z\r\n"), 400);
  EXPECT_EQ(with_fields("X: y\r\n\tz\r\n"), 400);
}

TEST(HeadParser, names_and_values_hold_no_control_characters) {
  using namespace std::string_literals;
  for (const std::string& bad :
       {"X\0: y"s, "X: a\0b"s, "X: a\x01"s, "X: a\x7f"s, "X Y: z"s, ": y"s, "X"s, "X(: y"s, "\xc3\xa4: y"s}) {
    EXPECT_EQ(with_fields(bad + "\r\n"), 400) << bad;
  }
  EXPECT_EQ(with_fields("X: \xc3\xa4\tb\r\n"), 0);
}

TEST(HeadParser, a_host_is_one_and_well_formed_and_the_targets) {
  const auto host = [](const std::string& fields, const std::string& target = "/") {
    return status_of("GET " + target + " HTTP/1.1\r\n" + fields + "\r\n");
  };
  EXPECT_EQ(host(""), 400);
  EXPECT_EQ(host("Host: a\r\nHost: a\r\n"), 400);
  for (const char* bad : {"", "a b", "a/b", "u@a", "a:b", "a:123456", "[::1", "[]", "[::1]x", "a,b", "a\"", "<a>"}) {
    EXPECT_EQ(host(std::string("Host: ") + bad + "\r\n"), 400) << bad;
  }
  for (const char* good : {"a", "a.b-c_d:80", "127.0.0.1:8080", "[::1]", "[2001:db8::1]:443", "a:"}) {
    EXPECT_EQ(host(std::string("Host: ") + good + "\r\n"), 0) << good;
  }
  EXPECT_EQ(host("Host: a\r\n", "http://A/"), 0);
  EXPECT_EQ(host("Host: a\r\n", "http://b/"), 400);
  EXPECT_EQ(host("Host: a\r\n", "http://u@a/"), 400);
}

TEST(HeadParser, other_versions_are_answered_at_once) {
  EXPECT_EQ(status_of("GET /\r\n"), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.2\r\n"), 505);
  EXPECT_EQ(status_of("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 505);
  EXPECT_EQ(status_of("GET / http/1.1\r\n"), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.10\r\n"), 400);
  EXPECT_EQ(status_of("GET  / HTTP/1.1\r\nHost: h\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET /a b HTTP/1.1\r\nHost: h\r\n\r\n"), 400);
  EXPECT_EQ(status_of("G\xc3\x84T / HTTP/1.1\r\nHost: h\r\n\r\n"), 400);
  EXPECT_EQ(status_of("\x16\x03\x01\x02 \n"), 400) << "a TLS hello";
}

TEST(HeadParser, a_hundred_fields_and_no_more) {
  std::string fields;
  for (int i = 0; i < 99; ++i) {
    fields += "X: y\r\n";
  }
  EXPECT_EQ(with_fields(fields), 0);
  EXPECT_EQ(with_fields(fields + "X: y\r\n"), 431);
}

TEST(HeadParser, an_expectation_that_is_not_known_is_417) {
  EXPECT_EQ(with_fields("Expect: 100-Continue\r\n"), 0);
  EXPECT_EQ(with_fields("Expect: 200-ok\r\n"), 417);
  EXPECT_EQ(with_fields("Expect: 100-continue\r\nExpect: 100-continue\r\n"), 417);
}

TEST(HeadParser, a_star_is_for_options_only) {
  EXPECT_EQ(status_of("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n"), 0);
  EXPECT_EQ(status_of("GET * HTTP/1.1\r\nHost: h\r\n\r\n"), 400);
}

}  // namespace
}  // namespace tessera::net
