#include "net/head_parser.h"

#include <boost/beast/http/basic_parser.hpp>

#include <algorithm>
#include <array>

namespace tessera::net {

namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;
using View = boost::beast::string_view;

constexpr std::size_t kMaxFields = 200;

std::string_view view(View text) {
  return {text.data(), text.size()};
}

// Beast pushes what it finds; the views go straight into the Request.
class Parser final : public http::basic_parser<true> {
 public:
  Parser(std::string_view bytes, Head& head) : bytes_(bytes), head_(head) {
    body_limit(boost::none);
    header_limit(UINT32_MAX);
  }
  int version = 0;

 private:
  void on_request_impl(http::verb, View method, View target, int http_version, error_code&) override {
    head_.request.method_text = view(method);
    head_.request.target = view(target);
    version = http_version;
  }
  void on_field_impl(http::field, View name, View value, error_code& error) override {
    // A folded value (obs-fold) is not in our bytes any more: it is refused, as RFC 9112 §5.2 allows.
    const bool folded =
        !value.empty() && (value.data() < bytes_.data() || value.data() > bytes_.data() + bytes_.size());
    if (folded || head_.request.fields.size() >= kMaxFields) {
      error = http::error::bad_field;
      return;
    }
    head_.request.fields.emplace_back(view(name), view(value));
  }
  void on_response_impl(int, View, int, error_code&) override {}
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(boost::optional<std::uint64_t> const&, error_code&) override {}
  std::size_t on_body_impl(View body, error_code&) override { return body.size(); }
  void on_chunk_header_impl(std::uint64_t, View, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, View body, error_code&) override { return body.size(); }
  void on_finish_impl(error_code&) override {}

  const std::string_view bytes_;
  Head& head_;
};

Method method_of(std::string_view text) {
  constexpr std::array kKnown = {Method::Get,    Method::Head,    Method::Post, Method::Put,
                                 Method::Delete, Method::Options, Method::Patch};
  for (const Method method : kKnown) {
    if (method_name(method) == text) {
      return method;
    }
  }
  return Method::Other;
}

// origin-form, absolute-form (a proxy's way) or "*" (RFC 9112 §3.2).
bool split_target(Request& request) {
  std::string_view rest = request.target;
  if (rest == "*") {
    request.path = rest;
    return true;
  }
  const bool absolute = rest.starts_with("http://") || rest.starts_with("https://");
  if (absolute) {
    rest.remove_prefix(std::min(rest.find_first_of("/?#", rest.find("//") + 2), rest.size()));
  }
  const bool has_path = rest.starts_with('/');
  if (!has_path && !absolute) {
    return false;
  }
  rest = rest.substr(0, rest.find('#'));
  const std::size_t question = std::min(rest.find('?'), rest.size());
  request.path = has_path ? rest.substr(0, question) : std::string_view("/");  // RFC 9110 §4.2.3: an empty one is "/"
  request.query = rest.substr(std::min(question + 1, rest.size()));
  return true;
}

int refuse(int status, const char* sentence, std::string& why) {
  why = sentence;
  return status;
}

std::size_t skip_empty_lines(std::string_view bytes) {
  std::size_t start = 0;
  while (bytes.substr(start).starts_with("\r\n")) {
    start += 2;
  }
  return start;
}

}  // namespace

std::size_t find_head_end(std::string_view bytes, std::size_t from) {
  const std::size_t start = skip_empty_lines(bytes);
  const std::size_t found = bytes.find("\r\n\r\n", std::max(start, from < 3 ? 0 : from - 3));
  return found == bytes.npos ? 0 : found + 4;
}

int parse_head(std::string_view bytes, Head& head, std::string& why) {
  bytes.remove_prefix(skip_empty_lines(bytes));
  Parser parser(bytes, head);
  error_code error;
  parser.put(boost::asio::const_buffer(bytes.data(), bytes.size()), error);
  if (error == http::error::bad_version) {
    return refuse(505, "This server speaks HTTP/1.1 and HTTP/1.0.", why);
  }
  if ((error && error != http::error::need_more) || !parser.is_header_done()) {
    why = "The request is malformed: " + error.message() + ".";
    return 400;
  }
  if (parser.version != 11 && parser.version != 10) {
    return refuse(505, "This server speaks HTTP/1.1 and HTTP/1.0.", why);
  }
  Request& request = head.request;
  request.method = method_of(request.method_text);
  if (!split_target(request)) {
    return refuse(400, "The request target is not a path.", why);
  }
  if (parser.version == 11 && !request.has_field("Host")) {
    return refuse(400, "The request has no Host field.", why);
  }
  head.chunked = parser.chunked();
  if (request.has_field("Transfer-Encoding") && !head.chunked) {
    return refuse(501, "The only transfer coding this server knows is chunked.", why);
  }
  head.http_1_0 = parser.version == 10;
  head.keep_alive = parser.keep_alive();
  const auto length = parser.content_length();
  request.content_length = length && !head.chunked ? static_cast<std::int64_t>(*length) : -1;
  if (length && *length > static_cast<std::uint64_t>(INT64_MAX)) {
    return refuse(400, "The Content-Length is beyond any body.", why);
  }
  request.has_body = head.chunked || request.content_length > 0;
  const std::string_view expect = request.field("Expect");
  if (!expect.empty() && expect != "100-continue" && expect != "100-Continue") {
    return refuse(417, "The only expectation this server knows is 100-continue.", why);
  }
  head.expects_continue = !expect.empty() && !head.http_1_0;
  return 0;
}

}  // namespace tessera::net
