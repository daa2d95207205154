// Verification of an audit trail: whether every line is there, in its place and as it was written (doc/audit.md). Works
// beside processes that append. Memory: one line.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace tessera::auth {

// A line known from elsewhere (the server's log): the trail must hold it.
struct AuditAnchor {
  std::uint64_t seq = 0;
  std::string hash;
};
// "SEQ:HASH"
Result<AuditAnchor> parse_audit_anchor(std::string_view text);

struct AuditBreak {
  std::string file;
  std::uint64_t line = 0;  // from 1; 0: about the file, or the trail, as a whole
  std::string reason;
};

struct AuditReport {
  std::uint64_t files = 0;
  std::uint64_t lines = 0;
  std::uint64_t bytes = 0;
  std::uint64_t first_seq = 0;
  std::uint64_t last_seq = 0;
  std::string last_hash;
  std::string first_time, last_time;
  std::uint64_t repaired = 0;        // lines that a crash cut, and that the next start closed
  std::uint64_t unfinished = 0;      // bytes at the end that are no line yet, or were cut by a crash just now
  std::optional<AuditBreak> broken;  // the first
};

// NotFound when there is no trail, IoError when it cannot be read. A trail may begin after line 1: the oldest files may
// have been put elsewhere.
Result<AuditReport> verify_audit(const std::filesystem::path& folder, std::vector<AuditAnchor> anchors = {});

// The newest file alone, against its own beginning and the end that is known.
Result<AuditReport> verify_newest_audit_file(const std::filesystem::path& folder);

}  // namespace tessera::auth
