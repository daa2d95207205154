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
  for (const Part& part : parts_) {
    (void)remove_file(part.partial);  // nothing better can be done with a failure here; the name says what it is
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
  RETURN_IF_ERROR(make_folders_durably(folder));
  part.partial = folder / ("." + name + "." + std::to_string(::getpid()) + ".part");
  RETURN_IF_ERROR(remove_file(part.partial));  // of a process that died with our number
  TRY_ASSIGN(part.file, File::create_new(part.partial));
  parts_.push_back(std::move(part));
  return true;
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

Status FolderSink::finish() {
  for (Part& part : parts_) {
    RETURN_IF_ERROR(part.file.sync().while_doing("write '" + part.target.string() + "'"));
    part.file.close();
  }
  for (Part& part : parts_) {
    RETURN_IF_ERROR(rename_file(part.partial, part.target));
  }
  const std::filesystem::path folder = parts_.empty() ? std::filesystem::path() : parts_.back().target.parent_path();
  parts_.clear();
  return folder.empty() ? Status() : sync_folder(folder);
}

}  // namespace tessera::convert
