// The audit trail of a command: opened as the settings say, told who runs it, and what `admin` does with it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/config.h"
#include "app/metrics.h"
#include "auth/audit_trail.h"
#include "base/log.h"

namespace tessera::app {

// Where the trail is: audit.path, or `audit` in the data folder.
std::filesystem::path audit_folder(const Config& config);

// Nothing when the settings want none, or when it cannot be had and is not required. `log` is borrowed.
Result<std::unique_ptr<auth::AuditTrail>> open_audit(const Config& config, Log& log);

// Who runs this process: the name of the system's user.
auth::Identity system_user();

// One line of a command (`event`) that the system's user runs on this machine, on the disk when it returns ok.
// `what`: members of a JSON object. Ok where there is no trail.
Status audit_command(auth::AuditTrail* trail, std::string_view event, const Status& outcome, std::string_view what);

void watch_audit(Metrics& metrics, const auth::AuditTrail& trail);

struct VerifyAuditArguments {
  std::vector<std::string> anchors;
  bool json = false;
};
// 0: whole; 1: broken; 2: it could not be read, or there is none.
int run_verify_audit(const Config& config, const VerifyAuditArguments& arguments);

}  // namespace tessera::app
