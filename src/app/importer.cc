#include "app/importer.h"

#include <sys/stat.h>

#include <algorithm>

#include "app/sheet.h"
#include "base/file.h"
#include "slide/fingerprint.h"
#include "slide/not_yet_read.h"

namespace tessera::app {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kPiece = 1024 * 1024;
constexpr std::size_t kPreamble = 128;
constexpr Millis kFirstPause{500};
constexpr Millis kLongestPause{30'000};
constexpr Millis kLongestBusy{600'000};  // another job may be storing many gigabytes under the same UIDs
constexpr const char* kDicomFileKey = "file";

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

Status read_piece(RangeSource& source, std::uint64_t offset, MutableBytes into) {
  Status status(Code::Internal, "read a file: no answer");
  source.read(offset, into, [&status](const Result<std::size_t>& done) { status = done.status(); });
  return status;
}

// Removes `path` if it is still what was imported. False: it is another file now, or was changed.
bool remove_imported(const fs::path& path, const struct stat& before) {
  struct stat now {};
  return ::stat(path.c_str(), &now) == 0 && now.st_dev == before.st_dev && now.st_ino == before.st_ino &&
         now.st_size == before.st_size && now.st_mtim.tv_sec == before.st_mtim.tv_sec &&
         now.st_mtim.tv_nsec == before.st_mtim.tv_nsec && remove_file(path).ok();
}

Millis pause_before(unsigned attempt, Millis asked_for) {
  const Millis doubled = kFirstPause * (1u << std::min(attempt, 6u));
  return std::max(std::min(doubled, kLongestPause), std::min(asked_for, 10 * kLongestPause));
}

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace

// What the converter writes goes on to the destination; what is there already is declined before its pixels are read.
class Importer::SlideSink final : public convert::InstanceSink {
 public:
  SlideSink(Importer& importer, ImportedFile& result) : importer_(importer), result_(result) {}

  Result<bool> begin(const convert::Planned& instance) override {
    RETURN_IF_ERROR(importer_.go_on());
    const auto arrived = importer_.arrived_.find(instance.sop);
    if (arrived != importer_.arrived_.end()) {
      return false;  // by an attempt before
    }
    TRY_ASSIGN(const bool there, importer_.destination_.has(instance.study, instance.series, instance.sop));
    if (there) {
      importer_.arrived_[instance.sop] = Arrival::AlreadyThere;
      return false;
    }
    RETURN_IF_ERROR(importer_.destination_.begin(instance.bytes));
    importer_.sent_.push_back(instance.sop);
    bytes_ += instance.bytes;
    return true;
  }

  Status write(ByteView bytes) override {
    RETURN_IF_ERROR(importer_.go_on());
    return importer_.destination_.write(bytes);
  }

  Status end() override { return importer_.destination_.close(); }

  Status finish() override {
    RETURN_IF_ERROR(importer_.commit());
    result_.bytes += bytes_;
    return {};
  }

 private:
  Importer& importer_;
  ImportedFile& result_;
  std::uint64_t bytes_ = 0;
};

Status Importer::go_on() const {
  return stop_.stopped() && !destination_.is_seen() ? Status(Code::Cancelled, "stopped") : Status();
}

ImportedFile Importer::import(const FoundFile& file, const Listener& listener) {
  const auto begin = std::chrono::steady_clock::now();
  ImportedFile result;
  arrived_.clear();
  std::int64_t reported = 0;
  const Listener counting{[&](std::int64_t bytes) {
                            reported += bytes;
                            listener.moved(bytes);
                          },
                          listener.waiting};
  Millis busy_for{0};
  for (unsigned tries = 0;; ++tries) {
    result = {};
    result.path = file.path;
    result.size = file.bytes;
    attempt(file, result, counting);
    if (!should_try_again(result, tries, busy_for)) {
      break;
    }
    const Millis pause = pause_before(tries, destination_.retry_after());
    busy_for = result.status.code() == Code::Busy ? busy_for + pause : Millis(0);
    counting.moved(-reported);
    listener.waiting("trying again in " + std::to_string((pause.count() + 999) / 1000) +
                     " s: " + std::string(result.status.message()));
    stop_.wait(pause);
  }
  for (const auto& [sop, arrival] : arrived_) {
    ++(arrival == Arrival::Stored ? result.stored : result.already);
  }
  counting.moved(static_cast<std::int64_t>(file.bytes) - reported);
  result.seconds = seconds_since(begin);
  return result;
}

bool Importer::should_try_again(const ImportedFile& result, unsigned tries, Millis busy_for) {
  if (result.status.ok()) {
    given_up_ = false;
    return false;
  }
  if (stop_.stopped()) {
    return false;
  }
  if (result.status.code() == Code::Busy) {
    return busy_for < kLongestBusy;
  }
  if (result.status.code() != Code::Unavailable || given_up_) {
    return false;
  }
  given_up_ = tries >= rules_.retries;
  return !given_up_;
}

void Importer::attempt(const FoundFile& file, ImportedFile& result, const Listener& listener) {
  sent_.clear();
  if (!file.problem.ok() || !file.skipped.empty()) {
    result.status = file.problem;
    result.ignored = file.problem.ok();
    result.note = file.skipped;
    return;
  }
  const Result<Kind> kind = kind_of(file.path);
  if (!kind.ok()) {
    result.status = kind.status();
  } else if (*kind == Kind::Dicom && (file.named || file.path.filename() != "DICOMDIR")) {
    result.status = import_dicom(file.path, result, listener);
  } else if (*kind == Kind::Slide) {
    result.slide = true;
    result.status = import_slide(file.path, result, listener);
  } else if (file.named) {
    result.status = Status(Code::Unsupported,
                           "it is neither a DICOM file (no DICM after the preamble) nor a slide of a known format");
  } else {
    result.ignored = true;
    result.note = *kind == Kind::Dicom ? "it is a directory of DICOM files" : "it is neither DICOM nor a slide";
  }
  if (!result.status.ok()) {
    if (destination_.is_seen()) {
      (void)commit();  // what arrived is counted, whatever became of the rest
    }
    destination_.abandon();
    result.abandoned = result.status.code() == Code::Cancelled;
  }
}

Status Importer::commit() {
  TRY_ASSIGN(const std::vector<Arrival> arrivals, destination_.commit());
  for (std::size_t i = 0; i < arrivals.size() && i < sent_.size(); ++i) {
    arrived_[sent_[i]] = arrivals[i];
  }
  return {};
}

Status Importer::import_dicom(const fs::path& path, ImportedFile& result, const Listener& listener) {
  struct stat before {};
  if (::stat(path.c_str(), &before) != 0) {
    return errno_status(errno, "stat '" + path.string() + "'");
  }
  TRY_ASSIGN(const auto source, destination_.begin_file(path, rules_.move));
  sent_.emplace_back(kDicomFileKey);
  ByteBuffer piece(kPiece);
  const std::uint64_t size = source->size();
  for (std::uint64_t at = 0; at < size; at += kPiece) {
    RETURN_IF_ERROR(go_on());
    const MutableBytes part(piece.data(), std::min<std::uint64_t>(kPiece, size - at));
    RETURN_IF_ERROR(read_piece(*source, at, part));
    RETURN_IF_ERROR(destination_.write(part));
    listener.moved(static_cast<std::int64_t>(part.size()));
  }
  RETURN_IF_ERROR(destination_.close());
  RETURN_IF_ERROR(commit());
  result.bytes = arrived_[kDicomFileKey] == Arrival::Stored ? size : 0;
  if (rules_.move) {
    result.removed = remove_imported(path, before);
    result.note = result.removed ? "" : "it could not be removed, or was changed meanwhile: it stays";
  }
  return {};
}

Status Importer::labels_of(const fs::path& path, const std::string& barcode, ImportedFile& result,
                           convert::Options& options) const {
  if (rules_.sheet == nullptr) {
    return {};
  }
  const auto match = rules_.sheet->apply(path, barcode, options);
  if (match && match->also.empty()) {
    return {};
  }
  const std::string why = match
                              ? "line " + std::to_string(match->line) + " of the sheet is about '" + match->also +
                                    "' too: both have that name, so the row should say the folder"
                              : "the sheet has no row for it" + (barcode.empty() ? "" : " (barcode '" + barcode + "')");
  if (rules_.sheet_is_strict) {
    return Status(Code::InvalidArgument, why);
  }
  result.note = why;
  return {};
}

Status Importer::import_slide(const fs::path& path, ImportedFile& result, const Listener& listener) {
  TRY_ASSIGN(const auto source, slide::open_slide(path, rules_.decoders));
  convert::Options options = rules_.convert;
  RETURN_IF_ERROR(labels_of(path, source->facts().barcode, result, options));
  TRY_ASSIGN(const std::string fingerprint, slide::fingerprint(path));
  SlideSink sink(*this, result);
  // What goes by is the instances' bytes; what is counted is the file's.
  std::int64_t counted = 0;
  const auto progress = [&](std::uint64_t done, std::uint64_t total) {
    const double part = static_cast<double>(done) / static_cast<double>(std::max<std::uint64_t>(total, 1));
    const auto now = static_cast<std::int64_t>(part * static_cast<double>(result.size));
    listener.moved(now - counted);
    counted = now;
  };
  TRY_ASSIGN(const convert::Summary summary, convert::convert_slide(*source, fingerprint, options, sink, progress));
  result.contents = summary.contents();
  return {};
}

}  // namespace tessera::app
