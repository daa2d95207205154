#include "app/server_answer.h"

#include <algorithm>

namespace tessera::app {

namespace {

constexpr std::size_t kLongest = 500;
constexpr std::string_view kErrorComment = "\"00000902\"";
constexpr std::string_view kFailureReason = "\"00081197\"";

// The first string or number of the Value of the member `tag`; empty when there is none.
std::string first_value(std::string_view json, std::string_view tag) {
  std::size_t at = json.find(tag);
  at = at == json.npos ? at : json.find("\"Value\"", at);
  at = at == json.npos ? at : json.find('[', at);
  if (at == json.npos) {
    return {};
  }
  std::string_view rest = json.substr(at + 1);
  rest.remove_prefix(std::min(rest.find_first_not_of(" \t\r\n"), rest.size()));
  if (!rest.starts_with('"')) {
    return std::string(rest.substr(0, std::min(rest.find_first_of("],"), rest.size())));
  }
  std::string text;
  for (std::size_t i = 1; i < rest.size() && rest[i] != '"' && text.size() < kLongest; ++i) {
    i += rest[i] == '\\' && i + 1 < rest.size() ? 1 : 0;
    text += rest[i];
  }
  return text;
}

// By the FailureReason of a store that took nothing (PS3.18 table I.2-2).
Code conflict_code(std::string_view reason) {
  if (reason == "45071") {
    return Code::Busy;  // somebody is storing the same instance now
  }
  return reason == "45070" ? Code::AlreadyExists : Code::Corrupt;
}

Code code_of(const net::ClientAnswer& answer) {
  if (answer.status >= 300 && answer.status < 400) {
    return Code::NotFound;  // elsewhere, which is not gone to: the URL is wrong
  }
  switch (answer.status) {
    case 401:
      return Code::Unauthenticated;
    case 403:
      return Code::PermissionDenied;
    case 404:
    case 405:
      return Code::NotFound;
    case 409:
      return conflict_code(first_value(answer.body, kFailureReason));
    case 413:
      return Code::TooLarge;
    case 429:
    case 502:
    case 503:
    case 504:
      return Code::Unavailable;
    case 507:
      return Code::NoSpace;
    default:
      return answer.status >= 500 ? Code::Internal : Code::InvalidArgument;
  }
}

}  // namespace

std::string server_sentence(std::string_view body) {
  std::string text = first_value(body, kErrorComment);
  if (text.empty()) {
    text = body.substr(0, std::min(body.find_first_of("\r\n"), std::min(body.size(), kLongest)));
  }
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; }, ' ');
  return text;
}

bool says_identical(const net::ClientAnswer& answer) {
  return answer.status == 409 && answer.body.find("the same bytes are stored already") != std::string::npos;
}

Status refusal(const std::string& url, const net::ClientAnswer& answer) {
  const std::string sentence = server_sentence(answer.body);
  return Status(code_of(answer), "the server at " + url + " answered " + std::to_string(answer.status) +
                                     (sentence.empty() ? "" : ": " + sentence));
}

}  // namespace tessera::app
