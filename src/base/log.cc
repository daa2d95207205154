#include "base/log.h"

#include <spdlog/async.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "base/clock.h"

namespace tessera {

struct Log::Writer {
  // One thread writes; when 8,192 lines wait, a caller waits too: lines are not dropped.
  std::shared_ptr<spdlog::details::thread_pool> thread = std::make_shared<spdlog::details::thread_pool>(8192, 1);
  std::shared_ptr<spdlog::async_logger> logger = std::make_shared<spdlog::async_logger>(
      "tessera", std::make_shared<spdlog::sinks::stderr_sink_mt>(), thread, spdlog::async_overflow_policy::block);
};

namespace {

constexpr std::string_view kLevelNames[] = {"debug", "info", "warning", "error", "off"};

// Bytes of the UTF-8 sequence at `at`; 0 when there is none (RFC 3629: no overlong forms, surrogates, nor
// above U+10FFFF).
std::size_t utf8_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U; };
  const auto follows = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
  const unsigned first = byte(0);
  if (first < 0x80) {
    return 1;
  }
  if (first >= 0xC2 && first <= 0xDF && follows(1)) {
    return 2;
  }
  if (first >= 0xE0 && first <= 0xEF && follows(1) && follows(2)) {
    const bool overlong = first == 0xE0 && byte(1) < 0xA0;
    const bool surrogate = first == 0xED && byte(1) >= 0xA0;
    return overlong || surrogate ? 0 : 3;
  }
  if (first >= 0xF0 && first <= 0xF4 && follows(1) && follows(2) && follows(3)) {
    const bool overlong = first == 0xF0 && byte(1) < 0x90;
    const bool too_high = first == 0xF4 && byte(1) >= 0x90;
    return overlong || too_high ? 0 : 4;
  }
  return 0;
}

bool is_control(unsigned char byte) {
  return byte < 0x20 || byte == 0x7f;
}

// The text with control characters as \uXXXX and what is no UTF-8 as U+FFFD: one line, and valid JSON between
// quotes.
void append_escaped(std::string& out, std::string_view text, bool escape_quotes) {
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    const std::size_t length = utf8_length(text, at);
    if (length == 0) {
      out += "\xEF\xBF\xBD";
    } else if (is_control(static_cast<unsigned char>(c))) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\u%04x", static_cast<unsigned char>(c));
      out += escaped;
    } else if (escape_quotes && (c == '"' || c == '\\')) {
      out += '\\';
      out += c;
    } else {
      out += text.substr(at, length);
    }
    at += std::max<std::size_t>(length, 1);
  }
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  append_escaped(out, text, true);
  out += '"';
}

// Text values are quoted when a reader could not tell where they end.
void append_text_value(std::string& out, std::string_view text) {
  bool plain = !text.empty();
  for (std::size_t at = 0; plain && at < text.size();) {
    const char c = text[at];
    const std::size_t length = utf8_length(text, at);
    plain = length > 0 && c != ' ' && c != '"' && c != '=' && !is_control(static_cast<unsigned char>(c));
    at += length;
  }
  if (plain) {
    out += text;
  } else {
    append_json_string(out, text);
  }
}

void append_real(std::string& out, double real) {
  if (!std::isfinite(real)) {
    out += "null";  // JSON has no other word for it
    return;
  }
  char buffer[344];  // the largest double has 309 digits before the point
  std::snprintf(buffer, sizeof buffer, "%.3f", real);
  out += buffer;
}

void append_value(std::string& out, const LogField& field, LogFormat format) {
  if (const auto* text = std::get_if<std::string_view>(&field.value)) {
    format == LogFormat::Json ? append_json_string(out, *text) : append_text_value(out, *text);
  } else if (const auto* number = std::get_if<std::int64_t>(&field.value)) {
    out += std::to_string(*number);
  } else if (const auto* natural = std::get_if<std::uint64_t>(&field.value)) {
    out += std::to_string(*natural);
  } else if (const auto* real = std::get_if<double>(&field.value)) {
    append_real(out, *real);
  } else {
    out += std::get<bool>(field.value) ? "true" : "false";
  }
}

}  // namespace

Log::Log(Options options) : level_(options.level), format_(options.format), writer_(std::make_unique<Writer>()) {
  writer_->logger->set_pattern("%v");
  writer_->logger->set_level(spdlog::level::trace);
}

Log::~Log() = default;

void Log::event(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  if (!enabled(level)) {
    return;
  }
  std::string line;
  line.reserve(256);
  const std::string time = rfc3339(SystemClock().wall_millis());
  const std::string_view name = kLevelNames[static_cast<int>(level)];
  if (format_ == LogFormat::Json) {
    line.append("{\"time\":\"").append(time).append("\",\"level\":\"").append(name).append("\",\"message\":");
    append_json_string(line, message);
  } else {
    line.append(time).append(" ").append(name).append(" ");
    append_escaped(line, message, false);
  }
  for (const LogField& field : fields) {
    if (format_ == LogFormat::Json) {
      line += ',';
      append_json_string(line, field.name);
      line += ':';
    } else {
      line.append(" ").append(field.name).append("=");
    }
    append_value(line, field, format_);
  }
  if (format_ == LogFormat::Json) {
    line += '}';
  }
  writer_->logger->info("{}", line);
}

}  // namespace tessera
