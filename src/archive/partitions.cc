#include "archive/partitions.h"

#include <algorithm>

#include "archive/blob_name.h"

namespace tessera::archive {

namespace {

constexpr std::uint64_t kMaxRecordBytes = 256;

std::string record_of(std::string_view name) {
  return std::string(name) + "\n";
}

// NotFound when there is no record.
Status check_record(blob::BlobStore& blobs, const std::string& record_key, std::string_view name) {
  TRY_ASSIGN(const auto source, blobs.open(record_key));
  std::string held(std::min(source->size(), kMaxRecordBytes), '\0');
  RETURN_IF_ERROR(read_fully(*source, 0, {reinterpret_cast<std::uint8_t*>(held.data()), held.size()}));
  if (held == record_of(name)) {
    return {};
  }
  return Status(Code::Corrupt, "partition '" + std::string(name) + "': the record " + record_key +
                                   " names another one; catalog and blobs do not belong together");
}

// AlreadyExists when another writer was faster.
Status write_record(blob::BlobStore& blobs, const std::string& record_key, std::string_view name) {
  TRY_ASSIGN(const auto writer, blobs.put());
  RETURN_IF_ERROR(writer->write(as_bytes(record_of(name))));
  return writer->commit(record_key, blob::Durability::Truth);
}

}  // namespace

std::string partition_record_key(std::int64_t key) {
  return std::to_string(key) + "/partition.txt";
}

Result<std::string> read_partition_record(blob::BlobStore& blobs, std::int64_t key) {
  TRY_ASSIGN(std::string text, read_small_blob(blobs, partition_record_key(key), kMaxRecordBytes));
  const std::string name = text.substr(0, text.find('\n'));
  if (text != record_of(name) || !catalog::check_partition_name(name).ok()) {
    return Status(Code::Corrupt,
                  "read " + partition_record_key(key) + ": it is not one partition's name and a newline");
  }
  return name;
}

Result<std::int64_t> ensure_partition(catalog::Partitions& partitions, blob::BlobStore& blobs, std::string_view name) {
  TRY_ASSIGN(const std::int64_t key, partitions.find_or_create(name));
  if (key == catalog::kDefaultPartition) {
    return key;
  }
  const std::string record_key = partition_record_key(key);
  Status status = check_record(blobs, record_key, name);
  if (status.code() == Code::NotFound) {
    status = write_record(blobs, record_key, name);
    if (status.code() == Code::AlreadyExists) {
      // Whoever wrote it may not have synced the folder's entry yet. The first instance of ours makes its study's
      // folder in the same place and syncs that, so the record is on the medium before anything is acked.
      status = check_record(blobs, record_key, name);
    }
  }
  RETURN_IF_ERROR(status);
  return key;
}

}  // namespace tessera::archive
