#include <cstdio>

#include "app/audit.h"
#include "auth/audit_verify.h"

namespace tessera::app {

namespace {

constexpr int kUnreadable = 2;

Result<auth::AuditReport> verify(const Config& config, const VerifyAuditArguments& arguments) {
  std::vector<auth::AuditAnchor> anchors;
  for (const std::string& text : arguments.anchors) {
    TRY_ASSIGN(auth::AuditAnchor anchor, auth::parse_audit_anchor(text));
    anchors.push_back(std::move(anchor));
  }
  return auth::verify_audit(audit_folder(config), std::move(anchors));
}

void print_json(const auth::AuditReport& report) {
  auth::AuditObject out;
  out.json("whole", report.broken ? "false" : "true").number("files", report.files).number("lines", report.lines);
  out.number("bytes", report.bytes).number("first_seq", report.first_seq).number("last_seq", report.last_seq);
  out.text("last_hash", report.last_hash).text("first_time", report.first_time).text("last_time", report.last_time);
  out.number("repaired", report.repaired).number("unfinished_bytes", report.unfinished);
  if (report.broken) {
    auth::AuditObject where;
    where.text("file", report.broken->file).number("line", report.broken->line).text("reason", report.broken->reason);
    out.json("broken", "{" + where.take() + "}");
  }
  std::printf("{%s}\n", out.take().c_str());
}

unsigned long long printable(std::uint64_t number) {
  return number;
}

void print_text(const auth::AuditReport& report) {
  std::printf("%llu lines in %llu files, %.1f MB\n", printable(report.lines), printable(report.files),
              static_cast<double>(report.bytes) / 1e6);
  if (report.lines > 0) {
    std::printf("lines %llu to %llu, from %s to %s\nthe last line's hash is %s\n", printable(report.first_seq),
                printable(report.last_seq), report.first_time.c_str(), report.last_time.c_str(),
                report.last_hash.c_str());
  }
  if (report.first_seq > 1) {
    std::printf("the trail begins at line %llu: the files before it are not here\n", printable(report.first_seq));
  }
  if (report.repaired > 0) {
    std::printf("%llu lines were cut by a crash, and closed by the start after it\n", printable(report.repaired));
  }
  if (report.unfinished > 0) {
    std::printf("%llu bytes at the end are no line yet: one is being written, or a crash cut it\n",
                printable(report.unfinished));
  }
  if (!report.broken) {
    std::printf("nothing was changed, taken out, put in or moved\n");
    return;
  }
  const std::string place =
      report.broken->line > 0 ? report.broken->file + ":" + std::to_string(report.broken->line) : report.broken->file;
  std::printf("BROKEN at %s: %s\n", place.empty() ? "the trail" : place.c_str(), report.broken->reason.c_str());
}

}  // namespace

int run_verify_audit(const Config& config, const VerifyAuditArguments& arguments) {
  const auto report = verify(config, arguments);
  if (!report.ok()) {
    std::fprintf(stderr, "tessera: verify the audit trail: %s\n", std::string(report.status().message()).c_str());
    return kUnreadable;
  }
  (arguments.json ? print_json : print_text)(*report);
  return report->broken ? 1 : 0;
}

}  // namespace tessera::app
