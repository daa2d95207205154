#include "archive/data_folder.h"

#include <charconv>

#include "base/file.h"
#include "blob/file_store.h"

namespace tessera::archive {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kStampPrefix = "tessera data format ";

Status check_stamp(const fs::path& folder, const std::string& stamp) {
  int version = 0;
  const bool named = stamp.starts_with(kStampPrefix);
  const char* digits = stamp.data() + (named ? kStampPrefix.size() : 0);
  const auto parsed = std::from_chars(digits, stamp.data() + stamp.size(), version);
  if (!named || parsed.ec != std::errc() || version < 1) {
    return Status(Code::Corrupt, "open data folder '" + folder.string() + "': FORMAT holds no format number");
  }
  if (version > kDataFormat) {
    return Status(Code::Unsupported, "open data folder '" + folder.string() + "': it has format " +
                                         std::to_string(version) + ", this program knows formats up to " +
                                         std::to_string(kDataFormat) + "; use the newer program that wrote it");
  }
  return {};
}

// Ours are the stamp's own leftovers and what a first start that was cut short may have made.
bool holds_foreign_files(const fs::path& folder) {
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with("FORMAT") && name != "lost+found") {
      return true;
    }
  }
  return false;
}

Status stamp_folder(const fs::path& folder) {
  const fs::path stamp = folder / "FORMAT";
  Result<std::string> held = read_file(stamp, 4096);
  if (held.ok()) {
    return check_stamp(folder, *held);
  }
  if (held.status().code() != Code::NotFound) {
    return held.status();
  }
  if (holds_foreign_files(folder)) {
    return Status(Code::InvalidArgument, "open data folder '" + folder.string() +
                                             "': it holds files but no FORMAT stamp; name an empty or a new folder");
  }
  const std::string text = std::string(kStampPrefix) + std::to_string(kDataFormat) + "\n";
  return write_file_atomically(stamp, as_bytes(text));
}

}  // namespace

Result<DataFolder> open_data_folder(const fs::path& path) {
  std::error_code error;
  const fs::path folder = fs::absolute(path, error).lexically_normal();
  RETURN_IF_ERROR(make_folders_durably(folder));
  RETURN_IF_ERROR(stamp_folder(folder));
  DataFolder out;
  out.path = folder;
  TRY_ASSIGN(out.blobs, blob::open_file_store(folder));
  TRY_ASSIGN(out.database, catalog::open_sqlite((folder / "catalog.sqlite").string()));
  return out;
}

}  // namespace tessera::archive
