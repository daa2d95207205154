#include "convert/folder_sink.h"

#include <unistd.h>

#include <algorithm>

#include "dicom/writer.h"

namespace tessera::convert {

namespace {
// Writing out begins while copying goes on, so that the fsync at the end finds little to do.
constexpr std::uint64_t kHandOver = std::uint64_t{8} << 20;
}  // namespace

FolderSink::~FolderSink() {
  discard();
}

void FolderSink::discard() {
  if (!partial_.empty()) {
    file_.close();
    (void)remove_file(partial_);  // nothing better can be done with a failure here; the name says what it is
    partial_.clear();
  }
}

Result<bool> FolderSink::begin(const Planned& instance) {
  discard();
  const std::filesystem::path folder = folder_ / instance.series;
  const std::string name = "level-" + std::to_string(instance.level) + ".dcm";
  target_ = folder / name;
  std::error_code ignored;
  if (std::filesystem::exists(target_, ignored)) {
    TRY_ASSIGN(const bool same, is_there(instance));
    if (!same) {
      return Status(Code::AlreadyExists,
                    "'" + target_.string() + "' is there and is another file; it is left alone");
    }
    return false;
  }
  RETURN_IF_ERROR(make_folders_durably(folder));
  const std::filesystem::path partial = folder / ("." + name + "." + std::to_string(::getpid()) + ".part");
  RETURN_IF_ERROR(remove_file(partial));  // of a process that died with our number
  TRY_ASSIGN(file_, File::create_new(partial));
  partial_ = partial;
  written_ = handed_over_ = 0;
  return true;
}

Result<bool> FolderSink::is_there(const Planned& instance) const {
  TRY_ASSIGN(const File file, File::open_read(target_));
  TRY_ASSIGN(const std::uint64_t size, file.size());
  const ByteBuffer meta = dicom::encode_file_meta(instance.sop_class, instance.sop, instance.transfer_syntax);
  if (size != instance.bytes || size < meta.size()) {
    return false;
  }
  ByteBuffer head(meta.size());
  RETURN_IF_ERROR(file.read_at(0, head));
  return head == meta;
}

Status FolderSink::write(ByteView bytes) {
  RETURN_IF_ERROR(file_.write_all(bytes).while_doing("write '" + target_.string() + "'"));
  written_ += bytes.size();
  if (written_ - handed_over_ >= kHandOver) {
    file_.start_writeback(handed_over_, written_ - handed_over_);
    handed_over_ = written_;
  }
  return {};
}

Status FolderSink::end() {
  RETURN_IF_ERROR(file_.sync().while_doing("write '" + target_.string() + "'"));
  file_.close();
  RETURN_IF_ERROR(rename_file(partial_, target_));
  partial_.clear();
  return sync_folder(target_.parent_path());
}

}  // namespace tessera::convert
