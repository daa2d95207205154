#include "base/log.h"

#include <spdlog/async.h>
#include <spdlog/sinks/stdout_sinks.h>

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

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\u%04x", byte);
      out += escaped;
    } else {
      out += c;
    }
  }
  out += '"';
}

// Text values are quoted when a reader could not tell where they end; a line feed never splits a line.
void append_text_value(std::string& out, std::string_view text) {
  bool plain = !text.empty();
  for (const char c : text) {
    plain = plain && static_cast<unsigned char>(c) > 0x20 && c != '"' && c != '=' && c != 0x7f;
  }
  if (plain) {
    out += text;
  } else {
    append_json_string(out, text);
  }
}

void append_value(std::string& out, const LogField& field, LogFormat format) {
  if (const auto* text = std::get_if<std::string_view>(&field.value)) {
    format == LogFormat::Json ? append_json_string(out, *text) : append_text_value(out, *text);
  } else if (const auto* number = std::get_if<std::int64_t>(&field.value)) {
    out += std::to_string(*number);
  } else if (const auto* natural = std::get_if<std::uint64_t>(&field.value)) {
    out += std::to_string(*natural);
  } else if (const auto* real = std::get_if<double>(&field.value)) {
    char buffer[32];
    std::snprintf(buffer, sizeof buffer, "%.3f", *real);
    out += buffer;
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
    line.append(time).append(" ").append(name).append(" ").append(message);
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
