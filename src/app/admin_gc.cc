#include <cstdio>
#include <vector>

#include "app/admin.h"
#include "app/audit.h"
#include "archive/data_folder.h"
#include "archive/orphans.h"
#include "archive/removal.h"
#include "archive/sweeper.h"
#include "base/clock.h"

namespace tessera::app {

namespace {

constexpr std::size_t kBatch = 10'000;  // keys held at once
constexpr Millis kUnfinishedAge{0};     // a lock, not age, tells the dead from the living

struct Orphans {
  std::uint64_t sidecars = 0, images = 0, images_kept = 0, bytes = 0;
};

// What a sweep would do, without doing it.
Result<archive::SweepReport> look(blob::BlobStore& blobs, catalog::Instances& instances) {
  archive::SweepReport report;
  TRY_ASSIGN(report.expired, instances.count_expired());
  TRY_ASSIGN(const auto totals, instances.totals());
  report.blobs = static_cast<std::uint64_t>(totals.garbage) + report.expired;
  TRY_ASSIGN(report.deletions, archive::retire_deletions(blobs, instances, true));
  TRY_ASSIGN(const auto unfinished, blobs.unfinished(kUnfinishedAge));
  report.unfinished = unfinished.size();
  return report;
}

class Collector {
 public:
  Collector(blob::BlobStore& blobs, catalog::Instances& instances, const GcArguments& arguments)
      : blobs_(blobs), instances_(instances), arguments_(arguments) {
    newest_ = SystemClock().wall_millis() - std::int64_t{arguments.older_than_hours} * 3600 * 1000;
  }

  // A batch is listed, then removed, then what is left is listed again: a store may not like both at once.
  Result<Orphans> run() {
    while (true) {
      removable_.clear();
      kept_now_ = 0;
      RETURN_IF_ERROR(archive::for_each_orphan(blobs_, instances_, newest_, [this](const auto& info, bool is_image) {
        note(info, is_image);
        return removable_.size() < kBatch;
      }));
      for (const std::string& key : removable_) {
        RETURN_IF_ERROR(blobs_.remove(key));
      }
      first_ = false;
      if (removable_.size() < kBatch) {
        found_.images_kept = kept_now_;
        return found_;
      }
    }
  }

 private:
  void note(const blob::BlobInfo& info, bool is_image) {
    if (is_image && !arguments_.orphan_images) {
      ++kept_now_;
      if (first_) {
        std::printf("no row names %s (%llu bytes): kept\n", info.key.c_str(),
                    static_cast<unsigned long long>(info.size));
      }
      return;
    }
    ++(is_image ? found_.images : found_.sidecars);
    found_.bytes += info.size;
    std::printf("%s %s: no row names it\n", arguments_.dry_run ? "would remove" : "removed", info.key.c_str());
    if (!arguments_.dry_run) {
      removable_.push_back(info.key);
    }
  }

  blob::BlobStore& blobs_;
  catalog::Instances& instances_;
  const GcArguments& arguments_;
  std::int64_t newest_ = 0;
  std::vector<std::string> removable_;
  std::uint64_t kept_now_ = 0;
  bool first_ = true;
  Orphans found_;
};

void print(const archive::SweepReport& swept, const Orphans& orphans, bool dry_run) {
  const auto line = [dry_run](const char* what, std::uint64_t count) {
    std::printf("%s: %llu %s\n", what, static_cast<unsigned long long>(count), dry_run ? "to go" : "gone");
  };
  line("uploads whose lease ran out", swept.expired);
  line("deleted, replaced and expired blobs", swept.blobs);
  line("records of deletions", swept.deletions);
  line("unfinished files", swept.unfinished);
  line("sidecars that no row names", orphans.sidecars);
  line("images that no row names", orphans.images);
  if (orphans.images_kept > 0) {
    std::printf(
        "%llu images that no row names were kept. If the catalog is older than they are (a backup), 'tessera "
        "admin rebuild-catalog --force' brings them back; 'tessera admin gc --orphan-images' removes them.\n",
        static_cast<unsigned long long>(orphans.images_kept));
  }
}

Status check_stamp(const Config& config) {
  std::error_code error;
  if (!std::filesystem::exists(config.data / "FORMAT", error)) {
    return Status(Code::NotFound, "'" + config.data.string() + "' is no data folder: it has no FORMAT stamp");
  }
  return {};
}

Status collect(const Config& config, const GcArguments& arguments) {
  RETURN_IF_ERROR(check_stamp(config));
  TRY_ASSIGN(const archive::DataFolder folder, archive::open_data_folder(config.data));
  const SystemClock clock;
  catalog::Instances instances(*folder.database, clock);
  TRY_ASSIGN(const archive::SweepReport swept,
             arguments.dry_run ? look(*folder.blobs, instances) : archive::sweep(*folder.blobs, instances));
  TRY_ASSIGN(const Orphans orphans, Collector(*folder.blobs, instances, arguments).run());
  print(swept, orphans, arguments.dry_run);
  return {};
}

Status collect_audited(const Config& config, const GcArguments& arguments, Log& log) {
  RETURN_IF_ERROR(check_stamp(config));
  TRY_ASSIGN(const auto audit, open_audit(config, log));
  const Status done = collect(config, arguments);
  auth::AuditObject what;
  what.number("older_than_hours", arguments.older_than_hours);
  what.json("orphan_images", arguments.orphan_images ? "true" : "false");
  const Status audited = audit_command(audit.get(), "gc", done, what.take());
  return done.ok() ? audited : done;
}

}  // namespace

int run_gc(const Config& config, const GcArguments& arguments) {
  Log log({.level = LogLevel::Warning, .format = config.log_format});
  const Status status = arguments.dry_run ? collect(config, arguments) : collect_audited(config, arguments, log);
  if (!status.ok()) {
    std::fprintf(stderr, "tessera: gc: %s\n", std::string(status.message()).c_str());
    return 1;
  }
  return 0;
}

}  // namespace tessera::app
