#include "app/importer.h"

#include <algorithm>

#include "base/file.h"
#include "slide/fingerprint.h"
#include "slide/not_yet_read.h"

namespace tessera::app {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kPiece = 1024 * 1024;
constexpr std::size_t kPreamble = 128;

enum class Kind { Dicom, Slide, Other };

Result<Kind> kind_of(const fs::path& path) {
  TRY_ASSIGN(const File file, File::open_read(path));
  TRY_ASSIGN(const std::uint64_t size, file.size());
  ByteBuffer first(std::min<std::uint64_t>(size, kPreamble + 4));
  RETURN_IF_ERROR(file.read_at(0, first));
  // "DICM" first: a dual-personality file starts as a TIFF and is DICOM.
  if (first.size() == kPreamble + 4 && as_text(first).substr(kPreamble) == "DICM") {
    return Kind::Dicom;
  }
  // A slide of a format without a reader is one all the same: opening it says which format that is.
  const bool slide = slide::looks_like_slide(first) || !slide::unread_format(path.filename().string(), first).empty();
  return slide ? Kind::Slide : Kind::Other;
}

// What the converter writes goes on to the destination; what is there already is declined before its pixels are read.
class ToDestination final : public convert::InstanceSink {
 public:
  ToDestination(Destination& destination, ImportedFile& result) : destination_(destination), result_(result) {}

  Result<bool> begin(const convert::Planned& instance) override {
    TRY_ASSIGN(const bool there, destination_.has(instance.study, instance.series, instance.sop));
    if (there) {
      ++result_.already;
      return false;
    }
    RETURN_IF_ERROR(destination_.begin(instance.bytes));
    result_.bytes += instance.bytes;
    return true;
  }

  Status write(ByteView bytes) override { return destination_.write(bytes); }

  Status end() override {
    TRY_ASSIGN(const Arrival arrival, destination_.end());
    ++(arrival == Arrival::Stored ? result_.stored : result_.already);
    return {};
  }

 private:
  Destination& destination_;
  ImportedFile& result_;
};

std::vector<fs::path> files_below(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::recursive_directory_iterator at(folder, fs::directory_options::skip_permission_denied, error), end;
       at != end; at.increment(error)) {
    if (error) {
      break;
    }
    if (at->is_regular_file(error)) {
      files.push_back(at->path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

void Importer::import(const fs::path& path, const std::function<void(const ImportedFile&)>& report) {
  std::error_code error;
  if (!fs::is_directory(path, error)) {
    report(import_file(path, true));
    return;
  }
  for (const fs::path& file : files_below(path)) {
    report(import_file(file, false));
  }
}

ImportedFile Importer::import_file(const fs::path& path, bool named) {
  ImportedFile result;
  result.path = path;
  const Result<Kind> kind = kind_of(path);
  if (!kind.ok()) {
    result.status = kind.status();
  } else if (*kind == Kind::Dicom) {
    result.status = import_dicom(path, result);
  } else if (*kind == Kind::Slide) {
    result.status = import_slide(path, result);
  } else if (named) {
    result.status = Status(Code::Unsupported,
                           "it is neither a DICOM file (no DICM after the preamble) nor a slide of a known format");
  } else {
    result.ignored = true;
  }
  return result;
}

Status Importer::import_dicom(const fs::path& path, ImportedFile& result) {
  TRY_ASSIGN(const File file, File::open_read(path));
  TRY_ASSIGN(const std::uint64_t size, file.size());
  RETURN_IF_ERROR(destination_.begin(size));
  ByteBuffer piece(kPiece);
  for (std::uint64_t at = 0; at < size; at += kPiece) {
    const MutableBytes part(piece.data(), std::min<std::uint64_t>(kPiece, size - at));
    RETURN_IF_ERROR(file.read_at(at, part));
    RETURN_IF_ERROR(destination_.write(part));
  }
  TRY_ASSIGN(const Arrival arrival, destination_.end());
  ++(arrival == Arrival::Stored ? result.stored : result.already);
  result.bytes = arrival == Arrival::Stored ? size : 0;
  return {};
}

Status Importer::import_slide(const fs::path& path, ImportedFile& result) {
  TRY_ASSIGN(const auto source, slide::open_slide(path));
  TRY_ASSIGN(const std::string fingerprint, slide::fingerprint(path));
  ToDestination sink(destination_, result);
  TRY_ASSIGN(const convert::Summary summary, convert::convert_slide(*source, fingerprint, options_, sink));
  result.contents = summary.contents();
  return {};
}

}  // namespace tessera::app
