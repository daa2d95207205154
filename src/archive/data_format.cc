#include "archive/data_format.h"

#include <array>
#include <charconv>

#include "archive/data_folder.h"
#include "archive/partitions.h"
#include "base/clock.h"
#include "base/file.h"
#include "blob/file_store.h"
#include "catalog/partitions.h"

namespace tessera::archive {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kStampPrefix = "tessera data format ";

Status stamp(const fs::path& folder, int format) {
  const std::string text = std::string(kStampPrefix) + std::to_string(format) + "\n";
  return write_file_atomically(folder / "FORMAT", as_bytes(text));
}

// 1 → 2: a record beside its blobs for every partition that the catalog alone knew so far.
Status write_partition_records(const fs::path& folder) {
  std::error_code error;
  if (!fs::exists(catalog_path(folder), error)) {
    return {};
  }
  TRY_ASSIGN(const auto database, catalog::open_sqlite(catalog_path(folder).string()));
  TRY_ASSIGN(const auto blobs, blob::open_file_store(folder));
  const SystemClock clock;
  catalog::Partitions partitions(*database, clock);
  TRY_ASSIGN(const auto rows, partitions.list());
  for (const catalog::PartitionRow& row : rows) {
    TRY_ASSIGN([[maybe_unused]] const std::int64_t key, ensure_partition(partitions, *blobs, row.name));
  }
  return {};
}

// kSteps[n] brings format n + 1 to n + 2.
using Step = Status (*)(const fs::path& folder);
constexpr std::array<Step, kDataFormat - 1> kSteps = {write_partition_records};

}  // namespace

Result<int> read_format(const fs::path& folder) {
  const Result<std::string> text = read_file(folder / "FORMAT", 4096);
  if (!text.ok()) {
    return text.status().code() == Code::NotFound ? Result<int>(0) : text.status();
  }
  int format = 0;
  const bool named = text->starts_with(kStampPrefix);
  const char* digits = text->data() + (named ? kStampPrefix.size() : 0);
  const auto parsed = std::from_chars(digits, text->data() + text->size(), format);
  if (!named || parsed.ec != std::errc() || format < 1) {
    return Status(Code::Corrupt, "open data folder '" + folder.string() + "': FORMAT holds no format number");
  }
  if (format > kDataFormat) {
    return Status(Code::Unsupported, "open data folder '" + folder.string() + "': it has format " +
                                         std::to_string(format) + ", this program knows formats up to " +
                                         std::to_string(kDataFormat) + "; use the newer program that wrote it");
  }
  return format;
}

Status migrate_folder(const fs::path& folder) {
  TRY_ASSIGN(int format, read_format(folder));  // again: another process may have been faster
  if (format == 0) {
    return stamp(folder, kDataFormat);
  }
  for (; format < kDataFormat; ++format) {
    RETURN_IF_ERROR(kSteps[static_cast<std::size_t>(format) - 1](folder));
    RETURN_IF_ERROR(stamp(folder, format + 1));
  }
  return {};
}

}  // namespace tessera::archive
