#include "net/media_type.h"

#include <algorithm>
#include <charconv>

namespace tessera::net {

namespace {

constexpr std::size_t kMaxAlternatives = 64;
constexpr std::size_t kMaxParameters = 16;
constexpr std::size_t kMaxText = 16 * 1024;

bool is_token_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

// A cursor over one field value.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  void skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) {
      ++at_;
    }
  }
  bool take(char c) {
    skip_space();
    if (at_ < text_.size() && text_[at_] == c) {
      ++at_;
      return true;
    }
    return false;
  }
  bool at_end() {
    skip_space();
    return at_ == text_.size();
  }
  // Characters of a token, and those of `also`.
  std::string_view take_token(std::string_view also = "") {
    skip_space();
    const std::size_t start = at_;
    while (at_ < text_.size() && (is_token_character(text_[at_]) || also.find(text_[at_]) != also.npos)) {
      ++at_;
    }
    return text_.substr(start, at_ - start);
  }
  // After an opening quote: up to the closing one, escapes undone. False when it never closes.
  bool take_quoted(std::string& out) {
    while (at_ < text_.size() && text_[at_] != '"') {
      at_ += text_[at_] == '\\' && at_ + 1 < text_.size() ? 1 : 0;
      out += text_[at_++];
    }
    return at_ < text_.size() && text_[at_++] == '"';
  }
  std::size_t position() const { return at_; }

 private:
  const std::string_view text_;
  std::size_t at_ = 0;
};

Status malformed(const Scanner& scanner, const char* what) {
  return Status(Code::InvalidArgument,
                std::string("media type: at byte ") + std::to_string(scanner.position()) + ": " + what);
}

// A value unquoted may hold what only a quoted one should: viewers send type=application/octet-stream, and mail
// libraries make boundaries like ----=_Part_1_(2).
Status read_parameter(Scanner& scanner, MediaType& out) {
  const std::string name = lower(scanner.take_token());
  if (name.empty() || !scanner.take('=')) {
    return malformed(scanner, "a parameter is not name=value");
  }
  std::string value;
  if (scanner.take('"')) {
    if (!scanner.take_quoted(value)) {
      return malformed(scanner, "a quoted value does not end");
    }
  } else {
    value = std::string(scanner.take_token("/:=?()@"));
  }
  if (name == "q") {
    const auto parsed = std::from_chars(value.data(), value.data() + value.size(), out.q);
    if (parsed.ec != std::errc() || out.q < 0 || out.q > 1) {
      return malformed(scanner, "q must be between 0 and 1");
    }
    return {};
  }
  if (out.parameters.size() >= kMaxParameters) {
    return malformed(scanner, "too many parameters");
  }
  out.parameters.emplace_back(name, std::move(value));
  return {};
}

Status read_media_type(Scanner& scanner, MediaType& out) {
  const std::string_view type = scanner.take_token();
  if (type.empty()) {
    return malformed(scanner, "a type is missing");
  }
  out.type = lower(type);
  if (scanner.take('/')) {
    const std::string_view subtype = scanner.take_token();
    if (subtype.empty()) {
      return malformed(scanner, "a subtype is missing");
    }
    out.type += "/" + lower(subtype);
  } else if (out.type == "*") {
    out.type = "*/*";  // an old Java client's way
  } else {
    return malformed(scanner, "a type needs a subtype");
  }
  while (scanner.take(';')) {
    if (scanner.at_end()) {
      break;
    }
    RETURN_IF_ERROR(read_parameter(scanner, out));
  }
  return {};
}

// What has q=0 is taken out, and out of the ranges that would cover it (RFC 9110 §12.5.1: the most specific one
// decides).
void apply_refusals(std::vector<MediaType>& alternatives) {
  std::vector<std::string> refused;
  for (const MediaType& alternative : alternatives) {
    if (alternative.q == 0 && alternative.type.find('*') == std::string::npos) {
      refused.push_back(alternative.type);
    }
  }
  std::erase_if(alternatives, [](const MediaType& alternative) { return !(alternative.q > 0); });
  for (MediaType& alternative : alternatives) {
    alternative.refused = refused;
  }
}

}  // namespace

std::string_view MediaType::parameter(std::string_view name) const {
  for (const auto& [key, value] : parameters) {
    if (key == name) {
      return value;
    }
  }
  return {};
}

bool MediaType::covers(std::string_view concrete_type) const {
  if (type == concrete_type) {
    return true;
  }
  if (std::find(refused.begin(), refused.end(), concrete_type) != refused.end()) {
    return false;
  }
  if (type == "*/*") {
    return true;
  }
  return type.ends_with("/*") && concrete_type.starts_with(std::string_view(type).substr(0, type.size() - 1));
}

Result<MediaType> parse_media_type(std::string_view text) {
  if (text.size() > kMaxText) {
    return Status(Code::InvalidArgument, "media type: longer than 16 KiB");
  }
  Scanner scanner(text);
  MediaType out;
  RETURN_IF_ERROR(read_media_type(scanner, out));
  if (!scanner.at_end()) {
    return malformed(scanner, "something follows the media type");
  }
  return out;
}

Result<std::vector<MediaType>> parse_accept(std::string_view text) {
  if (text.size() > kMaxText) {
    return Status(Code::InvalidArgument, "Accept: longer than 16 KiB");
  }
  Scanner scanner(text);
  std::vector<MediaType> out;
  while (!scanner.at_end()) {
    if (scanner.take(',')) {
      continue;
    }
    if (out.size() >= kMaxAlternatives) {
      return Status(Code::InvalidArgument, "Accept: more than 64 alternatives");
    }
    MediaType alternative;
    RETURN_IF_ERROR(read_media_type(scanner, alternative));
    if (!scanner.at_end() && !scanner.take(',')) {
      return malformed(scanner, "alternatives are separated by commas");
    }
    out.push_back(std::move(alternative));
  }
  apply_refusals(out);
  std::stable_sort(out.begin(), out.end(), [](const MediaType& a, const MediaType& b) { return a.q > b.q; });
  return out;
}

}  // namespace tessera::net
