// The chain on the disk: what is written is found whole, and whatever is done to it afterwards is found.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <random>
#include <sstream>

#include "auth/audit_event.h"
#include "auth/audit_files.h"
#include "auth/audit_line.h"
#include "auth/audit_verify.h"

namespace tessera::auth {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class AuditChain : public testing::Test {
 protected:
  AuditChain() {
    std::string pattern = (fs::temp_directory_path() / "tessera-audit-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~AuditChain() override { fs::remove_all(folder_); }

  fs::path trail() const { return folder_ / "audit"; }

  std::unique_ptr<AuditFiles> open(std::uint64_t max_file_bytes = 1 << 20) const {
    auto files = AuditFiles::open({trail(), max_file_bytes});
    EXPECT_TRUE(files.ok()) << files.status().message();
    return std::move(*files);
  }

  static std::string body(int number) {
    Identity who;
    who.subject = "user \"" + std::to_string(number) + "\"\n\xff";
    const std::string what = AuditObject().text("study", "1.2." + std::to_string(number)).take();
    AuditEvent event;
    event.event = "store";
    event.status = 200;
    event.who = &who;
    event.from = "192.0.2.1";
    event.what = what;
    return audit_body(event);
  }

  void write(AuditFiles& files, int begin, int end) const {
    std::vector<std::string> bodies;
    for (int number = begin; number < end; ++number) {
      bodies.push_back(body(number));
    }
    const Status status = files.append(bodies);
    ASSERT_TRUE(status.ok()) << status.message();
  }

  AuditReport verify(std::vector<AuditAnchor> anchors = {}) const {
    const auto report = verify_audit(trail(), std::move(anchors));
    EXPECT_TRUE(report.ok()) << report.status().message();
    return report.ok() ? *report : AuditReport{};
  }

  std::vector<fs::path> files() const {
    std::vector<fs::path> paths;
    const auto names = list_audit_files(trail());
    for (const AuditFileName& name : *names) {
      paths.push_back(trail() / name.name);
    }
    return paths;
  }

  static std::string read(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
  }

  static void replace(const fs::path& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
  }

  fs::path folder_;
};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::stringstream in(text);
  for (std::string line; std::getline(in, line);) {
    lines.push_back(line + "\n");
  }
  return lines;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) {
    text += line;
  }
  return text;
}

TEST_F(AuditChain, what_was_appended_is_whole) {
  auto files = open();
  write(*files, 0, 10);
  write(*files, 10, 12);
  const AuditReport report = verify();
  EXPECT_FALSE(report.broken) << report.broken->reason;
  EXPECT_EQ(report.lines, 13u);  // the first says that the file begins
  EXPECT_EQ(report.first_seq, 1u);
  EXPECT_EQ(report.last_seq, 13u);
  EXPECT_EQ(report.last_hash, files->end().hash);
}

TEST_F(AuditChain, nobody_else_may_look) {
  auto files = open();
  write(*files, 0, 1);
  struct stat info {};
  ASSERT_EQ(::stat(trail().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0700u);
  for (const auto& entry : fs::directory_iterator(trail())) {
    ASSERT_EQ(::stat(entry.path().c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600u) << entry.path();
  }
}

TEST_F(AuditChain, a_full_file_is_followed_by_another_and_the_chain_goes_on) {
  auto files = open(2000);
  for (int number = 0; number < 40; ++number) {
    write(*files, number, number + 1);
  }
  EXPECT_GE(this->files().size(), 4u);
  const AuditReport report = verify();
  EXPECT_FALSE(report.broken) << report.broken->reason;
  EXPECT_EQ(report.lines, 40 + this->files().size());
  const std::string second = lines_of(read(this->files()[1]))[0];
  EXPECT_THAT(second, HasSubstr("\"event\":\"continued\""));
  EXPECT_THAT(second, HasSubstr("\"former_file\":\"" + this->files()[0].filename().string()));
}

TEST_F(AuditChain, the_oldest_files_may_be_put_elsewhere) {
  auto files = open(2000);
  for (int number = 0; number < 40; ++number) {
    write(*files, number, number + 1);
  }
  const std::string first = lines_of(read(this->files()[0]))[1];
  fs::remove(this->files()[0]);
  AuditReport report = verify();
  EXPECT_FALSE(report.broken) << report.broken->reason;
  EXPECT_GT(report.first_seq, 1u);
  report = verify({{2, std::string(parse_audit_line(first.substr(0, first.size() - 1))->hash)}});
  ASSERT_TRUE(report.broken);
  EXPECT_THAT(report.broken->reason, HasSubstr("the trail begins at"));
}

TEST_F(AuditChain, two_writers_share_one_chain) {
  auto one = open();
  auto other = open();
  for (int number = 0; number < 20; number += 2) {
    write(*one, number, number + 1);
    write(*other, number + 1, number + 2);
  }
  const AuditReport report = verify();
  EXPECT_FALSE(report.broken) << report.broken->reason;
  EXPECT_EQ(report.lines, 21u);
}

TEST_F(AuditChain, processes_at_once_share_one_chain) {
  constexpr int kProcesses = 4, kLines = 50;
  for (int process = 0; process < kProcesses; ++process) {
    if (::fork() == 0) {
      auto files = AuditFiles::open({trail(), 4000});
      bool good = files.ok();
      for (int number = 0; good && number < kLines; ++number) {
        const std::string line = body(number);
        good = (*files)->append({&line, 1}).ok();
      }
      ::_exit(good ? 0 : 1);
    }
  }
  for (int process = 0; process < kProcesses; ++process) {
    int state = 0;
    ::wait(&state);
    EXPECT_EQ(state, 0);
  }
  const AuditReport report = verify();
  EXPECT_FALSE(report.broken) << report.broken->file << ":" << report.broken->line << " " << report.broken->reason;
  EXPECT_EQ(report.lines, kProcesses * kLines + report.files);
}

// A crash while a line was being written, at every byte of it.
TEST_F(AuditChain, a_line_that_a_crash_cut_is_closed_by_the_next_start_and_is_no_edit) {
  auto files = open();
  write(*files, 0, 3);
  const fs::path path = this->files()[0];
  const std::string before = read(path);
  const std::string line = seal_audit_line(files->end().seq + 1, body(3), files->end().hash);
  for (std::size_t cut = 1; cut + 1 < line.size(); cut += 7) {
    files.reset();
    replace(path, before + line.substr(0, cut));
    fs::remove(trail() / kAuditLast);
    AuditReport report = verify();
    EXPECT_FALSE(report.broken) << cut;
    EXPECT_EQ(report.unfinished, cut);
    files = open();
    write(*files, 4, 6);
    report = verify();
    ASSERT_FALSE(report.broken) << cut << ": " << report.broken->reason;
    EXPECT_EQ(report.repaired, 1u) << cut;
    EXPECT_EQ(report.lines, 7u) << cut;
    // What was cut is chained, too.
    std::string changed = read(path);
    changed[before.size()] ^= 1;
    replace(path, changed);
    EXPECT_TRUE(verify().broken) << cut;
  }
}

TEST_F(AuditChain, lines_that_a_crash_kept_from_last_are_no_edit) {
  auto files = open();
  write(*files, 0, 3);
  const std::string last = read(trail() / kAuditLast);
  write(*files, 3, 6);
  files.reset();
  replace(trail() / kAuditLast, last);
  EXPECT_FALSE(verify().broken);
  files = open();
  write(*files, 6, 7);
  EXPECT_FALSE(verify().broken);
}

TEST_F(AuditChain, a_tail_that_was_cut_off_is_found_before_and_after_the_next_start) {
  auto files = open();
  write(*files, 0, 6);
  files.reset();
  const fs::path path = this->files()[0];
  auto lines = lines_of(read(path));
  lines.pop_back();
  replace(path, joined(lines));
  AuditReport report = verify();
  ASSERT_TRUE(report.broken);
  EXPECT_THAT(report.broken->reason, HasSubstr("the end is missing"));
  files = open();
  write(*files, 6, 8);
  report = verify();
  ASSERT_TRUE(report.broken);
  EXPECT_THAT(report.broken->reason, HasSubstr("lines are missing"));
}

TEST_F(AuditChain, a_trail_that_was_emptied_is_found_before_and_after_the_next_start) {
  auto files = open();
  write(*files, 0, 6);
  files.reset();
  fs::remove(this->files()[0]);
  EXPECT_TRUE(verify().broken);
  files = open();
  write(*files, 6, 8);
  EXPECT_TRUE(verify().broken);
}

// With the file `last` gone too, only what was noted elsewhere tells.
TEST_F(AuditChain, an_anchor_from_elsewhere_finds_a_chain_that_was_made_anew) {
  auto files = open();
  write(*files, 0, 6);
  const AuditAnchor anchor{files->end().seq, files->end().hash};
  files.reset();
  fs::remove_all(trail());
  files = open();
  write(*files, 10, 17);
  EXPECT_FALSE(verify().broken);
  const AuditReport report = verify({anchor});
  ASSERT_TRUE(report.broken);
  EXPECT_THAT(report.broken->reason, HasSubstr("is not the line"));
}

// Any edit of lines or bytes: changed, taken out, put in, doubled, moved, cut.
TEST_F(AuditChain, every_edit_is_found) {
  auto files = open(3000);
  for (int number = 0; number < 30; number += 3) {
    write(*files, number, number + 3);
  }
  files.reset();
  ASSERT_FALSE(verify().broken);
  std::vector<std::string> texts;
  for (const fs::path& path : this->files()) {
    texts.push_back(read(path));
  }
  ASSERT_GE(texts.size(), 3u);
  std::mt19937 random(20261125);
  const auto below = [&random](std::size_t limit) {
    return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random);
  };
  for (int round = 0; round < 600; ++round) {
    const std::size_t at = below(texts.size());
    std::string text = texts[at];
    std::vector<std::string> lines = lines_of(text);
    const std::size_t line = below(lines.size()), other = below(lines.size()), byte = below(text.size());
    const int kind = static_cast<int>(below(8));
    switch (kind) {
      case 0:
        text[byte] = static_cast<char>(text[byte] ^ (1 << below(8)));
        break;
      case 1:
        text.erase(byte, 1 + below(3));
        break;
      case 2:
        text.insert(byte, 1, static_cast<char>(below(256)));
        break;
      case 3:
        lines.erase(lines.begin() + static_cast<long>(line));
        text = joined(lines);
        break;
      case 4:
        lines.insert(lines.begin() + static_cast<long>(line), lines[other]);
        text = joined(lines);
        break;
      case 5:
        std::swap(lines[line], lines[other]);
        text = joined(lines);
        break;
      case 6:
        text.resize(byte);
        break;
      case 7: {  // a line of the editor's own, sealed as it should be
        const AuditLine place = *parse_audit_line(std::string_view(lines[line]).substr(0, lines[line].size() - 1));
        lines[line] = seal_audit_line(place.seq, body(99), place.prev);
        text = joined(lines);
        break;
      }
    }
    if (text == texts[at]) {
      continue;
    }
    replace(this->files()[at], text);
    EXPECT_TRUE(verify().broken) << "round " << round << ", kind " << kind << ", file " << at;
    replace(this->files()[at], texts[at]);
  }
  const auto paths = this->files();
  fs::rename(paths[1], folder_ / "aside");
  AuditReport report = verify();
  ASSERT_TRUE(report.broken);
  EXPECT_THAT(report.broken->reason, HasSubstr("lines are missing"));
  EXPECT_EQ(report.broken->file, paths[2].filename().string());
  EXPECT_EQ(report.broken->line, 1u);
  fs::rename(folder_ / "aside", paths[1]);
  EXPECT_FALSE(verify().broken);
}

TEST_F(AuditChain, a_break_is_named_by_file_and_line) {
  auto files = open();
  write(*files, 0, 6);
  files.reset();
  const fs::path path = this->files()[0];
  auto lines = lines_of(read(path));
  lines[3].replace(lines[3].find("1.2.2"), 5, "1.2.9");
  replace(path, joined(lines));
  const AuditReport report = verify();
  ASSERT_TRUE(report.broken);
  EXPECT_EQ(report.broken->file, path.filename().string());
  EXPECT_EQ(report.broken->line, 4u);
  EXPECT_THAT(report.broken->reason, HasSubstr("was changed"));
}

TEST(AuditText, is_json_whatever_the_bytes) {
  std::string out;
  append_audit_text(out, "a\"\\\n\x7f\xc3\xa9\xff\xed\xa0\x80");
  EXPECT_EQ(out, "\"a\\\"\\\\\\u000a\\u007f\xc3\xa9\\u00ff\\u00ed\\u00a0\\u0080\"");
}

}  // namespace
}  // namespace tessera::auth
