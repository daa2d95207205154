#include "blob/file_store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <random>

#include "base/file.h"
#include "blob/file_adoption.h"
#include "blob/file_source.h"
#include "blob/file_writer.h"

namespace tessera::blob {

namespace fs = std::filesystem;

namespace {

std::int64_t modified_millis(const struct stat& info) {
  return std::int64_t{info.st_mtim.tv_sec} * 1000 + info.st_mtim.tv_nsec / 1'000'000;
}

class FileStore final : public BlobStore {
 public:
  explicit FileStore(const fs::path& data) : blobs_(data / "blobs"), incoming_(data / "incoming") {
    name_prefix_ = std::to_string(std::random_device()()) + "-" + std::to_string(::getpid()) + "-";
  }

  Status make_folders() {
    RETURN_IF_ERROR(make_folders_durably(blobs_));
    return make_folders_durably(incoming_);
  }

  Result<std::unique_ptr<BlobWriter>> put() override {
    return std::unique_ptr<BlobWriter>(std::make_unique<FileWriter>(next_unfinished(), blobs_));
  }

  Result<Adopted> adopt(const fs::path& path, bool may_take) override {
    const fs::path unfinished = next_unfinished();
    TRY_ASSIGN(File file, adopt_file(path, unfinished, may_take));
    auto size = file.size();
    auto again = File::open_read(unfinished);
    if (!size.ok() || !again.ok()) {
      (void)::unlink(unfinished.c_str());
      return size.ok() ? again.status() : size.status();
    }
    Adopted adopted;
    adopted.bytes = std::make_shared<FileSource>(std::move(*again), *size);
    adopted.writer = std::make_unique<FileWriter>(std::move(file), unfinished, blobs_, *size);
    return adopted;
  }

  Result<std::shared_ptr<RangeSource>> open(std::string_view key) override {
    RETURN_IF_ERROR(check_key(key));
    TRY_ASSIGN(File file, File::open_read(blobs_ / key));
    TRY_ASSIGN(const std::uint64_t size, file.size());
    return std::shared_ptr<RangeSource>(std::make_shared<FileSource>(std::move(file), size));
  }

  Result<BlobInfo> stat(std::string_view key) override {
    RETURN_IF_ERROR(check_key(key));
    struct stat info {};
    if (::stat((blobs_ / key).c_str(), &info) != 0) {
      return errno_status(errno, "stat blob " + std::string(key));
    }
    return BlobInfo{std::string(key), static_cast<std::uint64_t>(info.st_size), modified_millis(info)};
  }

  Status remove(std::string_view key) override {
    RETURN_IF_ERROR(check_key(key));
    const fs::path path = blobs_ / key;
    const Status removed = remove_file(path);
    if (!removed.ok()) {
      return removed.code() == Code::NotFound ? Status() : removed;
    }
    // Folders that are empty now go too, up to the partition's. rmdir refuses those that are not.
    for (fs::path folder = path.parent_path(); folder != blobs_ && folder.parent_path() != blobs_;
         folder = folder.parent_path()) {
      if (::rmdir(folder.c_str()) != 0) {
        break;
      }
    }
    return {};
  }

  Status settle(std::string_view key) override {
    RETURN_IF_ERROR(check_key(key));
    // The folder itself may have gone as empty: then its entry in the nearest one that is left is what counts.
    for (fs::path folder = (blobs_ / key).parent_path();; folder = folder.parent_path()) {
      const Status synced = sync_folder(folder);
      if (synced.code() != Code::NotFound || folder == blobs_) {
        return synced;
      }
    }
  }

  Status list(std::string_view prefix, const std::function<bool(const BlobInfo&)>& each) override {
    // Only the folder that the prefix names for certain is walked.
    const std::size_t cut = prefix.rfind('/');
    const fs::path start = cut == prefix.npos ? blobs_ : blobs_ / prefix.substr(0, cut);
    std::error_code error;
    fs::recursive_directory_iterator at(start, error);
    for (; !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
      struct stat info {};
      if (::lstat(at->path().c_str(), &info) != 0 || !S_ISREG(info.st_mode)) {
        continue;
      }
      const std::string key = at->path().lexically_relative(blobs_).string();
      if (key.starts_with(prefix) && !each({key, static_cast<std::uint64_t>(info.st_size), modified_millis(info)})) {
        return {};
      }
    }
    if (error && error != std::errc::no_such_file_or_directory) {
      return errno_status(error.value(), "list blobs below '" + start.string() + "'");
    }
    return {};
  }

  Result<std::uint64_t> sweep_unfinished(std::chrono::milliseconds age) override {
    std::uint64_t removed = 0;
    for_each_dead(age, [&](const fs::path& path, const BlobInfo&) { removed += ::unlink(path.c_str()) == 0 ? 1 : 0; });
    return removed;
  }

  Result<std::vector<BlobInfo>> unfinished(std::chrono::milliseconds age) override {
    std::vector<BlobInfo> found;
    for_each_dead(age, [&](const fs::path&, const BlobInfo& info) { found.push_back(info); });
    return found;
  }

  Result<std::uint64_t> free_bytes() override {
    struct statvfs info {};
    if (::statvfs(blobs_.c_str(), &info) != 0) {
      return errno_status(errno, "ask for the free space of '" + blobs_.string() + "'");
    }
    return std::uint64_t{info.f_bavail} * info.f_frsize;
  }

 private:
  fs::path next_unfinished() { return incoming_ / (name_prefix_ + std::to_string(next_name_.fetch_add(1))); }

  // A writer makes its file and then locks it; within that moment it would look dead. Names say which process it is,
  // and a file younger than this is left for the next sweep.
  static constexpr std::int64_t kYoungMillis = 2000;

  // Calls `each` with every unfinished file whose writer is dead, while it holds that file's lock.
  void for_each_dead(std::chrono::milliseconds age, const std::function<void(const fs::path&, const BlobInfo&)>& each) {
    const std::int64_t now =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
            .count();
    const std::int64_t newest = now - std::max<std::int64_t>(age.count(), kYoungMillis);
    std::error_code error;
    for (fs::directory_iterator at(incoming_, error); !error && at != fs::directory_iterator(); at.increment(error)) {
      Result<File> file = File::open_read(at->path());
      struct stat info {};
      if (file.ok() && ::fstat(file->descriptor(), &info) == 0 && modified_millis(info) <= newest &&
          ::flock(file->descriptor(), LOCK_EX | LOCK_NB) == 0) {
        each(at->path(),
             {at->path().filename().string(), static_cast<std::uint64_t>(info.st_size), modified_millis(info)});
      }
    }
  }

  const fs::path blobs_;
  const fs::path incoming_;
  std::string name_prefix_;
  std::atomic<std::uint64_t> next_name_{0};
};

}  // namespace

Result<std::unique_ptr<BlobStore>> open_file_store(const fs::path& data_folder) {
  auto store = std::make_unique<FileStore>(data_folder);
  RETURN_IF_ERROR(store->make_folders());
  return std::unique_ptr<BlobStore>(std::move(store));
}

}  // namespace tessera::blob
