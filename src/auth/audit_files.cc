#include "auth/audit_files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <thread>
#include <utility>

#include "auth/audit_event.h"
#include "auth/audit_line.h"

namespace tessera::auth {

namespace {

constexpr std::uint64_t kReserve = 1024 * 1024;  // kept allocated ahead, so that a full disk still takes a few lines
constexpr std::uint64_t kTail = 2 * kMaxAuditLine;
constexpr auto kLockPatience = std::chrono::seconds(5);
constexpr auto kLockPause = std::chrono::milliseconds(2);

Result<File> open_for_writing(const std::filesystem::path& path, int flags) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CLOEXEC | flags, 0600);
  if (descriptor < 0) {
    return errno_status(errno, "open '" + path.string() + "'");
  }
  return File(descriptor);
}

std::string today() {
  std::string date;
  for (const char c : audit_time(wall_micros()).substr(0, 10)) {
    date.append(c == '-' ? "" : std::string(1, c));
  }
  return date;
}

std::string event_body(const char* event, AuditOutcome outcome, const std::string& what) {
  AuditEvent line;
  line.event = event;
  line.outcome = outcome;
  line.what = what;
  return audit_body(line);
}

// Best effort: what cannot be cut off is found, and told, by the next append.
void cut(const File& file, std::uint64_t size) {
  if (::ftruncate(file.descriptor(), static_cast<off_t>(size)) != 0) {
    return;
  }
}

class Unlock {
 public:
  explicit Unlock(const File& lock) : descriptor_(lock.descriptor()) {}
  ~Unlock() { ::flock(descriptor_, LOCK_UN); }

 private:
  const int descriptor_;
};

}  // namespace

AuditFiles::AuditFiles(Options options, File lock, File last)
    : options_(std::move(options)), lock_(std::move(lock)), last_(std::move(last)) {}

Result<std::unique_ptr<AuditFiles>> AuditFiles::open(Options options) {
  RETURN_IF_ERROR(make_folders_durably(options.folder));
  (void)::chmod(options.folder.c_str(), 0700);
  TRY_ASSIGN(File lock, open_for_writing(options.folder / kAuditLock, O_CREAT));
  TRY_ASSIGN(File last, open_for_writing(options.folder / kAuditLast, O_CREAT));
  std::unique_ptr<AuditFiles> files(new AuditFiles(std::move(options), std::move(lock), std::move(last)));
  RETURN_IF_ERROR(files->lock());
  const Unlock unlock(files->lock_);
  RETURN_IF_ERROR(files->find_end());
  return files;
}

Status AuditFiles::lock() {
  const auto deadline = std::chrono::steady_clock::now() + kLockPatience;
  while (::flock(lock_.descriptor(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) {
      return errno_status(errno, "lock the audit trail '" + options_.folder.string() + "'");
    }
    if (std::chrono::steady_clock::now() > deadline) {
      return Status(Code::Unavailable,
                    "another process keeps the audit trail '" + options_.folder.string() + "' locked");
    }
    std::this_thread::sleep_for(kLockPause);
  }
  return {};
}

Status AuditFiles::append(std::span<const std::string> bodies) {
  RETURN_IF_ERROR(lock());
  const Unlock unlock(lock_);
  RETURN_IF_ERROR(follow());
  return append_locked(bodies).while_doing("append to the audit trail '" + options_.folder.string() + "'");
}

Status AuditFiles::append_locked(std::span<const std::string> bodies) {
  const AuditEnd before = end_;
  AuditEnd end = end_;
  std::string batch;
  if (torn_ > 0) {
    batch = "\n";
    AuditObject what;
    what.number("bytes", torn_).text("sha256", torn_hash_);
    add_line(batch, end, event_body("repaired", AuditOutcome::Success, what.take()));
    RETURN_IF_ERROR(write(batch));
    end.size = before.size + torn_ + batch.size();
    end_ = end;
    torn_ = 0;
    batch.clear();
  }
  File former_file;
  const AuditEnd former = end_;
  if (const std::string date = today(); wants_new_file(date)) {
    Result<File> made = start_file(date);
    if (!made.ok() && !file_.is_open()) {
      return made.status();
    }
    if (made.ok()) {  // else: with a full disk the old file has room kept for it
      former_file = std::exchange(file_, std::move(*made));
      reserved_ = 0;
      end_.file = end.file = audit_file_name(date, former.seq + 1);
      end_.size = end.size = 0;
      AuditObject what;
      what.text("former_file", former.file).number("former_seq", former.seq);
      add_line(batch, end, event_body("continued", AuditOutcome::Success, what.take()));
    }
  }
  if (!broken_.empty()) {
    add_line(batch, end, event_body("broken", AuditOutcome::Failure, broken_));
  }
  for (const std::string& body : bodies) {
    add_line(batch, end, body);
  }
  if (const Status written = write(batch); !written.ok()) {
    if (end_.size == 0) {  // a file without a line is none
      (void)remove_file(options_.folder / end_.file);
      file_ = std::move(former_file);
      end_ = former;
    }
    return written;
  }
  end.size = end_.size + batch.size();
  lines_ += end.seq - before.seq;
  end_ = std::move(end);
  broken_.clear();
  write_last();
  reserve();
  if (former_file.is_open()) {
    cut(former_file, former.size);  // gives back what was kept ahead
  }
  return {};
}

void AuditFiles::add_line(std::string& batch, AuditEnd& end, std::string_view body) const {
  const std::string line = seal_audit_line(++end.seq, body, end.hash);
  end.hash = sealed_hash(line);
  batch += line;
}

bool AuditFiles::wants_new_file(const std::string& date) const {
  return !file_.is_open() || end_.size >= options_.max_file_bytes || !end_.file.starts_with(date);
}

// All of it on the disk, or nothing of it in the file.
Status AuditFiles::write(std::string_view batch) {
  const std::uint64_t before = end_.size + torn_;
  Status status = file_.write_all(as_bytes(batch));
  if (status.ok() && ::fdatasync(file_.descriptor()) != 0) {
    status = errno_status(errno, "fdatasync '" + end_.file + "'");
  }
  if (!status.ok()) {
    cut(file_, before);
    reserved_ = 0;  // cutting gave it back
    reserve();
  }
  return status;
}

Result<File> AuditFiles::start_file(const std::string& date) const {
  const std::filesystem::path path = options_.folder / audit_file_name(date, end_.seq + 1);
  TRY_ASSIGN(File made, open_for_writing(path, O_CREAT | O_EXCL | O_APPEND));
  if (const int refused = ::posix_fallocate(made.descriptor(), 0, 1); refused == ENOSPC || refused == EDQUOT) {
    (void)remove_file(path);
    return errno_status(refused, "start '" + path.string() + "'");
  }
  cut(made, 0);
  RETURN_IF_ERROR(sync_folder(options_.folder));
  return made;
}

void AuditFiles::reserve() {
  if (file_.is_open() && reserved_ < end_.size + kReserve / 2 &&
      ::fallocate(file_.descriptor(), FALLOC_FL_KEEP_SIZE, static_cast<off_t>(end_.size),
                  static_cast<off_t>(kReserve)) == 0) {
    reserved_ = end_.size + kReserve;
  }
}

void AuditFiles::write_last() {
  // Best effort: it is behind after a power cut, never ahead.
  (void)last_.write_at(0, as_bytes(print_audit_end(end_)));
}

// Where the chain ends now; other processes may have gone on with it.
Status AuditFiles::follow() {
  const auto last = read_audit_end(options_.folder);
  const bool same = last.ok() && (*last ? **last == end_ : end_.seq == 0);
  if (same && file_.is_open() && torn_ == 0) {
    const auto size = file_.size();
    if (size.ok() && *size == end_.size) {
      return {};
    }
  }
  return find_end();
}

Status AuditFiles::find_end() {
  TRY_ASSIGN(auto files, list_audit_files(options_.folder));
  file_ = File();
  end_ = AuditEnd{0, std::string(kNoAuditHash), "", 0};
  torn_ = 0;
  broken_.clear();
  while (!files.empty()) {
    RETURN_IF_ERROR(read_tail(files.back().name));
    if (!broken_.empty()) {
      end_.seq = files.back().first;  // at least: a new file has a name of its own
    }
    if (end_.seq > 0) {
      break;
    }
    // Made by a process that died before its first line was whole: nobody was told of anything in it.
    RETURN_IF_ERROR(remove_file(options_.folder / files.back().name));
    files.pop_back();
    file_ = File();
    torn_ = 0;
  }
  const auto last = read_audit_end(options_.folder);
  return last.ok() ? check_last(*last) : check_last(std::nullopt);
}

// The last whole line of a file, and what comes after it.
Status AuditFiles::read_tail(const std::string& name) {
  TRY_ASSIGN(file_, open_for_writing(options_.folder / name, O_APPEND));
  TRY_ASSIGN(const std::uint64_t size, file_.size());
  const std::uint64_t begin = size > kTail ? size - kTail : 0;
  std::string tail(static_cast<std::size_t>(size - begin), '\0');
  RETURN_IF_ERROR(file_.read_at(begin, MutableBytes(reinterpret_cast<std::uint8_t*>(tail.data()), tail.size())));
  reserved_ = 0;
  std::string_view whole = tail;
  const std::size_t newline = whole.rfind('\n');
  std::string_view rest = newline == whole.npos ? whole : whole.substr(newline + 1);
  end_.file = name;
  end_.size = size - rest.size();
  torn_ = rest.size();
  torn_hash_ = sha256_hex(rest);
  if (newline == whole.npos) {
    if (begin > 0) {
      broken_ = AuditObject().text("why", "'" + name + "' ends with something that is no audit line").take();
      file_ = File();
      torn_ = 0;
    }
    return {};
  }
  whole = whole.substr(0, newline);
  const std::size_t former = whole.rfind('\n');
  const auto line = parse_audit_line(former == whole.npos ? whole : whole.substr(former + 1));
  if (!line.ok()) {
    broken_ = AuditObject().text("why", "'" + name + "': its last line " + std::string(line.status().message())).take();
    file_ = File();  // the chain goes on in another
    torn_ = 0;
    return {};
  }
  end_.seq = line->seq;
  end_.hash = line->hash;
  return {};
}

// Whether what was known to be on the disk is there; else the chain goes on after it, and says so.
Status AuditFiles::check_last(const std::optional<AuditEnd>& last) {
  if (!last || (last->seq < end_.seq && broken_.empty()) || (last->seq == end_.seq && last->hash == end_.hash)) {
    return {};
  }
  AuditObject what;
  if (broken_.empty()) {
    what.text("why", "lines that were on the disk are not there any more");
  } else {
    what.json("found", "{" + broken_ + "}");
  }
  what.number("expected_seq", last->seq).text("expected_hash", last->hash);
  what.number("found_seq", end_.seq).text("found_hash", end_.hash);
  broken_ = what.take();
  end_.seq = std::max(end_.seq, last->seq);
  end_.hash = last->hash;
  file_ = File();
  torn_ = 0;
  return {};
}

}  // namespace tessera::auth
