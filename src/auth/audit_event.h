// AuditEvent: who did what to which object from where with which result: the body of an audit line (audit_line.h).
// A plain value of views, made and turned into text on the thread where the thing happened.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "auth/identity.h"

namespace tessera::auth {

enum class AuditOutcome : std::uint8_t { Success, Denied, Failure };

// 401 and 403 are denials, below 400 all went well.
AuditOutcome outcome_of_http(int status);

struct AuditEvent {
  std::string_view event;  // "store", "retrieve", "search", …: doc/audit.md lists them
  AuditOutcome outcome = AuditOutcome::Success;
  int status = 0;                 // HTTP's; 0 where it was no request
  const Identity* who = nullptr;  // nobody: the program itself
  std::string_view from;          // the client's address, or "local"
  std::string_view via;           // the proxy that says so
  std::string_view request;       // its id
  std::string_view what;          // members of a JSON object; perhaps empty
  std::int64_t micros = 0;        // since 1970, UTC; 0: now
};

std::string audit_body(const AuditEvent& event);

std::int64_t wall_micros();
// "2026-11-25T04:03:01.123456Z"
std::string audit_time(std::int64_t micros);

// Builds the members of `what`.
class AuditObject {
 public:
  // Left out when empty.
  AuditObject& text(std::string_view name, std::string_view value);
  AuditObject& number(std::string_view name, std::uint64_t value);
  // JSON as it is.
  AuditObject& json(std::string_view name, std::string_view value);
  std::string take() { return std::move(members_); }

 private:
  void begin(std::string_view name);

  std::string members_;
};

}  // namespace tessera::auth
