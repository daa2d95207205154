// The folder of the audit trail (doc/audit.md): the chain's files, which sort by the number of their first line, and
// `last`, which says where the chain ended when it was last known to be on the disk.
//
//   {UTC date}-{number of the first line}.jsonl     20261125-000000000001.jsonl
//   last := number ' ' hash ' ' file ' ' size LF     numbers of 20 digits; written over in place
//   lock                                             flock: who appends holds it
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tessera::auth {

struct AuditFileName {
  std::string name;
  std::uint64_t first = 0;  // the number of its first line
};

std::string audit_file_name(std::string_view date, std::uint64_t first);
std::optional<AuditFileName> parse_audit_file_name(std::string_view name);

// In the chain's order. NotFound when there is no folder.
Result<std::vector<AuditFileName>> list_audit_files(const std::filesystem::path& folder);

// The end of a chain.
struct AuditEnd {
  std::uint64_t seq = 0;  // 0: there is no line
  std::string hash = {};  // of the last line
  std::string file = {};
  std::uint64_t size = 0;  // of the file

  bool operator==(const AuditEnd&) const = default;
};

inline constexpr std::string_view kAuditLast = "last";
inline constexpr std::string_view kAuditLock = "lock";

std::string print_audit_end(const AuditEnd& end);
Result<AuditEnd> parse_audit_end(std::string_view text);
// What `last` says; nothing when there is none. Corrupt when it cannot be read.
Result<std::optional<AuditEnd>> read_audit_end(const std::filesystem::path& folder);

}  // namespace tessera::auth
