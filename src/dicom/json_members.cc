#include <algorithm>
#include <charconv>

#include "dicom/json.h"
#include "dicom/utf8.h"

namespace tessera::dicom {
namespace {

// A place in JSON text as this room writes it: no white space between tokens. Every move checks the end.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}

  std::size_t at() const { return at_; }
  bool done() const { return at_ >= text_.size(); }
  char peek() const { return done() ? '\0' : text_[at_]; }
  bool take(std::string_view expected) {
    const bool there = text_.substr(at_).starts_with(expected);
    at_ += there ? expected.size() : 0;
    return there;
  }

  // The inside of a string, escapes still in it; false when it does not begin or end here.
  bool take_string(std::string_view& inside) {
    if (!take("\"")) {
      return false;
    }
    const std::size_t from = at_;
    while ((at_ = text_.find_first_of("\"\\", at_)) != std::string_view::npos) {
      if (text_[at_] == '"') {
        inside = text_.substr(from, at_ - from);
        ++at_;
        return true;
      }
      at_ += 2;
    }
    at_ = text_.size();
    return false;
  }

  // Any value, whole: brackets are counted, not matched by kind.
  bool take_value(std::string_view& value) {
    const std::size_t from = at_;
    const bool good = peek() == '{' || peek() == '[' ? skip_nested() : skip_simple();
    value = text_.substr(from, at_ - from);
    return good && !value.empty();
  }

 private:
  bool skip_nested() {
    std::size_t depth = 0;
    while ((at_ = text_.find_first_of("{}[]\"", at_)) != std::string_view::npos) {
      std::string_view ignored;
      if (text_[at_] == '"') {
        if (!take_string(ignored)) {
          return false;
        }
        continue;
      }
      depth += text_[at_] == '{' || text_[at_] == '[' ? 1 : -1;
      ++at_;
      if (depth == 0) {
        return true;
      }
    }
    at_ = text_.size();
    return false;
  }

  bool skip_simple() {
    std::string_view ignored;
    if (peek() == '"') {
      return take_string(ignored);
    }
    at_ = std::min(text_.find_first_of(",]}", at_), text_.size());
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

Status malformed(const Cursor& cursor, std::string_view expected) {
  return Status(Code::Corrupt,
                "split DICOM JSON: byte " + std::to_string(cursor.at()) + ": expected " + std::string(expected));
}

// Four hex digits at `at`; 0xFFFFFFFF when there are none.
std::uint32_t hex4(std::string_view text, std::size_t at) {
  std::uint32_t value = 0;
  if (at + 4 > text.size()) {
    return UINT32_MAX;
  }
  const auto read = std::from_chars(text.data() + at, text.data() + at + 4, value, 16);
  return read.ec == std::errc() && read.ptr == text.data() + at + 4 ? value : UINT32_MAX;
}

// `text` begins after "\u". Appends the character, and returns how much of `text` it took.
std::size_t take_unicode_escape(std::string_view text, std::string& out) {
  const std::uint32_t first = hex4(text, 0);
  const bool is_high = first >= 0xD800 && first < 0xDC00;
  const std::uint32_t second = is_high && text.substr(4).starts_with("\\u") ? hex4(text, 6) : UINT32_MAX;
  if (is_high && second >= 0xDC00 && second < 0xE000) {
    append_utf8(out, 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00));
    return 10;
  }
  if (first == UINT32_MAX) {
    out += kReplacementCharacter;
    return 0;
  }
  first >= 0xD800 && first < 0xE000 ? static_cast<void>(out += kReplacementCharacter) : append_utf8(out, first);
  return 4;
}

char unescaped(char c) {
  switch (c) {
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    default:
      return c;
  }
}

std::string unescape(std::string_view inside) {
  std::string out;
  for (;;) {
    const std::size_t plain = std::min(inside.find('\\'), inside.size());
    out += inside.substr(0, plain);
    inside.remove_prefix(plain);
    if (inside.size() < 2) {
      return out;
    }
    const char kind = inside[1];
    inside.remove_prefix(2);
    if (kind == 'u') {
      inside.remove_prefix(take_unicode_escape(inside, out));
    } else {
      out += unescaped(kind);
    }
  }
}

// Walks the members of the object under `cursor`; `visit(name, value)` says whether to go on.
template <class Visit>
bool for_members(Cursor& cursor, Visit visit) {
  if (!cursor.take("{")) {
    return false;
  }
  while (!cursor.take("}")) {
    std::string_view name;
    std::string_view value;
    if (!cursor.take_string(name) || !cursor.take(":") || !cursor.take_value(value)) {
      return false;
    }
    if (!visit(name, value)) {
      return true;
    }
    if (!cursor.take(",") && cursor.peek() != '}') {
      return false;
    }
  }
  return true;
}

std::string_view find_member(std::string_view object, std::string_view wanted) {
  Cursor cursor(object);
  std::string_view found;
  for_members(cursor, [&](std::string_view name, std::string_view value) {
    found = name == wanted ? value : found;
    return name != wanted;
  });
  return found;
}

void add_string(std::string_view value, std::vector<std::string>& out) {
  std::string_view inside;
  Cursor cursor(value);
  if (value.starts_with('{')) {
    const std::string_view alphabetic = find_member(value, "Alphabetic");
    Cursor name(alphabetic);
    out.push_back(name.take_string(inside) ? unescape(inside) : std::string());
  } else if (cursor.take_string(inside)) {
    out.push_back(unescape(inside));
  } else {
    out.emplace_back(value == "null" ? std::string_view() : value);
  }
}

}  // namespace

Result<std::vector<std::pair<Tag, std::string_view>>> split_members(std::string_view object) {
  std::vector<std::pair<Tag, std::string_view>> members;
  Cursor cursor(object);
  Status bad_tag;
  const bool good = for_members(cursor, [&](std::string_view name, std::string_view value) {
    Result<Tag> tag = parse_tag(name);
    if (!tag.ok()) {
      bad_tag = tag.status();
      return false;
    }
    members.emplace_back(*tag, value);
    return true;
  });
  if (!bad_tag.ok()) {
    return Status(Code::Corrupt, std::string(bad_tag.while_doing("split DICOM JSON").message()));
  }
  if (!good || !cursor.done()) {
    return malformed(cursor, good ? "the end" : "a member of an object");
  }
  return members;
}

std::vector<std::string> member_strings(std::string_view member) {
  std::vector<std::string> strings;
  Cursor cursor(find_member(member, "Value"));
  if (!cursor.take("[")) {
    return strings;
  }
  while (!cursor.take("]")) {
    std::string_view value;
    if (!cursor.take_value(value)) {
      break;
    }
    add_string(value, strings);
    if (!cursor.take(",") && cursor.peek() != ']') {
      break;
    }
  }
  return strings;
}

}  // namespace tessera::dicom
