#include "app/login_answers.h"

#include <string_view>

#include "base/markup.h"

namespace tessera::app {

namespace {

constexpr std::string_view kLabel = "login";

net::Response make_response(int status, std::string type, std::string body) {
  net::Response response;
  response.status = status;
  response.set("Content-Type", std::move(type));
  response.set("Cache-Control", "no-store");
  response.set("Referrer-Policy", "no-referrer");
  response.body = std::move(body);
  response.route = kLabel;
  return response;
}

// The words of a Status as a sentence.
std::string sentence(std::string_view words) {
  std::string out(words);
  if (!out.empty() && out.front() >= 'a' && out.front() <= 'z') {
    out.front() = static_cast<char>(out.front() - 'a' + 'A');
  }
  return out + ".";
}

}  // namespace

net::Response text_response(int status, std::string text) {
  return make_response(status, "text/plain; charset=utf-8", std::move(text) + "\n");
}

net::Response json_response(std::string json) {
  return make_response(200, "application/json", std::move(json) + "\n");
}

net::Response failure_page(const Status& why) {
  net::Response response = make_response(
      login_status(why.code()), "text/html; charset=utf-8",
      "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
      "<title>Not signed in – Tessera</title><link rel=\"stylesheet\" href=\"/assets/style.css\"></head>\n"
      "<body><main class=\"notice\"><h1>You are not signed in</h1>\n<p>" +
          markup_text(sentence(why.message())) +
          "</p>\n<p><a href=\"/auth/login\">Sign in again</a> · <a href=\"/\">All slides</a></p></main>"
          "</body>\n</html>\n");
  response.set("Content-Security-Policy",
               "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
  if (response.status == 503) {
    response.set("Retry-After", "5");
  }
  return response;
}

void add_cookies(net::Response& response, std::vector<std::string> cookies) {
  for (std::string& cookie : cookies) {
    response.set("Set-Cookie", std::move(cookie));
  }
}

int login_status(Code code) {
  switch (code) {
    case Code::InvalidArgument:
      return 400;
    case Code::PermissionDenied:
    case Code::Unauthenticated:
      return 403;
    case Code::Unavailable:
      return 503;
    default:
      return 502;
  }
}

}  // namespace tessera::app
