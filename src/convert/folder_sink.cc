#include "convert/folder_sink.h"

#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <thread>

#include "dicom/writer.h"

namespace tessera::convert {

namespace {
// Writing out begins while copying goes on, so that the fsync at the end finds little to do.
constexpr std::uint64_t kHandOver = std::uint64_t{8} << 20;
constexpr std::string_view kPartial = ".part";

bool lock(const File& file) {
  return ::flock(file.descriptor(), LOCK_EX | LOCK_NB) == 0;
}
}  // namespace

FolderSink::~FolderSink() {
  for (const Part& part : parts_) {
    (void)remove_file(part.partial);  // nothing better can be done with a failure here; the name says what it is
    (void)::rmdir(part.target.parent_path().c_str());  // goes only while it is empty
  }
}

Result<bool> FolderSink::begin(const Planned& instance) {
  const std::filesystem::path folder = folder_ / instance.series;
  std::string name = instance.name + ".dcm";
  std::replace(name.begin(), name.end(), ' ', '-');
  Part part;
  part.target = folder / name;
  std::error_code ignored;
  if (std::filesystem::exists(part.target, ignored)) {
    TRY_ASSIGN(const bool same, is_same(part.target, instance));
    if (!same) {
      return Status(Code::AlreadyExists,
                    "'" + part.target.string() + "' is there and is another file; it is left alone");
    }
    return false;
  }
  RETURN_IF_ERROR(make_series_folder(folder));
  remove_abandoned(folder, name);
  part.partial = folder / ("." + name + "." + std::to_string(::getpid()) + std::string(kPartial));
  TRY_ASSIGN(part.file, File::create_new(part.partial));
  (void)lock(part.file);  // a file system without locks: then nobody takes it for abandoned either
  parts_.push_back(std::move(part));
  return true;
}

// Its entry is made durable by finish(), with all the rest: a flush costs what a small slide's tiles cost. Whoever else
// comes upon it meanwhile syncs it (make_folders_durably), which is why its parent has to be durable already.
Status FolderSink::make_series_folder(const std::filesystem::path& folder) {
  if (folder == series_folder_) {
    return {};
  }
  RETURN_IF_ERROR(make_folders_durably(folder_));
  if (::mkdir(folder.c_str(), 0750) != 0 && errno != EEXIST) {
    return errno_status(errno, "make folder '" + folder.string() + "'");
  }
  series_folder_ = folder;
  return {};
}

// Temporary files of this name that nobody writes any more.
void FolderSink::remove_abandoned(const std::filesystem::path& folder, const std::string& name) {
  std::error_code error;
  for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    const std::string other = at->path().filename().string();
    if (!other.starts_with("." + name + ".") || !other.ends_with(kPartial)) {
      continue;
    }
    const Result<File> file = File::open_read(at->path());
    if (file.ok() && lock(*file)) {
      (void)remove_file(at->path());
    }
  }
}

Result<bool> FolderSink::is_same(const std::filesystem::path& target, const Planned& instance) {
  TRY_ASSIGN(const File file, File::open_read(target));
  TRY_ASSIGN(const std::uint64_t size, file.size());
  const ByteBuffer meta = dicom::encode_file_meta(instance.sop_class, instance.sop, instance.transfer_syntax);
  if (size != instance.bytes || size < meta.size()) {
    return false;
  }
  ByteBuffer head(meta.size());
  RETURN_IF_ERROR(file.read_at(0, head));
  return head == meta;
}

void FolderSink::hand_over(Part& part) {
  part.file.start_writeback(part.handed_over, part.written - part.handed_over);
  part.handed_over = part.written;
}

Status FolderSink::write(ByteView bytes) {
  Part& part = parts_.back();
  RETURN_IF_ERROR(part.file.write_all(bytes).while_doing("write '" + part.target.string() + "'"));
  part.written += bytes.size();
  if (part.written - part.handed_over >= kHandOver) {
    hand_over(part);
  }
  return {};
}

Status FolderSink::end() {
  hand_over(parts_.back());
  return {};
}

// All at once: what they add to a file system's journal is then flushed together.
Status FolderSink::sync_parts() {
  std::vector<Status> synced(parts_.size());
  {
    std::vector<std::jthread> others;
    for (std::size_t at = 1; at < parts_.size(); ++at) {
      others.emplace_back([&file = parts_[at].file, &status = synced[at]] { status = file.sync(); });
    }
    synced[0] = parts_[0].file.sync();
  }
  for (std::size_t at = 0; at < parts_.size(); ++at) {
    RETURN_IF_ERROR(synced[at].while_doing("write '" + parts_[at].target.string() + "'"));
    parts_[at].file.close();
  }
  return {};
}

Status FolderSink::finish() {
  if (parts_.empty()) {
    return {};
  }
  RETURN_IF_ERROR(sync_parts());
  for (Part& part : parts_) {
    RETURN_IF_ERROR(rename_file(part.partial, part.target));
  }
  parts_.clear();
  RETURN_IF_ERROR(sync_folder(series_folder_));
  return sync_folder(folder_);
}

}  // namespace tessera::convert
