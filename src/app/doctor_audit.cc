// What the doctor asks of the audit trail: is it private, is its newest part whole, does it grow without end.
#include <sys/stat.h>

#include "app/audit.h"
#include "app/doctor.h"
#include "auth/audit_folder.h"
#include "auth/audit_verify.h"

namespace tessera::app {

void check_audit(const Config& config, Findings& out) {
  if (!config.audit_enabled) {
    out.push_back({"audit", Verdict::Warning, "nothing is audited", "set audit.enabled = true"});
    return;
  }
  const std::filesystem::path folder = audit_folder(config);
  struct stat info {};
  if (::stat(folder.c_str(), &info) != 0) {
    out.push_back({"audit", Verdict::Ok, "there is no trail yet; the first start makes '" + folder.string() + "'", ""});
    return;
  }
  if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    out.push_back({"audit", Verdict::Error, "others may look into '" + folder.string() + "'",
                   "chmod go= '" + folder.string() + "': it may hold names of patients"});
  }
  const auto files = auth::list_audit_files(folder);
  const auto report = auth::verify_newest_audit_file(folder);
  if (!report.ok() || !files.ok()) {
    const bool none = report.status().code() == Code::NotFound;
    out.push_back({"audit", none ? Verdict::Ok : Verdict::Error, std::string(report.status().message()),
                   none ? "" : "run the doctor as the user that the server runs as"});
  } else if (report->broken) {
    out.push_back({"audit", Verdict::Error,
                   "broken at " + report->broken->file + ":" + std::to_string(report->broken->line) + ": " +
                       report->broken->reason,
                   "keep a copy, run 'tessera admin verify-audit', and find out who can write there"});
  } else {
    out.push_back({"audit", Verdict::Ok,
                   std::to_string(files->size()) + " files; the newest is whole up to line " +
                       std::to_string(report->last_seq) + " of " + report->last_time,
                   ""});
  }
}

}  // namespace tessera::app
