// What the audit trail is told of a request (doc/audit.md): one place for all routes, called by Exchange. Reads are
// told as they are answered; a change is begun before its body is read, and answered once its line is on the disk.
#pragma once

#include <cstdint>
#include <string>

#include "archive/ingest.h"
#include "auth/audit_trail.h"
#include "net/http.h"

namespace tessera::dicomweb {

class Exchange;

// The peer, where it spoke for the client.
std::string_view proxy_of(const net::Request& request);

// An answer that changed nothing: a read, or a refusal.
void audit_answer(auth::AuditTrail& trail, const Exchange& exchange, int status);

// One change on its way: what it did so far. Holds copies, because an upload may be cut off while a thread still works
// on it. One thread's at a time.
class ChangeAudit {
 public:
  ChangeAudit(auth::AuditTrail& trail, const Exchange& exchange);

  // What became of an instance; lines are written as they fill, so that any number fits.
  void stored(const archive::StoreOutcome& outcome);
  void removed(std::uint64_t instances) { removed_ = instances; }

  // The last line. `then` is called once it, and all before it, are on the disk.
  void commit(int status, std::function<void(const Status&)> then);
  // There will be no answer: the peer has gone.
  void abandon();

 private:
  std::string take_what(bool last);
  auth::AuditEvent event(const std::string& what, int status) const;

  auth::AuditTrail& trail_;
  const std::string event_;
  const auth::Identity who_;
  const std::string from_, via_, request_;
  const std::string partition_, study_, series_, instance_;  // of the path
  std::string instances_;                                    // JSON, of the line that is being filled
  std::uint64_t listed_ = 0;
  std::uint64_t stored_ = 0, failed_ = 0, removed_ = 0;
};

}  // namespace tessera::dicomweb
