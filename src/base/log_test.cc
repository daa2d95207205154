#include "base/log.h"

#include <gtest/gtest.h>

#include <limits>
#include <regex>
#include <sstream>
#include <thread>
#include <vector>

namespace tessera {
namespace {

// The lines that `say` makes a log write to stderr. The log's end writes out what is queued.
template <class Say>
std::vector<std::string> lines_of(Log::Options options, Say say) {
  testing::internal::CaptureStderr();
  {
    Log log(options);
    say(log);
  }
  std::vector<std::string> lines;
  std::istringstream captured(testing::internal::GetCapturedStderr());
  for (std::string line; std::getline(captured, line);) {
    lines.push_back(line);
  }
  return lines;
}

constexpr Log::Options kText{LogLevel::Info, LogFormat::Text};
constexpr Log::Options kJson{LogLevel::Info, LogFormat::Json};

// The line without its time, which is the first 24 characters of a text line.
std::string text_line(std::string_view message, std::initializer_list<LogField> fields) {
  const auto lines = lines_of(kText, [&](Log& log) { log.event(LogLevel::Info, message, fields); });
  EXPECT_EQ(lines.size(), 1U);
  return lines.empty() || lines[0].size() < 25 ? "" : lines[0].substr(25);
}

std::string json_line(std::string_view message, std::initializer_list<LogField> fields) {
  const auto lines = lines_of(kJson, [&](Log& log) { log.event(LogLevel::Info, message, fields); });
  EXPECT_EQ(lines.size(), 1U);
  return lines.empty() ? "" : lines[0];
}

TEST(Log, a_text_line_is_time_level_message_and_fields) {
  const auto lines = lines_of(kText, [](Log& log) {
    log.info("instance stored", {{"sop", "1.2.3"}, {"bytes", 4096U}, {"ms", 1.5}, {"new", true}, {"delta", -3}});
  });
  ASSERT_EQ(lines.size(), 1U);
  const std::regex expected(
      R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z info instance stored sop=1\.2\.3 bytes=4096 ms=1\.500 new=true delta=-3)");
  EXPECT_TRUE(std::regex_match(lines[0], expected)) << lines[0];
}

TEST(Log, a_json_line_has_the_same_as_typed_values) {
  const std::string line = json_line("instance stored", {{"sop", "1.2.3"}, {"bytes", 4096U}, {"new", false}});
  const std::regex expected(
      R"re(\{"time":"[^"]{24}","level":"info","message":"instance stored","sop":"1\.2\.3","bytes":4096,"new":false\})re");
  EXPECT_TRUE(std::regex_match(line, expected)) << line;
}

TEST(Log, values_that_would_blur_a_text_line_are_quoted) {
  EXPECT_EQ(text_line("m", {{"a", "two words"}, {"b", ""}, {"c", "x=y"}, {"d", "say \"hi\""}}),
            R"(info m a="two words" b="" c="x=y" d="say \"hi\"")");
  EXPECT_EQ(text_line("m", {{"a", "Müller"}}), "info m a=Müller");
}

TEST(Log, a_line_feed_never_splits_a_line) {
  EXPECT_EQ(text_line("two\nlines", {{"a", "x\r\ny"}}), R"(info two\u000alines a="x\u000d\u000ay")");
  const std::string line = json_line("two\nlines", {{"a", std::string("\0\x1b[31m", 6)}});
  EXPECT_NE(line.find(R"("message":"two\u000alines","a":"\u0000\u001b[31m")"), std::string::npos) << line;
}

TEST(Log, what_is_no_utf8_is_replaced_so_that_json_stays_json) {
  const std::string_view damaged[] = {"\xff", "\xc3", "\xc0\xaf", "\xed\xa0\x80", "\xf5\x80\x80\x80", "\xe2\x82"};
  for (const std::string_view bytes : damaged) {
    const std::string line = json_line("m", {{"a", std::string(bytes) + "z"}});
    EXPECT_NE(line.find("\xEF\xBF\xBD"), std::string::npos);
    EXPECT_NE(line.find("z\"}"), std::string::npos) << line;
    EXPECT_EQ(line.find(bytes), std::string::npos);
  }
  EXPECT_NE(json_line("m", {{"a", "é€😀"}}).find("\"a\":\"é€😀\""), std::string::npos);
}

TEST(Log, numbers_json_has_no_word_for_are_null) {
  EXPECT_NE(json_line("m", {{"a", std::numeric_limits<double>::infinity()}, {"b", 1.0}}).find(R"("a":null,"b":1.000})"),
            std::string::npos);
  const std::string large = json_line("m", {{"a", 1e300}});
  EXPECT_EQ(large.substr(large.size() - 5), ".000}") << large;
}

TEST(Log, nothing_below_the_level_is_written) {
  const auto lines = lines_of({LogLevel::Warning, LogFormat::Text}, [](Log& log) {
    log.debug("a");
    log.info("b");
    log.warning("c");
    log.error("d");
    EXPECT_FALSE(log.enabled(LogLevel::Info));
  });
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_NE(lines[0].find(" warning c"), std::string::npos);
  EXPECT_NE(lines[1].find(" error d"), std::string::npos);
}

TEST(Log, an_off_log_is_silent) {
  EXPECT_TRUE(lines_of({LogLevel::Off, LogFormat::Text}, [](Log& log) { log.error("x"); }).empty());
}

TEST(Log, lines_of_many_threads_are_whole_and_none_is_lost) {
  const auto lines = lines_of(kText, [](Log& log) {
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&log] {
        for (int i = 0; i < 5000; ++i) {
          log.info("event", {{"n", i}, {"pad", "abcdefghijklmnopqrstuvwxyz"}});
        }
      });
    }
    for (std::thread& thread : threads) {
      thread.join();
    }
  });
  ASSERT_EQ(lines.size(), 20'000U);
  const std::regex whole(R"(.{24} info event n=\d+ pad=abcdefghijklmnopqrstuvwxyz)");
  for (std::size_t i = 0; i < lines.size(); i += 97) {
    EXPECT_TRUE(std::regex_match(lines[i], whole)) << lines[i];
  }
}

}  // namespace
}  // namespace tessera
