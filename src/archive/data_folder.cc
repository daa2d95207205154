#include "archive/data_folder.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <chrono>
#include <thread>

#include "archive/data_format.h"
#include "blob/file_store.h"

namespace tessera::archive {

namespace fs = std::filesystem;

namespace {

// A migration takes the folder alone for moments; whoever comes meanwhile waits that long.
constexpr auto kPatience = std::chrono::seconds(10);
constexpr auto kNap = std::chrono::milliseconds(50);

Status failure(const fs::path& folder, Code code, const std::string& why) {
  return Status(code, "open data folder '" + folder.string() + "': " + why);
}

// Ours are the stamp, its leftovers, the lock, and nothing else yet.
bool holds_foreign_files(const fs::path& folder) {
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with("FORMAT") && name != "lock" && name != "lost+found") {
      return true;
    }
  }
  return false;
}

Result<File> open_lock_file(const fs::path& folder) {
  const int descriptor = ::open((folder / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
  if (descriptor < 0) {
    return errno_status(errno, "open '" + (folder / "lock").string() + "'");
  }
  return File(descriptor);
}

// `how`: LOCK_SH or LOCK_EX. False: others hold it, also after `patience`.
Result<bool> take_lock(const File& file, int how, std::chrono::milliseconds patience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  while (::flock(file.descriptor(), how | LOCK_NB) != 0) {
    if (errno == EINTR) {
      continue;
    }
    if (errno != EWOULDBLOCK) {
      return errno_status(errno, "lock the data folder");
    }
    if (std::chrono::steady_clock::now() >= until) {
      return false;
    }
    std::this_thread::sleep_for(kNap);
  }
  return true;
}

// The folder's format is kDataFormat when it returns ok. `lock` may be held in any way afterwards.
Status bring_to_newest_format(const fs::path& folder, const File& lock) {
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (true) {
    TRY_ASSIGN(const int held, read_format(folder));
    if (held == kDataFormat) {
      return {};  // or another process was faster, and has the folder open by now
    }
    TRY_ASSIGN(const bool alone, take_lock(lock, LOCK_EX, kNap));
    if (alone) {
      return migrate_folder(folder).while_doing("bring data folder '" + folder.string() + "' to format " +
                                                std::to_string(kDataFormat));
    }
    if (std::chrono::steady_clock::now() >= until) {
      return failure(folder, Code::Busy, "it must be brought to a newer format, and another process has it open");
    }
  }
}

// A new catalog beside old blobs would show nothing and give their numbers a second time.
Status check_catalog_is_there(const fs::path& folder, blob::BlobStore& blobs) {
  std::error_code error;
  if (fs::exists(catalog_path(folder), error)) {
    return {};
  }
  bool any = false;
  RETURN_IF_ERROR(blobs.list("", [&any](const blob::BlobInfo& info) {
    any = info.key.ends_with(".dcm");
    return !any;
  }));
  if (any) {
    return failure(folder, Code::Corrupt,
                   "it holds images but no catalog.sqlite; 'tessera admin rebuild-catalog' makes it again from them");
  }
  return {};
}

}  // namespace

fs::path catalog_path(const fs::path& folder) {
  return folder / "catalog.sqlite";
}

Result<DataFolder> open_data_folder(const fs::path& path) {
  std::error_code error;
  DataFolder out;
  out.path = fs::absolute(path, error).lexically_normal();
  RETURN_IF_ERROR(make_folders_durably(out.path));
  if (!fs::exists(out.path / "FORMAT", error) && holds_foreign_files(out.path)) {
    // Perhaps it is another process's first start, which has come farther meanwhile.
    if (!fs::exists(out.path / "FORMAT", error)) {
      return failure(out.path, Code::InvalidArgument,
                     "it holds files but no FORMAT stamp; name an empty or a new folder");
    }
  }
  TRY_ASSIGN(out.lock, open_lock_file(out.path));
  RETURN_IF_ERROR(bring_to_newest_format(out.path, out.lock));
  TRY_ASSIGN(const bool shared, take_lock(out.lock, LOCK_SH, kPatience));
  if (!shared) {
    return failure(out.path, Code::Busy, "another process has it alone (a rebuild of its catalog is under way)");
  }
  TRY_ASSIGN(out.blobs, blob::open_file_store(out.path));
  RETURN_IF_ERROR(check_catalog_is_there(out.path, *out.blobs));
  TRY_ASSIGN(out.database, catalog::open_sqlite(catalog_path(out.path).string()));
  return out;
}

Result<LoneFolder> open_folder_alone(const fs::path& path) {
  std::error_code error;
  LoneFolder out;
  out.path = fs::absolute(path, error).lexically_normal();
  if (!fs::exists(out.path / "FORMAT", error)) {
    return failure(out.path, Code::NotFound, "there is no FORMAT stamp: it is no data folder");
  }
  TRY_ASSIGN(out.lock, open_lock_file(out.path));
  TRY_ASSIGN(const bool alone, take_lock(out.lock, LOCK_EX, {}));
  if (!alone) {
    return failure(out.path, Code::Busy, "a server, an import or another command has it open; stop that first");
  }
  TRY_ASSIGN(const int format, read_format(out.path));
  if (format != kDataFormat) {
    RETURN_IF_ERROR(migrate_folder(out.path));
  }
  TRY_ASSIGN(out.blobs, blob::open_file_store(out.path));
  return out;
}

}  // namespace tessera::archive
