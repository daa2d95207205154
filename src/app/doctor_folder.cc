// What the doctor asks of the data folder, its catalog and the files with secrets.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "app/doctor.h"
#include "archive/data_folder.h"
#include "archive/data_format.h"
#include "catalog/inspection.h"

namespace tessera::app {

namespace fs = std::filesystem;

namespace {

std::string mib(std::uint64_t bytes) {
  return std::to_string(bytes >> 20) + " MiB";
}

bool is_new(const Config& config) {
  std::error_code error;
  return !fs::exists(config.data / "FORMAT", error);
}

// What of the data folder this user cannot use, and why; "" where all is well.
std::string unusable_part(const Config& config) {
  for (const auto& [part, rights] :
       {std::pair(".", R_OK | W_OK | X_OK), std::pair("FORMAT", R_OK), std::pair("lock", R_OK | W_OK),
        std::pair("blobs", R_OK | W_OK | X_OK), std::pair("incoming", R_OK | W_OK | X_OK),
        std::pair("catalog.sqlite", R_OK | W_OK)}) {
    const fs::path path = (config.data / part).lexically_normal();
    if (::access(path.c_str(), rights) != 0 && errno != ENOENT && errno != ENOTDIR) {
      return "'" + path.string() + "' cannot be used: " + std::strerror(errno);
    }
  }
  return "";
}

// Of a folder that is not there yet: can it be made?
void check_new_folder(const Config& config, Findings& out) {
  std::error_code error;
  const fs::path folder = fs::absolute(config.data, error).lexically_normal();
  if (fs::exists(folder, error) && !fs::is_directory(folder, error)) {
    out.push_back({"folder", Verdict::Error, "'" + folder.string() + "' is no folder", "name a folder in 'data'"});
    return;
  }
  if (fs::is_directory(folder, error)) {
    const bool empty = fs::is_empty(folder, error);
    out.push_back({"folder", empty ? Verdict::Ok : Verdict::Error,
                   "'" + folder.string() +
                       (empty ? "' is empty: the first start fills it"
                              : "' holds files but no FORMAT stamp: it is no data folder"),
                   empty ? "" : "name an empty or a new folder in 'data'"});
    return;
  }
  fs::path parent = folder.parent_path();
  while (!fs::exists(parent, error) && parent.has_relative_path()) {
    parent = parent.parent_path();
  }
  const bool possible = ::access(parent.c_str(), W_OK | X_OK) == 0;
  out.push_back({"folder", possible ? Verdict::Ok : Verdict::Error,
                 "'" + folder.string() +
                     (possible ? "' is not there: the first start makes it"
                               : "' is not there and cannot be made in '" + parent.string() + "'"),
                 possible ? "" : "make it as root and give it to the user that the server runs as"});
}

void check_owner(const fs::path& folder, Findings& out) {
  struct stat info {};
  if (::stat(folder.c_str(), &info) != 0) {
    return;
  }
  if ((info.st_mode & S_IRWXO) != 0) {
    out.push_back({"folder", Verdict::Warning, "everybody on this machine may look into '" + folder.string() + "'",
                   "chmod o= '" + folder.string() + "'"});
  }
  if (info.st_uid != ::geteuid()) {
    out.push_back({"folder", Verdict::Warning,
                   "'" + folder.string() + "' belongs to user " + std::to_string(info.st_uid) +
                       ", the doctor runs as " + std::to_string(::geteuid()),
                   "run server, imports and the doctor as one user"});
  }
}

}  // namespace

void check_folder(const Config& config, Findings& out) {
  if (const std::string unusable = unusable_part(config); !unusable.empty()) {
    out.push_back({"folder", Verdict::Error, unusable,
                   "run the doctor as the user that the server runs as, or give that user all of it (chown -R)"});
    return;
  }
  if (is_new(config)) {
    check_new_folder(config, out);
    return;
  }
  const Result<int> format = archive::read_format(config.data);
  if (!format.ok()) {
    out.push_back({"folder", Verdict::Error, std::string(format.status().message()),
                   "use the program that wrote it, or restore FORMAT"});
    return;
  }
  const bool old = *format < archive::kDataFormat;
  out.push_back({"folder", Verdict::Ok,
                 "'" + config.data.string() + "' has format " + std::to_string(*format) +
                     (old ? "; the next start brings it to " + std::to_string(archive::kDataFormat) : ""),
                 ""});
  check_owner(config.data, out);
}

void check_space(const Config& config, Findings& out) {
  std::error_code error;
  fs::path at = fs::absolute(config.data, error);
  while (!fs::exists(at, error) && at.has_relative_path()) {
    at = at.parent_path();
  }
  struct statvfs info {};
  if (::statvfs(at.c_str(), &info) != 0) {
    out.push_back({"space", Verdict::Error,
                   "the free space of '" + at.string() + "' is unknown: " + std::strerror(errno),
                   "look whether the file system is mounted"});
    return;
  }
  const std::uint64_t free = std::uint64_t{info.f_bavail} * info.f_frsize;
  const std::uint64_t least = std::uint64_t{config.min_free_mib} << 20;
  const std::string free_text = mib(free) + " are free";
  if (free < least || free == 0) {
    out.push_back({"space", Verdict::Error,
                   free_text + ", fewer than storage.min_free_mib = " + std::to_string(config.min_free_mib) +
                       ": uploads are refused",
                   "make space, or move the folder to a larger disk"});
  } else if (free < 2 * least) {
    out.push_back(
        {"space", Verdict::Warning, free_text + "; below " + mib(least) + " uploads are refused", "make space soon"});
  } else {
    out.push_back({"space", Verdict::Ok, free_text, ""});
  }
  if (info.f_files > 0 && info.f_favail < 1000) {
    out.push_back({"space", Verdict::Error, "only " + std::to_string(info.f_favail) + " inodes are free",
                   "remove small files, or use a file system with more inodes"});
  }
}

void check_catalog(const Config& config, Findings& out) {
  // Nobody should be told to make a catalog again that another user may only not open.
  if (is_new(config) || !unusable_part(config).empty()) {
    return;
  }
  const std::string path = archive::catalog_path(config.data).string();
  const auto seen = catalog::inspect_catalog(path);
  if (!seen.ok()) {
    out.push_back({"catalog", Verdict::Error, std::string(seen.status().message()),
                   seen.status().code() == Code::NotFound
                       ? "run 'tessera admin rebuild-catalog'"
                       : "stop the server, move the file away and run 'tessera admin rebuild-catalog'"});
    return;
  }
  if (!seen->damage.empty()) {
    out.push_back({"catalog", Verdict::Error, "it is damaged: " + seen->damage.front(),
                   "stop the server and run 'tessera admin rebuild-catalog --force'"});
  } else if (seen->schema > seen->newest_schema) {
    out.push_back({"catalog", Verdict::Error,
                   "schema " + std::to_string(seen->schema) + " is newer than this program's " +
                       std::to_string(seen->newest_schema),
                   "use the newer program that wrote it"});
  } else {
    out.push_back({"catalog", Verdict::Ok,
                   "whole; schema " + std::to_string(seen->schema) + ", journal " + seen->journal_mode, ""});
  }
  if (seen->journal_mode != "wal") {
    out.push_back({"catalog", Verdict::Warning, "its journal is '" + seen->journal_mode + "', not wal",
                   "keep the folder on a local file system: a write-ahead log needs shared memory"});
  }
  if (seen->set_aside > 0) {
    out.push_back({"catalog", Verdict::Warning,
                   std::to_string(seen->set_aside) + " files could not be read by a rebuild and are kept aside",
                   "run 'tessera admin rebuild-catalog --force' to see which; restore them from a backup"});
  }
  std::error_code error;
  const std::uint64_t wal = fs::file_size(path + "-wal", error);
  if (!error && wal > (std::uint64_t{1} << 30)) {
    out.push_back({"catalog", Verdict::Warning, "its write-ahead log has " + mib(wal),
                   "look for a process that keeps a read open for long; a restart of the server folds it in"});
  }
}

void check_secrets(const Config& config, Findings& out) {
  for (const fs::path& path : config.secret_files) {
    struct stat info {};
    if (::stat(path.c_str(), &info) == 0 && (info.st_mode & S_IRWXO) != 0) {
      out.push_back({"tokens", Verdict::Error, "everybody on this machine may read '" + path.string() + "'",
                     "chmod o= '" + path.string() + "', and choose new tokens"});
    } else {
      out.push_back({"tokens", Verdict::Ok, "'" + path.string() + "' is private", ""});
    }
  }
}

}  // namespace tessera::app
