#include "app/doctor.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "dicom/json.h"

namespace tessera::app {

namespace {

using Check = void (*)(const Config&, Findings&);
constexpr Check kChecks[] = {check_versions, check_folder,      check_space, check_catalog,    check_secrets,
                             check_clock,    check_listening,   check_tls,   check_public_url, check_cors,
                             check_issuers,  check_descriptors, check_user,  check_audit};

const char* name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::Ok:
      return "ok";
    case Verdict::Warning:
      return "warning";
    case Verdict::Error:
      break;
  }
  return "error";
}

void print_text(const Findings& findings) {
  for (const Finding& finding : findings) {
    std::printf("%-8s %-12s %s\n", name_of(finding.verdict), finding.check.c_str(), finding.what.c_str());
    if (!finding.mend.empty()) {
      std::printf("%-8s %-12s → %s\n", "", "", finding.mend.c_str());
    }
  }
}

void print_json(const Findings& findings) {
  std::string out = "[";
  for (const Finding& finding : findings) {
    out += out.size() > 1 ? ",\n " : "\n ";
    const std::pair<const char*, std::string> members[] = {{"{\"check\":", finding.check},
                                                           {",\"verdict\":", name_of(finding.verdict)},
                                                           {",\"what\":", finding.what},
                                                           {",\"mend\":", finding.mend}};
    for (const auto& [name, value] : members) {
      out += name;
      dicom::append_json_string(out, value);
    }
    out += "}";
  }
  std::printf("%s\n]\n", out.c_str());
}

}  // namespace

int run_doctor(const Config& config, bool json) {
  Findings findings;
  const Status sound = check_config(config);
  if (!sound.ok()) {
    findings.push_back({"configuration", Verdict::Error, std::string(sound.message()), "change the settings so"});
  }
  for (const Check check : kChecks) {
    check(config, findings);
  }
  (json ? print_json : print_text)(findings);
  const bool wrong = std::any_of(findings.begin(), findings.end(),
                                 [](const Finding& finding) { return finding.verdict == Verdict::Error; });
  return wrong ? 1 : 0;
}

}  // namespace tessera::app
