// JSON text (RFC 8259) taken apart from front to back: strings, scalars, and what is passed over. Private to
// json_reader.cc. Bounded by the text; nesting by kMaxNesting. Views are of the text.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace tessera::dicom {

struct JsonScalar {
  enum class Kind { Null, String, Number, Flag } kind = Kind::Null;
  std::string text;  // a string's characters; a number as it is written
};

class JsonCursor {
 public:
  explicit JsonCursor(std::string_view text) : text_(text) {}

  std::size_t at() const { return at_; }
  void go_to(std::size_t at) { at_ = at; }

  // After blanks: the next character, 0 at the end.
  char peek();
  // Takes it if it is the one.
  bool take(char wanted);
  Status expect(char wanted);
  // After an element of an object or array: whether another one follows.
  Result<bool> more(char end);

  Result<std::string> string();
  Result<JsonScalar> scalar();
  Status skip_value();
  // Nothing but blanks is left.
  Status end();

  Status fail(const std::string& what) const;

 private:
  Status escape(std::string& out);
  Result<unsigned> four_digits();

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace tessera::dicom
