#include "archive/rebuild.h"

#include <algorithm>
#include <charconv>
#include <latch>
#include <optional>
#include <set>

#include "archive/blob_name.h"
#include "archive/metadata_upload.h"
#include "archive/partitions.h"
#include "archive/removal.h"
#include "archive/restored_blob.h"
#include "base/pool.h"

namespace tessera::archive {

namespace {

constexpr std::size_t kNoteBatch = 512;
constexpr std::size_t kReadBatch = 64;

std::optional<std::int64_t> partition_of_record(std::string_view key) {
  std::int64_t partition = 0;
  std::from_chars(key.data(), key.data() + key.size(), partition);
  return partition > 0 && key == partition_record_key(partition) ? std::optional(partition) : std::nullopt;
}

class Rebuild {
 public:
  Rebuild(blob::BlobStore& blobs, catalog::Database& empty, const Clock& clock, const RebuildOptions& options)
      : blobs_(blobs),
        clock_(clock),
        options_(options),
        rows_(empty, clock),
        threads_("rebuild", std::max(options.threads, 1u)) {}

  Result<RebuildReport> run() {
    RETURN_IF_ERROR(note_blobs());
    RETURN_IF_ERROR(note_deletions());
    // A number that was given before must not come again with other content, and which ones were given after the
    // newest that is left, nobody knows any more. Milliseconds of today are above them all.
    RETURN_IF_ERROR(rows_.start_numbers_above(std::max(highest_, clock_.wall_millis())));
    TRY_ASSIGN(const std::uint64_t deleted, rows_.count(2));
    RETURN_IF_ERROR(publish_all());
    TRY_ASSIGN(report_.garbage, rows_.count(2));
    report_.replaced = report_.garbage - deleted;
    return report_;
  }

 private:
  void problem(const std::string& key, const Status& why) {
    ++report_.problems;
    if (options_.on_problem) {
      options_.on_problem(key, why);
    }
  }

  void progress() {
    if (options_.on_progress) {
      options_.on_progress(report_);
    }
  }

  // The walk over all names.
  Status note_blobs() {
    Status status;
    RETURN_IF_ERROR(blobs_.list("", [&](const blob::BlobInfo& info) {
      // Where the machine's clock is behind, files know better; what no clock says is left out.
      highest_ = std::max(highest_, info.modified_millis < kMaxWatermark / 1000 ? info.modified_millis : 0);
      status = note(info);
      return status.ok();
    }));
    RETURN_IF_ERROR(status);
    return flush_noted();
  }

  Status note(const blob::BlobInfo& info) {
    const auto name = parse_blob_name(info.key);
    if (!name) {
      if (const auto partition = partition_of_record(info.key)) {
        return note_partition(*partition);  // one that holds nothing has its name, too
      }
      if (!info.key.starts_with(kDeletionPrefix) && !info.key.starts_with(kStagedPrefix)) {
        problem(info.key, Status(Code::InvalidArgument, "its name is none that this program gives"));
      }
      return {};
    }
    highest_ = std::max(highest_, name->watermark);
    if (name->suffix != ".dcm") {
      return {};
    }
    RETURN_IF_ERROR(note_partition(name->key.partition));
    noted_.push_back({name->watermark, name->key, info.key});
    ++report_.found;
    return noted_.size() < kNoteBatch ? Status() : flush_noted();
  }

  Status flush_noted() {
    TRY_ASSIGN(const auto taken, rows_.note_blobs(noted_));
    noted_.clear();
    for (const catalog::FoundBlob& blob : taken) {
      problem(blob.blob_key,
              Status(Code::AlreadyExists, "another file has its number " + std::to_string(blob.watermark)));
    }
    progress();
    return {};
  }

  Status note_partition(std::int64_t partition) {
    if (!partitions_.insert(partition).second) {
      return {};
    }
    ++report_.partitions;
    if (partition == 1) {
      return {};  // named by the schema
    }
    const Result<std::string> name = read_partition_record(blobs_, partition);
    Status noted = name.status();
    if (name.ok()) {
      const auto record = blobs_.stat(partition_record_key(partition));
      noted = rows_.note_partition(partition, *name, record.ok() ? record->modified_millis : 0);
    }
    if (noted.ok()) {
      return {};
    }
    const std::string stand_in = "restored-" + std::to_string(partition);
    problem(partition_record_key(partition),
            noted.while_doing("the partition is called '" + stand_in + "' from now on"));
    return rows_.note_partition(partition, stand_in, clock_.wall_millis());
  }

  Status note_deletions() {
    return for_each_deletion(blobs_, [&](const std::string& key, const auto& watermarks) -> Status {
      if (!watermarks.ok()) {
        problem(key, watermarks.status());
        return {};
      }
      highest_ = std::max(highest_, watermarks->empty() ? 0 : watermarks->back());
      return rows_.note_removed(*watermarks);
    });
  }

  // Oldest first, a batch at a time: its files are read on all threads, its rows written in one transaction.
  Status publish_all() {
    std::int64_t after = 0;
    while (true) {
      TRY_ASSIGN(const std::vector<catalog::FoundBlob> batch, rows_.unread(after, kReadBatch));
      if (batch.empty()) {
        return {};
      }
      after = batch.back().watermark;
      RETURN_IF_ERROR(publish_batch(batch));
      progress();
    }
  }

  Status publish_batch(const std::vector<catalog::FoundBlob>& batch) {
    std::vector<std::optional<Result<RestoredBlob>>> read(batch.size());
    std::latch done(static_cast<std::ptrdiff_t>(batch.size()));
    for (std::size_t i = 0; i < batch.size(); ++i) {
      threads_.post([&, i] {
        read[i] = restore_blob(blobs_, batch[i]);
        done.count_down();
      });
    }
    done.wait();
    std::vector<catalog::Publication> publications;
    for (std::size_t i = 0; i < batch.size(); ++i) {
      ++report_.read;
      Result<RestoredBlob>& restored = *read[i];
      if (!restored.ok()) {
        if (restored.status().code() == Code::NoSpace) {
          return restored.status();  // sidecars do not fit: nothing is wrong with the file
        }
        problem(batch[i].blob_key, restored.status());
        RETURN_IF_ERROR(rows_.set_aside(batch[i].watermark));
        continue;
      }
      if (restored->changed) {
        problem(batch[i].blob_key,
                Status(Code::Corrupt, "its bytes are not those that were stored; it is shown as it is"));
      }
      report_.bytes += restored->publication.blob.size;
      report_.sidecars_made += restored->sidecars_made ? 1 : 0;
      publications.push_back(std::move(restored->publication));
    }
    report_.instances += publications.size();
    return rows_.publish(publications);
  }

  blob::BlobStore& blobs_;
  const Clock& clock_;
  const RebuildOptions& options_;
  catalog::Restoration rows_;
  RebuildReport report_;
  std::vector<catalog::FoundBlob> noted_;
  std::set<std::int64_t> partitions_;  // those that were seen
  std::int64_t highest_ = 0;           // watermark, or file time in milliseconds
  Pool threads_;                       // last: its threads use the rest
};

}  // namespace

Result<RebuildReport> rebuild_catalog(blob::BlobStore& blobs, catalog::Database& empty, const Clock& clock,
                                      const RebuildOptions& options) {
  return Rebuild(blobs, empty, clock, options).run();
}

}  // namespace tessera::archive
