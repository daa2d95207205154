#include "archive/removal.h"

#include <algorithm>
#include <charconv>

#include "archive/blob_name.h"
#include "archive/sidecars.h"

namespace tessera::archive {

namespace {

constexpr std::string_view kHead = "tessera deletion 1\n";
constexpr std::uint64_t kMaxRecord = 64ull * 1024 * 1024;  // a study of three million instances

Status write_record(blob::BlobStore& blobs, const std::vector<std::int64_t>& watermarks) {
  TRY_ASSIGN(const auto writer, blobs.put());
  RETURN_IF_ERROR(writer->write(as_bytes(deletion_record(watermarks))));
  const std::string key = std::string(kDeletionPrefix) + std::to_string(watermarks.front()) + "-" +
                          std::to_string(watermarks.back()) + ".gone";
  return writer->commit(key, blob::Durability::Truth);
}

// Their rows are garbage already and stay until a sweep has seen that the blobs are gone.
Status remove_blobs_now(blob::BlobStore& blobs, const std::vector<std::string>& blob_keys) {
  for (const std::string& blob_key : blob_keys) {
    RETURN_IF_ERROR(remove_with_sidecars(blobs, blob_key));
    RETURN_IF_ERROR(blobs.settle(blob_key));
  }
  return {};
}

Result<bool> all_gone(catalog::Instances& instances, const std::vector<std::int64_t>& watermarks) {
  for (const std::int64_t watermark : watermarks) {
    TRY_ASSIGN(const bool held, instances.holds_blob(watermark));
    if (held) {
      return false;
    }
  }
  return true;
}

}  // namespace

std::string deletion_record(const std::vector<std::int64_t>& watermarks) {
  std::string text(kHead);
  for (const std::int64_t watermark : watermarks) {
    text += std::to_string(watermark) + "\n";
  }
  return text;
}

Result<std::vector<std::int64_t>> parse_deletion_record(std::string_view text) {
  if (!text.starts_with(kHead)) {
    return Status(Code::Corrupt, "read a deletion record: line 1 is not 'tessera deletion 1'");
  }
  text.remove_prefix(kHead.size());
  std::vector<std::int64_t> watermarks;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::int64_t watermark = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + std::min(end, text.size()), watermark);
    if (end == text.npos || parsed.ec != std::errc() || parsed.ptr != text.data() + end || watermark < 1 ||
        watermark > kMaxWatermark || (!watermarks.empty() && watermark <= watermarks.back())) {
      return Status(Code::Corrupt, "read a deletion record: line " + std::to_string(watermarks.size() + 2) +
                                       " is no watermark above the one before");
    }
    watermarks.push_back(watermark);
    text.remove_prefix(end + 1);
  }
  return watermarks;
}

Result<std::uint64_t> remove_instances(blob::BlobStore& blobs, catalog::Instances& instances,
                                       const catalog::Scope& scope, const catalog::Visibility& visibility) {
  TRY_ASSIGN(const auto removed, instances.remove(scope, visibility));
  std::vector<std::int64_t> watermarks;
  std::vector<std::string> blob_keys;
  for (const catalog::InstanceRow& row : removed.instances) {
    watermarks.push_back(row.watermark);
    blob_keys.push_back(row.blob_key);
  }
  for (const catalog::PendingBlob& older : removed.superseded) {
    watermarks.push_back(older.watermark);
    blob_keys.push_back(older.blob_key);
  }
  std::sort(watermarks.begin(), watermarks.end());
  if (!write_record(blobs, watermarks).ok()) {
    RETURN_IF_ERROR(remove_blobs_now(blobs, blob_keys));
  }
  return removed.instances.size();
}

Status for_each_deletion(
    blob::BlobStore& blobs,
    const std::function<Status(const std::string& key, const Result<std::vector<std::int64_t>>& watermarks)>& each) {
  std::vector<std::string> keys;  // a store may not like removals while it lists
  RETURN_IF_ERROR(blobs.list(kDeletionPrefix, [&](const blob::BlobInfo& info) {
    keys.push_back(info.key);
    return true;
  }));
  for (const std::string& key : keys) {
    Result<std::string> text = read_small_blob(blobs, key, kMaxRecord);
    if (text.status().code() == Code::NotFound) {
      continue;  // another process retired it meanwhile
    }
    RETURN_IF_ERROR(each(key, text.ok() ? parse_deletion_record(*text) : text.status()));
  }
  return {};
}

Result<std::uint64_t> retire_deletions(blob::BlobStore& blobs, catalog::Instances& instances, bool dry_run) {
  std::uint64_t retired = 0;
  RETURN_IF_ERROR(for_each_deletion(blobs, [&](const std::string& key, const auto& watermarks) -> Status {
    if (!watermarks.ok()) {
      return {};  // a rebuild names it; it costs nothing meanwhile
    }
    TRY_ASSIGN(const bool gone, all_gone(instances, *watermarks));
    if (!gone) {
      return {};
    }
    ++retired;
    return dry_run ? Status() : blobs.remove(key);
  }));
  return retired;
}

}  // namespace tessera::archive
