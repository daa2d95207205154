// Log: structured events, one line each, once. A Log is handed to whoever has something to say; there is no
// global.
//
//   log.info("instance stored", {{"sop", uid}, {"bytes", size}, {"ms", took}});
//
// Lines go to stderr as text ("2026-11-23T07:52:15.120Z info instance stored sop=1.2.3 bytes=4096") or as
// JSON, never with patient names. Safe from many threads; a line is written whole. Writing happens on a
// thread of its own: the caller pays for formatting only, and for nothing below the level.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

namespace tessera {

enum class LogLevel { Debug, Info, Warning, Error, Off };
enum class LogFormat { Text, Json };

struct LogField {
  std::string_view name;
  std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool> value;

  LogField(std::string_view n, std::string_view v) : name(n), value(v) {}
  LogField(std::string_view n, const std::string& v) : name(n), value(std::string_view(v)) {}
  LogField(std::string_view n, const char* v) : name(n), value(std::string_view(v)) {}
  LogField(std::string_view n, bool v) : name(n), value(v) {}
  LogField(std::string_view n, int v) : name(n), value(std::int64_t{v}) {}
  LogField(std::string_view n, unsigned v) : name(n), value(std::uint64_t{v}) {}
  LogField(std::string_view n, long v) : name(n), value(std::int64_t{v}) {}
  LogField(std::string_view n, unsigned long v) : name(n), value(std::uint64_t{v}) {}
  LogField(std::string_view n, double v) : name(n), value(v) {}
};

class Log {
 public:
  struct Options {
    LogLevel level = LogLevel::Info;     // lower when looking for a fault
    LogFormat format = LogFormat::Text;  // Json where a collector reads the lines
  };
  explicit Log(Options options);
  Log() : Log(Options{}) {}
  // Writes out what is queued.
  ~Log();

  bool enabled(LogLevel level) const { return level >= level_; }
  void event(LogLevel level, std::string_view message, std::initializer_list<LogField> fields);
  void debug(std::string_view message, std::initializer_list<LogField> fields = {}) {
    event(LogLevel::Debug, message, fields);
  }
  void info(std::string_view message, std::initializer_list<LogField> fields = {}) {
    event(LogLevel::Info, message, fields);
  }
  void warning(std::string_view message, std::initializer_list<LogField> fields = {}) {
    event(LogLevel::Warning, message, fields);
  }
  void error(std::string_view message, std::initializer_list<LogField> fields = {}) {
    event(LogLevel::Error, message, fields);
  }

 private:
  struct Writer;
  const LogLevel level_;
  const LogFormat format_;
  std::unique_ptr<Writer> writer_;
};

}  // namespace tessera
