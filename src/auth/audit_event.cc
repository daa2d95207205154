#include "auth/audit_event.h"

#include <chrono>
#include <cstdio>

#include "auth/audit_line.h"
#include "base/clock.h"

namespace tessera::auth {

namespace {

const char* proof_name(Proof proof) {
  switch (proof) {
    case Proof::None:
      return "none";
    case Proof::Token:
      return "token";
    default:
      return "credential";
  }
}

const char* outcome_name(AuditOutcome outcome) {
  switch (outcome) {
    case AuditOutcome::Success:
      return "success";
    case AuditOutcome::Denied:
      return "denied";
    case AuditOutcome::Failure:
      break;
  }
  return "failure";
}

std::string who_json(const Identity& who) {
  AuditObject object;
  object.text("subject", who.subject).text("issuer", who.issuer).text("proof", proof_name(who.proof));
  if (!who.roles.empty()) {
    std::string roles = "[";
    for (const std::string& role : who.roles) {
      roles += roles.size() > 1 ? "," : "";
      append_audit_text(roles, role);
    }
    object.json("roles", roles + "]");
  }
  return "{" + object.take() + "}";
}

}  // namespace

AuditOutcome outcome_of_http(int status) {
  if (status == 401 || status == 403) {
    return AuditOutcome::Denied;
  }
  return status >= 400 ? AuditOutcome::Failure : AuditOutcome::Success;
}

std::int64_t wall_micros() {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string audit_time(std::int64_t micros) {
  std::string text = rfc3339(micros / 1000);
  char rest[8];
  std::snprintf(rest, sizeof rest, "%03uZ", static_cast<unsigned>(micros % 1000));
  text.pop_back();
  return text + rest;
}

void AuditObject::begin(std::string_view name) {
  members_.append(members_.empty() ? "\"" : ",\"").append(name).append("\":");
}

AuditObject& AuditObject::text(std::string_view name, std::string_view value) {
  if (!value.empty()) {
    begin(name);
    append_audit_text(members_, value);
  }
  return *this;
}

AuditObject& AuditObject::number(std::string_view name, std::uint64_t value) {
  begin(name);
  members_ += std::to_string(value);
  return *this;
}

AuditObject& AuditObject::json(std::string_view name, std::string_view value) {
  begin(name);
  members_ += value;
  return *this;
}

std::string audit_body(const AuditEvent& event) {
  AuditObject body;
  body.text("time", audit_time(event.micros == 0 ? wall_micros() : event.micros));
  body.text("event", event.event).text("outcome", outcome_name(event.outcome));
  if (event.status != 0) {
    body.number("status", static_cast<std::uint64_t>(event.status));
  }
  if (event.who != nullptr) {
    body.json("who", who_json(*event.who));
  }
  body.text("from", event.from).text("via", event.via).text("request", event.request);
  if (!event.what.empty()) {
    body.json("what", "{" + std::string(event.what) + "}");
  }
  return body.take();
}

}  // namespace tessera::auth
