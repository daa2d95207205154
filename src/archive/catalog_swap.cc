#include "archive/catalog_swap.h"

#include "archive/data_folder.h"
#include "base/file.h"

namespace tessera::archive {

namespace fs = std::filesystem;

namespace {

fs::path beside(const fs::path& folder) {
  return folder / "catalog.rebuild.sqlite";
}
fs::path replaced(const fs::path& folder) {
  return folder / "catalog.replaced.sqlite";
}

// A database file with its companions.
Status remove_database(const fs::path& path) {
  for (const char* suffix : {"", "-wal", "-shm"}) {
    RETURN_IF_ERROR(remove_file(path.string() + suffix));
  }
  return {};
}

// SQLite folds the write-ahead log into the file when its last connection closes, and removes it. A log that stays
// must never be found beside another database: its pages would be put into that.
Status fold_log(const fs::path& path) {
  const Status opened = catalog::open_sqlite(path.string()).status();
  std::error_code error;
  if (opened.ok() && fs::file_size(path.string() + "-wal", error) > 0 && !error) {
    return Status(Code::Internal, "close catalog '" + path.string() + "': its write-ahead log is still there");
  }
  return opened;
}

Status keep_old_catalog(const fs::path& folder) {
  const fs::path held = catalog_path(folder);
  std::error_code error;
  if (!fs::exists(held, error)) {
    return {};
  }
  RETURN_IF_ERROR(remove_database(replaced(folder)));
  fs::create_hard_link(held, replaced(folder), error);
  if (error) {
    return errno_status(error.value(), "keep '" + held.string() + "' as '" + replaced(folder).string() + "'");
  }
  if (!fold_log(held).ok()) {
    // It is damaged, or of another program: its log stays with it under the new name.
    fs::rename(held.string() + "-wal", replaced(folder).string() + "-wal", error);
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<catalog::Database>> open_catalog_beside(const fs::path& folder) {
  RETURN_IF_ERROR(remove_database(beside(folder)));
  return catalog::open_sqlite(beside(folder).string());
}

Status put_catalog_in_place(const fs::path& folder) {
  RETURN_IF_ERROR(fold_log(beside(folder)));
  TRY_ASSIGN(File made, File::open_read(beside(folder)));
  RETURN_IF_ERROR(made.sync());
  RETURN_IF_ERROR(keep_old_catalog(folder));
  RETURN_IF_ERROR(remove_file(catalog_path(folder).string() + "-wal"));
  RETURN_IF_ERROR(remove_file(catalog_path(folder).string() + "-shm"));
  RETURN_IF_ERROR(sync_folder(folder));
  RETURN_IF_ERROR(rename_file(beside(folder), catalog_path(folder)));
  RETURN_IF_ERROR(remove_database(beside(folder)));  // an empty log and its index, if SQLite left them
  return sync_folder(folder);
}

}  // namespace tessera::archive
