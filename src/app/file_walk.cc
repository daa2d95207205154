#include "app/file_walk.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "app/set_aside.h"

namespace tessera::app {

namespace fs = std::filesystem;

FileWalk::FileWalk(std::vector<fs::path> roots, const std::vector<fs::path>& without) {
  for (auto root = roots.rbegin(); root != roots.rend(); ++root) {
    ahead_.push_back({std::move(*root), true});
  }
  for (const fs::path& folder : without) {
    struct stat info {};
    if (::stat(folder.c_str(), &info) == 0) {
      without_.emplace_back(info.st_dev, info.st_ino);
    }
  }
}

bool FileWalk::next(FoundFile& file) {
  while (!ahead_.empty()) {
    const Step step = std::move(ahead_.back());
    ahead_.pop_back();
    file = {};
    file.path = step.path;
    file.named = step.named;
    if (visit(step, file)) {
      return true;
    }
  }
  return false;
}

// False for what is only on the way: a folder that could be opened, or one to pass over.
bool FileWalk::visit(const Step& step, FoundFile& file) {
  struct stat info {};
  struct stat link {};
  if (::lstat(step.path.c_str(), &link) != 0 || ::stat(step.path.c_str(), &info) != 0) {
    file.problem = errno_status(errno, "open '" + step.path.string() + "'");
    return true;
  }
  if (S_ISREG(info.st_mode)) {
    file.bytes = static_cast<std::uint64_t>(info.st_size);
    return true;
  }
  if (!S_ISDIR(info.st_mode)) {
    file.skipped = "it is neither a file nor a folder";
    return true;
  }
  if (std::find(without_.begin(), without_.end(), FolderId{info.st_dev, info.st_ino}) != without_.end()) {
    return false;
  }
  if (S_ISLNK(link.st_mode) && !step.named) {
    file.skipped = "it is a link to a folder, which is followed only when it is named";
    return true;
  }
  file.problem = open_folder(step.path);
  return !file.problem.ok();
}

Status FileWalk::open_folder(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> names;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    if (at->path().filename() != kErrorsFolder && at->path().filename() != kImportedFile) {
      names.push_back(at->path());
    }
  }
  if (error) {
    return errno_status(error.value(), "read folder '" + folder.string() + "'");
  }
  std::sort(names.begin(), names.end(), [](const fs::path& a, const fs::path& b) { return a.native() > b.native(); });
  for (fs::path& name : names) {
    ahead_.push_back({std::move(name), false});
  }
  return {};
}

}  // namespace tessera::app
