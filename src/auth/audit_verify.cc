#include "auth/audit_verify.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "auth/audit_event.h"
#include "auth/audit_folder.h"
#include "auth/audit_line.h"
#include "base/file.h"

namespace tessera::auth {

namespace {

constexpr std::size_t kRead = 256 * 1024;

class Verifier {
 public:
  explicit Verifier(std::vector<AuditAnchor> anchors) : anchors_(std::move(anchors)) {}

  // Reads a file through, in the chain's order; `newest`: its last line may be under way.
  Status read(const std::filesystem::path& folder, const AuditFileName& name, bool newest) {
    TRY_ASSIGN(const File file, File::open_read(folder / name.name));
    TRY_ASSIGN(const std::uint64_t size, file.size());
    ++report_.files;
    file_ = name.name;
    line_ = 0;
    first_of_file_ = name.first;
    std::string held;
    for (std::uint64_t at = 0; at < size && !report_.broken;) {
      const std::size_t begin = held.size();
      held.resize(begin + static_cast<std::size_t>(std::min<std::uint64_t>(kRead, size - at)));
      RETURN_IF_ERROR(
          file.read_at(at, MutableBytes(reinterpret_cast<std::uint8_t*>(held.data()) + begin, held.size() - begin)));
      at += held.size() - begin;
      take_lines(held);
    }
    report_.bytes += size;
    if (!report_.broken && !held.empty()) {
      take_rest(held, newest);
    }
    if (!report_.broken && !newest && line_ == 0) {
      break_at("the file is empty");
    }
    return {};
  }

  AuditReport finish(bool whole) {
    if (!report_.broken && torn_) {
      torn_is_last();
    }
    for (const AuditAnchor& anchor : anchors_) {
      if (report_.broken || anchor.seq == 0) {
        break;
      }
      line_ = 0;
      if (anchor.seq > report_.last_seq) {
        break_at("lines up to " + std::to_string(anchor.seq) + " were there once: the end is missing");
      } else if (whole && anchor.seq < report_.first_seq) {
        file_.clear();
        break_at("line " + std::to_string(anchor.seq) + " is not here: the trail begins at " +
                 std::to_string(report_.first_seq));
      }
    }
    return std::move(report_);
  }

 private:
  void take_lines(std::string& held) {
    std::size_t begin = 0;
    while (!report_.broken) {
      const std::size_t end = held.find('\n', begin);
      if (end == held.npos) {
        break;
      }
      take(std::string_view(held).substr(begin, end - begin));
      begin = end + 1;
    }
    held.erase(0, begin);
    if (held.size() > kMaxAuditLine && !report_.broken) {
      ++line_;
      break_at("is longer than any audit line");
    }
  }

  void take_rest(std::string_view rest, bool newest) {
    if (newest) {
      report_.unfinished = rest.size();
    } else {
      ++line_;
      break_at("has no end");
    }
  }

  void take(std::string_view text) {
    ++line_;
    const Result<AuditLine> line = parse_audit_line(text);
    if (!line.ok()) {
      if (torn_ || line_ == 1) {
        break_at(std::string(line.status().message()));
        return;
      }
      // Perhaps what a crash cut: then the next line says so.
      torn_ = true;
      torn_line_ = line_;
      torn_reason_ = line.status().message();
      AuditObject what;
      what.number("bytes", text.size()).text("sha256", sha256_hex(text));
      torn_what_ = "\"event\":\"repaired\",\"outcome\":\"success\",\"what\":{" + what.take() + "}";
      return;
    }
    if (torn_ && !line->body.ends_with(torn_what_)) {
      torn_is_last();
      return;
    }
    report_.repaired += torn_ ? 1 : 0;
    torn_ = false;
    follow(*line);
  }

  void follow(const AuditLine& line) {
    const std::string number = std::to_string(line.seq);
    if (line_ == 1 && line.seq != first_of_file_) {
      return break_at("has the number " + number + ", and the file's name says " + std::to_string(first_of_file_));
    }
    if (report_.lines == 0) {
      report_.first_seq = line.seq;
      report_.first_time = line.time;
      if (line.seq == 1 && line.prev != kNoAuditHash) {
        return break_at("is the first, and says that there was one before");
      }
    } else if (line.seq != report_.last_seq + 1) {
      return break_at("has the number " + number + ", and follows " + std::to_string(report_.last_seq) +
                      (line.seq > report_.last_seq ? ": lines are missing" : ": lines were put in or moved"));
    } else if (line.prev != report_.last_hash) {
      return break_at("does not follow the line before it: that one was changed, or this one put in");
    }
    for (const AuditAnchor& anchor : anchors_) {
      if (anchor.seq == line.seq && anchor.hash != line.hash) {
        return break_at("is not the line " + number + " that there was once");
      }
    }
    if (line.body.find("\"event\":\"broken\",\"outcome\":\"failure\"") != line.body.npos) {
      return break_at("says that the trail was found broken when it was written: " + std::string(line.body));
    }
    ++report_.lines;
    report_.last_seq = line.seq;
    report_.last_hash = line.hash;
    report_.last_time = line.time;
  }

  void torn_is_last() {
    line_ = torn_line_;
    break_at(torn_reason_);
  }

  void break_at(std::string reason) {
    if (!report_.broken) {
      report_.broken = AuditBreak{file_, line_, std::move(reason)};
    }
  }

  const std::vector<AuditAnchor> anchors_;
  AuditReport report_;
  std::string file_;
  std::uint64_t line_ = 0;
  std::uint64_t first_of_file_ = 0;
  bool torn_ = false;
  std::uint64_t torn_line_ = 0;
  std::string torn_reason_;
  std::string torn_what_;
};

Result<AuditReport> verify(const std::filesystem::path& folder, std::vector<AuditAnchor> anchors, bool whole) {
  // First, so that what is read afterwards holds it.
  const auto last = read_audit_end(folder);
  if (!last.ok() && last.status().code() != Code::Corrupt) {
    return last.status();
  }
  if (last.ok() && *last) {
    anchors.push_back({(*last)->seq, (*last)->hash});
  }
  TRY_ASSIGN(auto files, list_audit_files(folder));
  if (files.empty() && anchors.empty()) {
    return Status(Code::NotFound, "there is no audit trail in '" + folder.string() + "'");
  }
  if (!whole && files.size() > 1) {
    files.erase(files.begin(), files.end() - 1);
  }
  Verifier verifier(std::move(anchors));
  for (const AuditFileName& file : files) {
    RETURN_IF_ERROR(verifier.read(folder, file, &file == &files.back()));
  }
  AuditReport report = verifier.finish(whole);
  if (!last.ok() && !report.broken) {
    report.broken = AuditBreak{std::string(kAuditLast), 0, "does not say where the trail ended"};
  }
  return report;
}

}  // namespace

Result<AuditAnchor> parse_audit_anchor(std::string_view text) {
  AuditAnchor anchor;
  const std::size_t colon = std::min(text.find(':'), text.size());
  const auto parsed = std::from_chars(text.data(), text.data() + colon, anchor.seq);
  anchor.hash = colon < text.size() ? text.substr(colon + 1) : std::string_view();
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + colon || anchor.hash.size() != kAuditHash) {
    return Status(Code::InvalidArgument,
                  "an anchor is NUMBER:HASH, as the log has them, not '" + std::string(text) + "'");
  }
  return anchor;
}

Result<AuditReport> verify_audit(const std::filesystem::path& folder, std::vector<AuditAnchor> anchors) {
  return verify(folder, std::move(anchors), true);
}

Result<AuditReport> verify_newest_audit_file(const std::filesystem::path& folder) {
  return verify(folder, {}, false);
}

}  // namespace tessera::auth
