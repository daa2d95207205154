#include "app/audit.h"

#include <pwd.h>
#include <unistd.h>

namespace tessera::app {

std::filesystem::path audit_folder(const Config& config) {
  return config.audit_path.empty() ? config.data / "audit" : std::filesystem::path(config.audit_path);
}

Result<std::unique_ptr<auth::AuditTrail>> open_audit(const Config& config, Log& log) {
  if (!config.audit_enabled) {
    return std::unique_ptr<auth::AuditTrail>();
  }
  auth::AuditTrail::Options options;
  options.folder = audit_folder(config);
  options.required = config.audit_required;
  options.query_values = config.audit_searches == "values";
  options.window_micros = std::chrono::microseconds(config.audit_window).count();
  options.max_file_bytes = std::uint64_t{config.audit_file_mib} << 20;
  auto trail = auth::AuditTrail::open(std::move(options), log);
  if (!trail.ok() && !config.audit_required) {
    log.error("nothing is audited", {{"why", trail.status().message()}});
    return std::unique_ptr<auth::AuditTrail>();
  }
  return trail;
}

auth::Identity system_user() {
  auth::Identity user;
  user.issuer = "system";
  passwd entry{};
  passwd* known = nullptr;
  char text[4096];
  (void)::getpwuid_r(::getuid(), &entry, text, sizeof text, &known);
  user.subject = known != nullptr ? known->pw_name : "uid " + std::to_string(::getuid());
  return user;
}

Status audit_command(auth::AuditTrail* trail, std::string_view event, const Status& outcome, std::string_view what) {
  if (trail == nullptr) {
    return {};
  }
  const auth::Identity user = system_user();
  std::string members(what);
  if (!outcome.ok()) {
    members += (members.empty() ? "" : ",") + auth::AuditObject().text("code", code_name(outcome.code())).take();
  }
  auth::AuditEvent line;
  line.event = event;
  line.outcome = outcome.ok() ? auth::AuditOutcome::Success : auth::AuditOutcome::Failure;
  line.who = &user;
  line.from = "local";
  line.what = members;
  return trail->commit(line);
}

void watch_audit(Metrics& metrics, const auth::AuditTrail& trail) {
  metrics.collect([&trail](Exposition& out) {
    const auth::AuditTrail::Counts counts = trail.counts();
    out.family("tessera_audit_lines_total", "counter", "Audit lines on the disk.");
    out.sample(static_cast<double>(counts.lines));
    out.family("tessera_audit_lost_total", "counter", "Audit lines that there was no room for.");
    out.sample(static_cast<double>(counts.lost));
    out.family("tessera_audit_queued_bytes", "gauge", "Audit lines that wait to be written, in bytes.");
    out.sample(static_cast<double>(counts.queued_bytes));
    out.family("tessera_audit_failing", "gauge", "1: the audit trail cannot be written.");
    out.sample(counts.failing ? 1 : 0);
  });
}

}  // namespace tessera::app
