// `tessera admin keys`.
#include <charconv>
#include <chrono>
#include <cstdio>
#include <optional>

#include "app/admin.h"
#include "archive/data_folder.h"
#include "auth/api_key.h"
#include "auth/policy_source.h"
#include "base/clock.h"
#include "catalog/keys.h"

namespace tessera::app {

namespace {

constexpr std::int64_t kDayMillis = 24 * 3600 * 1000;
constexpr int kMaxDays = 36'500;

Status bad_expiry(const std::string& text) {
  return Status(Code::InvalidArgument, "--expires '" + text +
                                           "' is not possible: a day to come as 2027-01-31, or a number of days from 1 "
                                           "to 36500");
}

// The end of a day given as "2027-01-31"; nothing when it is none.
std::optional<std::int64_t> end_of_day(const std::string& text) {
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  int used = 0;
  if (text.size() != 10 || std::sscanf(text.c_str(), "%4d-%2u-%2u%n", &year, &month, &day, &used) != 3 || used != 10) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month), std::chrono::day(day)};
  if (!date.ok()) {
    return std::nullopt;
  }
  return (std::chrono::sys_days(date).time_since_epoch().count() + 1) * kDayMillis;
}

Result<std::optional<std::int64_t>> read_expiry(const std::string& text, std::int64_t now) {
  if (text.empty()) {
    return std::optional<std::int64_t>();
  }
  if (const auto end = end_of_day(text)) {
    return *end > now ? Result<std::optional<std::int64_t>>(end) : bad_expiry(text);
  }
  int days = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), days);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || days < 1 || days > kMaxDays) {
    return bad_expiry(text);
  }
  return std::optional<std::int64_t>(now + days * kDayMillis);
}

// Runs `work` on the keys of the data folder and says what went wrong.
template <typename Work>
int with_keys(const Config& config, Work work) {
  const SystemClock clock;
  const auto run = [&]() -> Status {
    std::error_code error;
    if (!std::filesystem::exists(config.data / "FORMAT", error)) {
      return Status(Code::NotFound, "'" + config.data.string() + "' is no data folder: it has no FORMAT stamp");
    }
    TRY_ASSIGN(const archive::DataFolder folder, archive::open_data_folder(config.data));
    catalog::Keys keys(*folder.database, clock);
    return work(keys, clock.wall_millis());
  };
  const Status status = run();
  if (!status.ok()) {
    std::fprintf(stderr, "tessera: keys: %s\n", std::string(status.message()).c_str());
    return 1;
  }
  return 0;
}

std::string day_of(std::int64_t millis) {
  return rfc3339(millis).substr(0, 10);
}

std::string state_of(const catalog::KeyRow& row, std::int64_t now) {
  if (row.revoked_millis) {
    return "revoked " + day_of(*row.revoked_millis);
  }
  if (!row.expires_millis) {
    return "never expires";
  }
  return (*row.expires_millis <= now ? "expired " : "expires ") + day_of(*row.expires_millis - 1);
}

Status check_names(const Config& config, const KeyArguments& arguments) {
  RETURN_IF_ERROR(auth::check_key_name(arguments.name));
  TRY_ASSIGN(const auth::Policy policy, auth::read_policy(config.policy_file, false));
  for (const std::string& role : arguments.roles) {
    RETURN_IF_ERROR(policy.check_role(role));
  }
  return {};
}

}  // namespace

int run_add_key(const Config& config, const KeyArguments& arguments) {
  return with_keys(config, [&](catalog::Keys& keys, std::int64_t now) -> Status {
    RETURN_IF_ERROR(check_names(config, arguments));
    catalog::KeyRow row;
    TRY_ASSIGN(row.expires_millis, read_expiry(arguments.expires, now));
    TRY_ASSIGN(const auth::NewApiKey made, auth::make_api_key());
    row.id = made.id;
    row.name = arguments.name;
    row.digest = made.digest;
    row.roles = arguments.roles;
    RETURN_IF_ERROR(keys.add(row));
    std::printf("%s\n", made.text.c_str());
    std::fprintf(stderr, "This is shown once. Send it as 'Authorization: Bearer …'.\n");
    if (!config.api_keys) {
      std::fprintf(stderr, "These settings have auth.keys = false: a server takes keys with auth.keys = true alone.\n");
    }
    return {};
  });
}

int run_list_keys(const Config& config) {
  return with_keys(config, [&](catalog::Keys& keys, std::int64_t now) -> Status {
    TRY_ASSIGN(const std::vector<catalog::KeyRow> rows, keys.list());
    for (const catalog::KeyRow& row : rows) {
      std::string roles;
      for (const std::string& role : row.roles) {
        roles += (roles.empty() ? "" : ", ") + role;
      }
      std::printf("%s  %s  %s  made %s, %s, last used %s\n", row.name.c_str(), row.id.c_str(), roles.c_str(),
                  day_of(row.created_millis).c_str(), state_of(row, now).c_str(),
                  row.used_day.empty() ? "never" : row.used_day.c_str());
    }
    return {};
  });
}

int run_revoke_key(const Config& config, const KeyArguments& arguments) {
  return with_keys(config, [&](catalog::Keys& keys, std::int64_t) -> Status {
    RETURN_IF_ERROR(keys.revoke(arguments.name));
    std::printf("revoked: %s\n", arguments.name.c_str());
    return {};
  });
}

}  // namespace tessera::app
