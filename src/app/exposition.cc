#include "app/exposition.h"

#include <charconv>

namespace tessera::app {

namespace {

// Backslash and line feed in any text, the quote in a label's value.
void append_escaped(std::string& out, std::string_view text, bool quotes) {
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c == '\\' || (quotes && c == '"') ? "\\" : "";
      out += c;
    }
  }
}

// Shortest form that reads back as the same number.
void append_number(std::string& out, double value) {
  char text[32];
  out.append(text, std::to_chars(text, text + sizeof text, value).ptr);
}

}  // namespace

void Exposition::family(std::string_view name, std::string_view type, std::string_view help) {
  name_ = name;
  text_.append("# HELP ").append(name).append(" ");
  append_escaped(text_, help, false);
  text_.append("\n# TYPE ").append(name).append(" ").append(type).append("\n");
}

void Exposition::line(std::string_view suffix, Labels labels, std::string_view le, double value) {
  text_.append(name_).append(suffix);
  char before = '{';
  const auto label = [&](std::string_view name, std::string_view text) {
    text_ += before;
    text_.append(name).append("=\"");
    append_escaped(text_, text, true);
    text_ += '"';
    before = ',';
  };
  for (const auto& [name, text] : labels) {
    label(name, text);
  }
  if (!le.empty()) {
    label("le", le);
  }
  text_ += before == ',' ? "} " : " ";
  append_number(text_, value);
  text_ += '\n';
}

void Exposition::sample(double value, Labels labels) {
  line("", labels, "", value);
}

void Exposition::histogram(const TimeHistogram::Snapshot& times, Labels labels) {
  std::uint64_t total = 0;
  for (std::size_t bucket = 0; bucket < TimeHistogram::kBuckets; ++bucket) {
    total += times.buckets[bucket];
    std::string bound = "+Inf";
    if (bucket < TimeHistogram::kBounds.size()) {
      bound.clear();
      append_number(bound, TimeHistogram::kBounds[bucket]);
    }
    line("_bucket", labels, bound, static_cast<double>(total));
  }
  line("_sum", labels, "", static_cast<double>(times.micros) / 1e6);
  line("_count", labels, "", static_cast<double>(total));
}

}  // namespace tessera::app
