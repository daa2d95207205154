#include "dicom/json_cursor.h"

#include <algorithm>

#include "dicom/utf8.h"

namespace tessera::dicom {

namespace {

constexpr std::size_t kMaxNesting = 128;  // of what is passed over

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// -?int frac? exp?
bool is_number(std::string_view text) {
  std::size_t at = text.starts_with('-') ? 1 : 0;
  const auto digits = [&] {
    const std::size_t from = at;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') {
      ++at;
    }
    return at - from;
  };
  const bool zero = at < text.size() && text[at] == '0';
  const std::size_t whole = digits();
  if (whole == 0 || (zero && whole > 1)) {
    return false;
  }
  if (at < text.size() && text[at] == '.') {
    ++at;
    if (digits() == 0) {
      return false;
    }
  }
  if (at < text.size() && (text[at] | 0x20) == 'e') {
    ++at;
    at += at < text.size() && (text[at] == '+' || text[at] == '-') ? 1 : 0;
    if (digits() == 0) {
      return false;
    }
  }
  return at == text.size();
}

}  // namespace

Status JsonCursor::fail(const std::string& what) const {
  return Status(Code::Corrupt, "read DICOM JSON: byte " + std::to_string(at_) + ": " + what);
}

char JsonCursor::peek() {
  while (at_ < text_.size() && is_blank(text_[at_])) {
    ++at_;
  }
  return at_ < text_.size() ? text_[at_] : '\0';
}

bool JsonCursor::take(char wanted) {
  if (peek() != wanted || at_ == text_.size()) {
    return false;
  }
  ++at_;
  return true;
}

Status JsonCursor::expect(char wanted) {
  return take(wanted) ? Status() : fail(std::string("'") + wanted + "' is missing");
}

Result<bool> JsonCursor::more(char end) {
  if (take(',')) {
    return true;
  }
  RETURN_IF_ERROR(expect(end));
  return false;
}

Result<unsigned> JsonCursor::four_digits() {
  unsigned code = 0;
  for (int i = 0; i < 4; ++i) {
    const int digit = at_ < text_.size() ? hex_digit(text_[at_]) : -1;
    if (digit < 0) {
      return fail("\\u needs four hex digits");
    }
    code = code * 16 + static_cast<unsigned>(digit);
    ++at_;
  }
  return code;
}

// Behind the backslash.
Status JsonCursor::escape(std::string& out) {
  constexpr std::string_view kNames = "\"\\/bfnrt";
  constexpr std::string_view kMeans = "\"\\/\b\f\n\r\t";
  const char name = at_ < text_.size() ? text_[at_] : '\0';
  const std::size_t known = name == '\0' ? kNames.npos : kNames.find(name);
  if (known != kNames.npos) {
    ++at_;
    out += kMeans[known];
    return {};
  }
  if (name != 'u') {
    return fail("an escape that JSON does not have");
  }
  ++at_;
  TRY_ASSIGN(unsigned code, four_digits());
  if (code >= 0xD800 && code < 0xDC00 && text_.substr(at_, 2) == "\\u") {
    at_ += 2;
    TRY_ASSIGN(const unsigned low, four_digits());
    if (low < 0xDC00 || low > 0xDFFF) {
      return fail("half a surrogate pair");
    }
    code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
  } else if (code >= 0xD800 && code < 0xE000) {
    return fail("half a surrogate pair");
  }
  append_utf8(out, code);
  return {};
}

Result<std::string> JsonCursor::string() {
  RETURN_IF_ERROR(expect('"'));
  std::string out;
  while (true) {
    if (at_ == text_.size()) {
      return fail("a string does not end");
    }
    const char c = text_[at_];
    if (c == '"') {
      ++at_;
      return out;
    }
    if (c == '\\') {
      ++at_;
      RETURN_IF_ERROR(escape(out));
      continue;
    }
    const std::size_t length = utf8_length(text_.substr(at_));
    if (static_cast<unsigned char>(c) < 0x20 || length == 0) {
      return fail("a string holds a byte that is no UTF-8 text");
    }
    out.append(text_.substr(at_, length));
    at_ += length;
  }
}

Result<JsonScalar> JsonCursor::scalar() {
  if (peek() == '"') {
    TRY_ASSIGN(std::string text, string());
    return JsonScalar{JsonScalar::Kind::String, std::move(text)};
  }
  const std::size_t end = std::min(text_.find_first_of(",]} \t\r\n", at_), text_.size());
  const std::string_view word = text_.substr(at_, end - at_);
  const bool flag = word == "true" || word == "false";
  if (word != "null" && !flag && !is_number(word)) {
    return fail("neither string, number, true, false nor null");
  }
  at_ = end;
  return JsonScalar{word == "null" ? JsonScalar::Kind::Null
                    : flag         ? JsonScalar::Kind::Flag
                                   : JsonScalar::Kind::Number,
                    std::string(word)};
}

Status JsonCursor::skip_value() {
  std::string open;  // the closing brackets that are due
  do {
    const char c = peek();
    if (c == '{' || c == '[') {
      if (open.size() >= kMaxNesting) {
        return fail("nested too deep");
      }
      ++at_;
      open += c == '{' ? '}' : ']';
    } else if (!open.empty() && c == open.back()) {
      ++at_;
      open.pop_back();
    } else if (!open.empty() && (c == ',' || c == ':')) {
      ++at_;
    } else {
      RETURN_IF_ERROR(scalar().status());
    }
  } while (!open.empty());
  return {};
}

Status JsonCursor::end() {
  return peek() == '\0' && at_ == text_.size() ? Status() : fail("text behind the end");
}

}  // namespace tessera::dicom
