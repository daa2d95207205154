#include "app/progress_line.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

#include "dicom/utf8.h"

namespace tessera::app {

namespace {

constexpr unsigned kBar = 20;
constexpr std::size_t kShortestName = 8;

// Characters beyond ASCII may be two columns wide: counted so, a line is never longer than it claims.
std::size_t columns_of(std::string_view character) {
  return character.size() == 1 ? 1 : 2;
}

// The end of the text that fits, because names differ there.
std::string fitting_end(std::string_view text, std::size_t columns) {
  std::size_t total = 0;
  std::vector<std::size_t> starts;
  for (std::size_t at = 0; at < text.size();) {
    starts.push_back(at);
    const std::size_t length = dicom::utf8_length(text.substr(at));
    total += columns_of(text.substr(at, length));
    at += length;
  }
  std::size_t first = 0;
  const bool cut = total > columns;
  while (first < starts.size() && total > columns - (cut ? 2 : 0)) {
    const std::size_t end = first + 1 < starts.size() ? starts[first + 1] : text.size();
    total -= columns_of(text.substr(starts[first], end - starts[first]));
    ++first;
  }
  return (cut ? ".." : "") + std::string(first < starts.size() ? text.substr(starts[first]) : std::string_view());
}

double part_done(const Progress& p) {
  const double part = p.bytes_total > 0   ? static_cast<double>(p.bytes_done) / static_cast<double>(p.bytes_total)
                      : p.files_total > 0 ? static_cast<double>(p.files_done) / static_cast<double>(p.files_total)
                                          : 1;
  return std::clamp(part, 0.0, 1.0);
}

}  // namespace

std::string bytes_text(std::uint64_t bytes) {
  static constexpr const char* kUnits[] = {"B", "kB", "MB", "GB", "TB", "PB"};
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 999.95 && unit + 1 < std::size(kUnits)) {
    value /= 1000;
    ++unit;
  }
  char text[32];
  std::snprintf(text, sizeof text, unit == 0 ? "%.0f %s" : "%.1f %s", value, kUnits[unit]);
  return text;
}

std::string time_text(double seconds) {
  const auto whole = static_cast<std::uint64_t>(std::clamp(seconds, 0.0, 3.6e7) + 0.5);
  char text[32];
  if (whole >= 3600) {
    std::snprintf(text, sizeof text, "%llu:%02llu:%02llu", static_cast<unsigned long long>(whole / 3600),
                  static_cast<unsigned long long>(whole / 60 % 60), static_cast<unsigned long long>(whole % 60));
  } else {
    std::snprintf(text, sizeof text, "%llu:%02llu", static_cast<unsigned long long>(whole / 60),
                  static_cast<unsigned long long>(whole % 60));
  }
  return text;
}

std::string printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t length = dicom::utf8_length(text);
    const auto lead = static_cast<unsigned char>(text[0]);
    // C0, DEL, and C1 (U+0080 to U+009F, which are 0xC2 and a byte below 0xA0) steer terminals.
    const bool steers =
        lead < 0x20 || lead == 0x7F || (lead == 0xC2 && length == 2 && static_cast<unsigned char>(text[1]) < 0xA0);
    out += length == 0 || steers ? "?" : text.substr(0, length);
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out;
}

std::string progress_line(const Progress& p, unsigned width) {
  const double part = part_done(p);
  const double rate = p.seconds > 0.2 ? static_cast<double>(p.bytes_done) / p.seconds : 0;
  std::string files = std::to_string(p.files_done) + "/" + std::to_string(p.files_total) + (p.total_known ? "" : "+");
  std::string line = files + " files  " + bytes_text(p.bytes_done) + "  " +
                     bytes_text(static_cast<std::uint64_t>(std::max(rate, 0.0))) + "/s";
  if (p.total_known && rate > 0 && p.bytes_total >= p.bytes_done) {
    line += "  ETA " + time_text(static_cast<double>(p.bytes_total - p.bytes_done) / rate);
  }
  if (width >= line.size() + kBar + 3 && p.total_known) {
    const auto full = static_cast<unsigned>(std::lround(part * kBar));
    line = "[" + std::string(full, '#') + std::string(kBar - full, '-') + "] " + line;
  }
  line = line.substr(0, width);
  if (width >= line.size() + 2 + kShortestName && !p.file.empty()) {
    line += "  " + fitting_end(printable(p.file), width - line.size() - 2);
  }
  return line;
}

}  // namespace tessera::app
