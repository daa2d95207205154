#include "auth/key_ring.h"

#include <openssl/crypto.h>

#include <limits>

#include "auth/api_key.h"
#include "auth/tokens.h"

namespace tessera::auth {

namespace {

constexpr Millis kInterval{1000};
constexpr std::int64_t kDayMillis = 24 * 3600 * 1000;
constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

std::string day_text(std::int64_t day) {
  return rfc3339(day * kDayMillis).substr(0, 10);
}

}  // namespace

Result<std::unique_ptr<KeyRing>> KeyRing::open(catalog::Database& database, catalog::Keys& keys, const Clock& clock,
                                               Log& log) {
  std::unique_ptr<KeyRing> ring(new KeyRing(database, keys, clock, log));
  RETURN_IF_ERROR(ring->refresh().while_doing("read the API keys"));
  ring->ticker_.emplace("keys", kInterval, [held = ring.get()] { (void)held->refresh(); });
  return ring;
}

std::shared_ptr<const KeyRing::Entries> KeyRing::current() const {
  std::lock_guard lock(mutex_);
  return entries_;
}

Result<Identity> KeyRing::authenticate(std::string_view key) const {
  const TokenDigest digest = digest_of(key);
  const std::shared_ptr<const Entries> entries = current();
  const auto id = api_key_id(key);
  const auto found = id ? entries->find(*id) : entries->end();
  const std::int64_t now = clock_.wall_millis();
  if (found == entries->end() || CRYPTO_memcmp(found->second->digest.data(), digest.data(), digest.size()) != 0 ||
      found->second->expires_millis <= now) {
    return Status(Code::Unauthenticated, "the API key is not known here, was revoked, or has expired");
  }
  const Entry& entry = *found->second;
  entry.used.store(now / kDayMillis, std::memory_order_relaxed);
  Identity identity;
  identity.proof = Proof::Key;
  identity.subject = entry.name;
  identity.roles = entry.roles;
  identity.expires = entry.expires_millis == kNever ? identity.expires : entry.expires_millis / 1000;
  return identity;
}

std::shared_ptr<KeyRing::Entry> KeyRing::entry_of(const catalog::KeyRow& row) {
  auto entry = std::make_shared<Entry>();
  const auto digest = digest_from_hex(row.digest);
  if (!digest || row.revoked_millis) {
    return nullptr;
  }
  entry->digest = *digest;
  entry->id = row.id;
  entry->name = row.name;
  entry->roles = row.roles;
  entry->expires_millis = row.expires_millis.value_or(kNever);
  return entry;
}

// Days that were noted by another process need no second write: note_use() only raises them.
Status KeyRing::note_uses() {
  for (const auto& [id, entry] : *current()) {
    const std::int64_t used = entry->used.exchange(0, std::memory_order_relaxed);
    if (used > entry->noted.load(std::memory_order_relaxed)) {
      RETURN_IF_ERROR(keys_.note_use(id, day_text(used)));
      entry->noted.store(used, std::memory_order_relaxed);
    }
  }
  return {};
}

Status KeyRing::read_rows() {
  // The version from before the reading: a commit in between makes the next look read again.
  TRY_ASSIGN(const std::int64_t version, database_.data_version());
  if (version_ == version) {
    return {};
  }
  TRY_ASSIGN(const std::vector<catalog::KeyRow> rows, keys_.list());
  const std::shared_ptr<const Entries> before = current();
  auto entries = std::make_shared<Entries>();
  for (const catalog::KeyRow& row : rows) {
    if (std::shared_ptr<Entry> entry = entry_of(row)) {
      const auto held = before->find(row.id);
      if (held != before->end()) {
        entry->noted.store(held->second->noted.load(std::memory_order_relaxed), std::memory_order_relaxed);
      }
      entries->emplace(row.id, std::move(entry));
    }
  }
  std::lock_guard lock(mutex_);
  entries_ = std::move(entries);
  version_ = version;
  return {};
}

Status KeyRing::refresh() {
  std::lock_guard lock(refreshing_);
  Status status = note_uses();  // first: new entries begin unused
  const Status read = read_rows();
  status = read.ok() ? status : read;
  if (!status.ok() && !failed_) {
    log_.warning("API keys not read or their use not noted; those of before hold", {{"why", status.message()}});
  }
  failed_ = !status.ok();
  return read;
}

}  // namespace tessera::auth
