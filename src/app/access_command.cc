// `tessera doctor --explain-access`, and the route table for tests.
#include <algorithm>
#include <cstdio>
#include <string>

#include "app/commands.h"
#include "app/doctor.h"
#include "archive/data_folder.h"
#include "auth/explain.h"
#include "auth/policy_source.h"
#include "base/clock.h"
#include "catalog/keys.h"
#include "dicomweb/routes.h"

namespace tessera::app {

namespace {

// The roles that a key was made with.
Status add_key_roles(const Config& config, auth::Identity& identity) {
  TRY_ASSIGN(const archive::DataFolder folder, archive::open_data_folder(config.data));
  const SystemClock clock;
  TRY_ASSIGN(const auto rows, catalog::Keys(*folder.database, clock).list());
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const catalog::KeyRow& row) {
    return row.name == identity.subject && !row.revoked_millis;
  });
  if (found == rows.end()) {
    return Status(Code::NotFound, "there is no key named '" + identity.subject + "' that is not revoked");
  }
  if (found->expires_millis.value_or(clock.wall_millis() + 1) <= clock.wall_millis()) {
    return Status(Code::NotFound, "the key '" + identity.subject + "' has expired");
  }
  identity.roles.insert(identity.roles.end(), found->roles.begin(), found->roles.end());
  return {};
}

Status add_token_role(const Config& config, auth::Identity& identity) {
  const auto found = std::find_if(config.tokens.begin(), config.tokens.end(),
                                  [&](const auth::StaticToken& token) { return token.name == identity.subject; });
  if (found == config.tokens.end()) {
    return Status(Code::NotFound, "the configuration has no token named '" + identity.subject + "'");
  }
  identity.roles.push_back(found->role);
  return {};
}

Result<auth::Identity> read_who(const Config& config, const std::string& who) {
  TRY_ASSIGN(auth::Identity identity, auth::parse_caller(who));
  if (identity.proof == auth::Proof::Key) {
    RETURN_IF_ERROR(add_key_roles(config, identity));
  } else if (who.starts_with("token:") || who.find(",token:") != who.npos) {
    RETURN_IF_ERROR(add_token_role(config, identity));
  }
  return identity;
}

Result<auth::Question> read_what(const Config& config, const std::string& what) {
  const std::size_t slash = what.find(" /");
  if (slash == what.npos) {
    return auth::parse_question(what);
  }
  TRY_ASSIGN(const dicomweb::Asked asked,
             dicomweb::read_request_line(what.substr(0, slash), what.substr(slash + 1), config.partitions));
  return auth::Question{asked.route->action, asked.partition, asked.scope.study, std::nullopt};
}

Result<auth::Explanation> explain(const Config& config, const std::string& who, const std::string& what) {
  const bool open = config.tokens.empty() && config.issuers.empty() && !config.api_keys;
  TRY_ASSIGN(const auth::Policy policy, auth::read_policy(config.policy_file, open));
  TRY_ASSIGN(const auth::Identity identity, read_who(config, who));
  TRY_ASSIGN(const auth::Question question, read_what(config, what));
  return auth::explain(policy, identity, question);
}

}  // namespace

int run_explain_access(const Config& config, const std::string& who, const std::string& what) {
  const auto answer = explain(config, who, what);
  if (!answer.ok()) {
    std::fprintf(stderr, "tessera: explain: %s\n", std::string(answer.status().message()).c_str());
    return 2;
  }
  for (const std::string& line : answer->lines) {
    std::printf("%s\n", line.c_str());
  }
  return answer->allowed ? 0 : 1;
}

int run_routes() {
  std::string out;
  for (const dicomweb::Route& route : dicomweb::routes()) {
    const bool of_service = route.partition == dicomweb::Partition::None;
    out += (out.empty() ? "[\n" : ",\n") + std::string(" {\"method\":\"") +
           std::string(net::method_name(route.method)) + "\",\"pattern\":\"" + std::string(route.pattern) +
           "\",\"action\":\"" + std::string(auth::action_name(route.action)) +
           "\",\"partitioned\":" + (of_service ? "false" : "true") + "}";
  }
  std::printf("%s\n]\n", out.c_str());
  return 0;
}

}  // namespace tessera::app
