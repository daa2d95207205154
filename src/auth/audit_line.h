// A line of the audit trail: what makes it a link of the chain (doc/audit.md). Used by what writes the trail
// (audit_files.h) and what checks it (audit_verify.h). Pure.
//
//   line := '{"seq":' number ',' body ',"prev":"' hash '","hash":"' hash '"}' LF
//   body := members of a JSON object, the first of them '"time":"…"'
//   hash := 64 lower-case hex digits; the line's own is the SHA-256 of its bytes before ',"hash"', and with them of
//           the hash of the line before
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tessera::auth {

inline constexpr std::size_t kAuditHash = 64;
inline constexpr std::size_t kMaxAuditLine = 64 * 1024;  // with its LF; what writes one keeps far below
// The hash before the first line.
inline constexpr std::string_view kNoAuditHash = "0000000000000000000000000000000000000000000000000000000000000000";

// Views into the line that was parsed.
struct AuditLine {
  std::uint64_t seq = 0;
  std::string_view body, time, prev, hash;
};

// Without its LF. Corrupt, saying what is missing; a line that is returned has the hash of its own bytes.
Result<AuditLine> parse_audit_line(std::string_view line);

// The whole line with its LF; sealed_hash() finds its hash.
std::string seal_audit_line(std::uint64_t seq, std::string_view body, std::string_view prev);
std::string_view sealed_hash(std::string_view sealed);

std::string sha256_hex(std::string_view bytes);

// JSON text, always valid: bytes that are no UTF-8 become \u00XX.
void append_audit_text(std::string& out, std::string_view text);

}  // namespace tessera::auth
