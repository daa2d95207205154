#include "auth/audit_reads.h"

#include <charconv>

#include "base/bytes.h"
#include "base/hash.h"

namespace tessera::auth {

namespace {

constexpr char kEnd = '\0';  // of each part of a key

// The parts of a key, in order.
enum Part { kStatus, kEvent, kFrom, kVia, kPartition, kStudy, kSeries, kInstance, kSubject, kIssuer, kProof, kParts };

void write_key(std::string& key, const AuditRead& read) {
  key.clear();
  char status[12];
  const auto end = std::to_chars(status, status + sizeof status, read.status);
  key.append(status, end.ptr).append(1, kEnd);
  for (const std::string_view part :
       {read.event, read.from, read.via, read.partition, read.study, read.series, read.instance}) {
    key.append(part).append(1, kEnd);
  }
  if (read.who != nullptr) {
    key.append(read.who->subject).append(1, kEnd).append(read.who->issuer).append(1, kEnd);
    key.append(1, static_cast<char>('0' + static_cast<int>(read.who->proof)));
  }
}

std::array<std::string_view, kParts> parts_of(std::string_view key) {
  std::array<std::string_view, kParts> parts;
  for (std::string_view& part : parts) {
    const std::size_t end = std::min(key.find(kEnd), key.size());
    part = key.substr(0, end);
    key.remove_prefix(std::min(end + 1, key.size()));
  }
  return parts;
}

}  // namespace

std::string AuditReads::body_of(const Entry& entry) {
  const auto parts = parts_of(entry.key);
  AuditObject what;
  what.text("partition", parts[kPartition]).text("study", parts[kStudy]).text("series", parts[kSeries]);
  what.text("instance", parts[kInstance]).number("count", entry.count);
  what.text("first", audit_time(entry.first)).text("last", audit_time(entry.last));
  const std::string members = what.take();
  AuditEvent event;
  (void)std::from_chars(parts[kStatus].data(), parts[kStatus].data() + parts[kStatus].size(), event.status);
  event.event = parts[kEvent];
  event.outcome = outcome_of_http(event.status);
  event.who = parts[kProof].empty() ? nullptr : &entry.who;
  event.from = parts[kFrom];
  event.via = parts[kVia];
  event.what = members;
  event.micros = entry.last;
  return audit_body(event);
}

void AuditReads::add(const AuditRead& read, std::int64_t now_micros, const std::function<void(std::string)>& out) {
  thread_local std::string key;
  write_key(key, read);
  const std::uint64_t hash = xxh3_of(as_bytes(key));
  Shard& shard = shards_[hash % kShards];
  std::unordered_map<std::uint64_t, Entry> early;
  {
    const std::lock_guard guard(shard.mutex);
    const auto found = shard.entries.find(hash);
    const bool other = found != shard.entries.end() && found->second.key != key;  // a collision, by chance or design
    if (found != shard.entries.end() && !other) {
      ++found->second.count;
      found->second.last = now_micros;
      return;
    }
    if (other || shard.entries.size() >= kEntries) {
      early.swap(shard.entries);
    }
    shard.entries.emplace(hash, Entry{key, read.who == nullptr ? Identity{} : *read.who, 1, now_micros, now_micros});
  }
  for (const auto& [ignored, entry] : early) {
    out(body_of(entry));
  }
}

void AuditReads::sweep(std::int64_t now_micros, bool all, const std::function<void(std::string)>& out) {
  std::vector<Entry> over;
  for (Shard& shard : shards_) {
    const std::lock_guard guard(shard.mutex);
    for (auto at = shard.entries.begin(); at != shard.entries.end();) {
      const bool due = all || now_micros - at->second.first >= window_ || now_micros < at->second.first;
      if (due) {
        over.push_back(std::move(at->second));
        at = shard.entries.erase(at);
      } else {
        ++at;
      }
    }
  }
  for (const Entry& entry : over) {
    out(body_of(entry));
  }
}

}  // namespace tessera::auth
