// KeyRing: the API keys of the catalog as they were at most a second ago, in memory: authenticating by one neither
// blocks nor touches the catalog. A thread reads the rows again when any process has committed, so that what
// `tessera admin keys` adds or revokes holds in running servers, and writes down on which day a key was last used.
//
// When the catalog cannot be read, the keys of before stay (and the log tells). Safe from all threads.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/identity.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "base/ticker.h"
#include "catalog/keys.h"

namespace tessera::auth {

class KeyRing {
 public:
  // Reads the keys; fails when that fails. All are borrowed.
  static Result<std::unique_ptr<KeyRing>> open(catalog::Database& database, catalog::Keys& keys, const Clock& clock,
                                               Log& log);

  // Unauthenticated: unknown, revoked or expired, in the same words for all three.
  Result<Identity> authenticate(std::string_view key) const;
  // Reads the rows if they may have changed, and writes what was used; the thread calls it once a second.
  Status refresh();

 private:
  struct Entry {
    std::array<unsigned char, 32> digest{};
    std::string id, name;
    std::vector<std::string> roles;
    std::int64_t expires_millis = 0;
    mutable std::atomic<std::int64_t> used{0};   // days since 1970; 0: not since the last refresh
    mutable std::atomic<std::int64_t> noted{0};  // the day that this process wrote last
  };
  using Entries = std::map<std::string, std::shared_ptr<const Entry>, std::less<>>;

  KeyRing(catalog::Database& database, catalog::Keys& keys, const Clock& clock, Log& log)
      : database_(database), keys_(keys), clock_(clock), log_(log) {}
  std::shared_ptr<const Entries> current() const;
  Status note_uses();
  Status read_rows();
  static std::shared_ptr<Entry> entry_of(const catalog::KeyRow& row);

  catalog::Database& database_;
  catalog::Keys& keys_;
  const Clock& clock_;
  Log& log_;

  std::mutex refreshing_;
  std::optional<std::int64_t> version_;  // the catalog's, when the rows were read; guarded by refreshing_
  bool failed_ = false;                  // whether the log was told; guarded by refreshing_

  mutable std::mutex mutex_;
  std::shared_ptr<const Entries> entries_ = std::make_shared<const Entries>();  // guarded by mutex_

  std::optional<Ticker> ticker_;  // last: its thread uses the rest
};

}  // namespace tessera::auth
