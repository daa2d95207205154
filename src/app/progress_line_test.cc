#include "app/progress_line.h"

#include <gtest/gtest.h>

#include "app/server_answer.h"

namespace tessera::app {
namespace {

Progress halfway() {
  return {.files_done = 5,
          .files_total = 10,
          .bytes_done = 50'000'000,
          .bytes_total = 100'000'000,
          .total_known = true,
          .seconds = 10,
          .file = "/slides/a.svs"};
}

TEST(ProgressLine, says_how_much_of_how_much_how_fast_and_how_long_yet) {
  EXPECT_EQ(progress_line(halfway(), 100),
            "[##########----------] 5/10 files  50.0 MB  5.0 MB/s  ETA 0:10  /slides/a.svs");
}

TEST(ProgressLine, never_is_wider_than_the_terminal) {
  Progress progress = halfway();
  for (const char* name : {"/slides/a.svs", "Gewebe-äöü-Präparat.svs", "組織標本の画像-2024-12.svs"}) {
    progress.file = name;
    for (unsigned width = 0; width < 140; ++width) {
      std::size_t columns = 0;
      for (const char c : progress_line(progress, width)) {
        columns += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? (static_cast<unsigned char>(c) < 0x80 ? 1 : 2) : 0;
      }
      EXPECT_LE(columns, width);
    }
  }
}

TEST(ProgressLine, moves_no_cursor_whatever_a_file_is_called) {
  EXPECT_EQ(printable("a\033[2Jb\n\x7F\xFF\xC3\xBC\xC2\x9B"), "a?[2Jb???\xC3\xBC?");
}

TEST(ProgressLine, writes_sizes_and_times_as_people_do) {
  EXPECT_EQ(bytes_text(999), "999 B");
  EXPECT_EQ(bytes_text(1000), "1.0 kB");
  EXPECT_EQ(bytes_text(999'960'000), "1.0 GB");
  EXPECT_EQ(time_text(59.6), "1:00");
  EXPECT_EQ(time_text(3723), "1:02:03");
}

TEST(ServerAnswer, quotes_the_server_s_sentence) {
  EXPECT_EQ(server_sentence(R"({"00081198":{"vr":"SQ","Value":[{"00081197":{"vr":"US","Value":[272]},)"
                            R"("00000902":{"vr":"LO","Value":["say \"no\""]}}]}})"),
            "say \"no\"");
  EXPECT_EQ(server_sentence("token is missing\r\nmore"), "token is missing");
  EXPECT_EQ(server_sentence(""), "");
}

TEST(ServerAnswer, tells_what_is_worth_another_try) {
  const auto code = [](int status, const char* body) {
    return refusal("u", {.status = status, .body = body, .content_type = {}, .cache_control = {}}).code();
  };
  EXPECT_EQ(code(503, ""), Code::Unavailable);
  EXPECT_EQ(code(409, R"({"00081197":{"vr":"US","Value":[45071]}})"), Code::Busy);
  EXPECT_EQ(code(409, R"({"00081197":{"vr":"US","Value":[45070]}})"), Code::AlreadyExists);
  EXPECT_EQ(code(409, R"({"00081197":{"vr":"US","Value":[272]}})"), Code::Corrupt);
  EXPECT_EQ(code(401, ""), Code::Unauthenticated);
  EXPECT_EQ(code(400, ""), Code::InvalidArgument);
  EXPECT_EQ(code(507, ""), Code::NoSpace);
  for (const int of_the_url : {301, 308, 404, 405}) {
    EXPECT_EQ(code(of_the_url, ""), Code::NotFound) << of_the_url;
  }
}

}  // namespace
}  // namespace tessera::app
