#include "slide/base64.h"

#include <algorithm>
#include <cstdint>

namespace tessera::slide {

namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

int value_of(char c) {
  const std::size_t at = kAlphabet.find(c);
  return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

}  // namespace

std::optional<std::string> base64_decoded(std::string_view text) {
  std::string out;
  out.reserve(text.size() / 4 * 3);
  std::uint32_t bits = 0;
  unsigned held = 0;  // bits of `bits` that are not in `out` yet
  std::size_t digits = 0, padding = 0;
  for (const char c : text) {
    if (is_space(c)) {
      continue;
    }
    if (c == '=') {
      ++padding;
      continue;
    }
    const int value = value_of(c);
    if (value < 0 || padding > 0) {
      return std::nullopt;
    }
    ++digits;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    held += 6;
    if (held >= 8) {
      held -= 8;
      out += static_cast<char>(bits >> held & 255);
    }
  }
  const bool sound = digits % 4 != 1 && padding <= 2 && (padding == 0 || (digits + padding) % 4 == 0);
  return sound ? std::optional(std::move(out)) : std::nullopt;
}

std::string base64_text(std::string_view text) {
  const auto decoded = base64_decoded(text);
  const auto printable = [](char c) { return c >= 0x20 && c < 0x7F; };
  const bool encoded =
      decoded && !decoded->empty() && text.size() % 4 == 0 && std::all_of(decoded->begin(), decoded->end(), printable);
  return encoded ? *decoded : std::string(text);
}

}  // namespace tessera::slide
