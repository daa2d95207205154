#include "net/head_parser.h"

#include <boost/beast/http/basic_parser.hpp>

#include <algorithm>
#include <array>

#include "net/head_rules.h"

namespace tessera::net {

namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;
using View = boost::beast::string_view;

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
    // A value that Beast put together itself (obs-fold) is not in our bytes: check_lines() lets none come here.
    const bool elsewhere =
        !value.empty() && (value.data() < bytes_.data() || value.data() > bytes_.data() + bytes_.size());
    if (elsewhere) {
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
    return request.method == Method::Options;
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

int refuse(Refusal refused, std::string& why) {
  why = std::move(refused.why);
  return refused.status;
}

std::size_t skip_empty_lines(std::string_view bytes) {
  std::size_t start = 0;
  while (bytes.substr(start).starts_with("\r\n")) {
    start += 2;
  }
  return start;
}

}  // namespace

// The end of a first line that no version of ours has, or of a line without CR, is taken for the head's: such a peer
// (HTTP/0.9, HTTP/2, a lenient one) is answered at once rather than waited for.
std::size_t find_head_end(std::string_view bytes, std::size_t from) {
  const std::size_t start = skip_empty_lines(bytes);
  const std::size_t first = bytes.find('\n', start);
  for (std::size_t at = bytes.find('\n', std::max(start, from)); at != bytes.npos; at = bytes.find('\n', at + 1)) {
    const std::string_view line = bytes.substr(start, at - start);
    const bool whole = line.ends_with("\r\n\r");
    const bool refused =
        !line.ends_with('\r') || (at == first && !names_known_version(line.substr(0, line.size() - 1)));
    if (whole || refused) {
      return at + 1;
    }
  }
  return 0;
}

int parse_head(std::string_view bytes, Head& head, std::string& why) {
  bytes.remove_prefix(skip_empty_lines(bytes));
  if (Refusal refused = check_lines(bytes)) {
    return refuse(refused, why);
  }
  Parser parser(bytes, head);
  error_code error;
  parser.put(boost::asio::const_buffer(bytes.data(), bytes.size()), error);
  Request& request = head.request;
  head.http_1_0 = parser.version == 10;
  // Framing first, in our words: what Beast makes of it is not asked.
  if (Refusal refused = check_framing(request, head.http_1_0)) {
    return refuse(refused, why);
  }
  if ((error && error != http::error::need_more) || !parser.is_header_done()) {
    return refuse({400, "The request is malformed: " + error.message() + "."}, why);
  }
  request.method = method_of(request.method_text);
  if (!split_target(request)) {
    return refuse({400, "The request target is not a path."}, why);
  }
  if (Refusal refused = check_host(request, head.http_1_0)) {
    return refuse(refused, why);
  }
  head.chunked = request.has_field("Transfer-Encoding");
  head.keep_alive = parser.keep_alive();
  const auto length = parser.content_length();
  request.content_length = length && !head.chunked ? static_cast<std::int64_t>(*length) : -1;
  request.has_body = head.chunked || request.content_length > 0;
  head.expects_continue = request.has_field("Expect") && !head.http_1_0;
  return 0;
}

}  // namespace tessera::net
