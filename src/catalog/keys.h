// Keys: the rows of API keys (doc/authorisation.md). What a key is and how it is checked is auth's; here are its name,
// the hash of its text, its roles and its dates. Safe from many threads and processes; all methods block.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "catalog/database.h"

namespace tessera::catalog {

struct KeyRow {
  std::string id;      // the public part of the key
  std::string name;    // unique among those that are not revoked
  std::string digest;  // SHA-256 of the whole key, hexadecimal
  std::vector<std::string> roles;
  std::int64_t created_millis = 0;
  std::optional<std::int64_t> expires_millis;
  std::optional<std::int64_t> revoked_millis;
  std::string used_day;  // the last day on which it was used, "2026-11-25"; empty: never
};

class Keys {
 public:
  // Both are borrowed.
  Keys(Database& database, const Clock& clock) : database_(database), clock_(clock) {}

  // `created_millis` is set here. AlreadyExists when a key of that name is not revoked.
  Status add(KeyRow row);
  // NotFound when no key of that name is alive.
  Status revoke(std::string_view name);
  // Days only ever rise.
  Status note_use(std::string_view id, std::string_view day);
  // All, revoked ones too, oldest first.
  Result<std::vector<KeyRow>> list();
  // As they are, into a new catalog that takes this one's place; returns how many.
  Result<std::size_t> copy_to(Database& other);

 private:
  Database& database_;
  const Clock& clock_;
};

}  // namespace tessera::catalog
