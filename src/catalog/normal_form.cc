#include "catalog/normal_form.h"

#include <utf8proc.h>

#include <cstdlib>
#include <memory>

namespace tessera::catalog {

namespace {

struct Freer {
  void operator()(utf8proc_uint8_t* memory) const { std::free(memory); }
};

std::string mapped(std::string_view utf8, int options) {
  utf8proc_uint8_t* out = nullptr;
  const utf8proc_ssize_t length =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(utf8.data()), static_cast<utf8proc_ssize_t>(utf8.size()),
                   &out, static_cast<utf8proc_option_t>(options));
  const std::unique_ptr<utf8proc_uint8_t, Freer> owned(out);
  if (length < 0) {
    return std::string(utf8);
  }
  return std::string(reinterpret_cast<const char*>(out), static_cast<std::size_t>(length));
}

void cut_end(std::string& text, std::string_view characters) {
  const std::size_t last = text.find_last_not_of(characters);
  text.resize(last == text.npos ? 0 : last + 1);
}

}  // namespace

std::string normal_text(std::string_view utf8) {
  std::string text = mapped(utf8, UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD);
  cut_end(text, " ");
  return text;
}

std::string normal_name(std::string_view utf8) {
  std::string text = mapped(utf8, UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_STRIPMARK);
  cut_end(text, " ^=");
  return text;
}

std::string name_words(std::string_view utf8) {
  const std::string name = normal_name(utf8);
  std::string words;
  bool in_word = false;
  for (const char c : name) {
    const bool separates = c == '^' || c == '=' || c == ' ' || c == ',' || c == '-' || c == '.';
    if (!separates) {
      words += in_word ? "" : " ";
      words += c;
    }
    in_word = !separates;
  }
  return words;
}

}  // namespace tessera::catalog
