// `tessera doctor`: looks at a set-up from outside and says what is wrong and how to mend it. Changes nothing but one
// empty file that it makes in the data folder and removes. Works with the server running or not.
#pragma once

#include <string>
#include <vector>

#include "app/config.h"

namespace tessera::app {

enum class Verdict { Ok, Warning, Error };

struct Finding {
  std::string check;  // "catalog", "port", …
  Verdict verdict = Verdict::Ok;
  std::string what;
  std::string mend;  // what to do; empty when ok
};
using Findings = std::vector<Finding>;

// The checks, each adding what it found. doctor_folder.cc, doctor_audit.cc, doctor_network.cc, doctor_tls.cc,
// doctor_issuers.cc, doctor_host.cc.
void check_folder(const Config& config, Findings& out);
void check_space(const Config& config, Findings& out);
void check_catalog(const Config& config, Findings& out);
void check_secrets(const Config& config, Findings& out);
void check_listening(const Config& config, Findings& out);
void check_tls(const Config& config, Findings& out);
void check_public_url(const Config& config, Findings& out);
void check_cors(const Config& config, Findings& out);
void check_issuers(const Config& config, Findings& out);
void check_audit(const Config& config, Findings& out);
void check_clock(const Config& config, Findings& out);
void check_descriptors(const Config& config, Findings& out);
void check_user(const Config& config, Findings& out);
void check_versions(const Config& config, Findings& out);

// 1 when a finding is an error.
int run_doctor(const Config& config, bool json);

// Why `who` may or may not `what` (auth/explain.h; `what` may be "METHOD PATH", too). 0: allowed, 1: refused, 2: a word
// could not be understood, or the policy not be read.
int run_explain_access(const Config& config, const std::string& who, const std::string& what);

}  // namespace tessera::app
