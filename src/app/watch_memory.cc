#include "app/watch_memory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>

namespace tessera::app {

namespace fs = std::filesystem;

namespace {

std::string escaped(std::string_view name) {
  std::string out;
  for (const char c : name) {
    out += c == '%' ? "%25" : c == '\n' ? "%0A" : c == '\r' ? "%0D" : std::string(1, c);
  }
  return out;
}

std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string_view code = text.substr(i, 3);
    const char c = code == "%25" ? '%' : code == "%0A" ? '\n' : code == "%0D" ? '\r' : '\0';
    out += c != '\0' ? c : text[i];
    i += c != '\0' ? 2 : 0;
  }
  return out;
}

template <class Number>
bool take_number(std::string_view& line, Number& number) {
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), number);
  if (error != std::errc() || end == line.data() + line.size() || *end != ' ') {
    return false;
  }
  line.remove_prefix(static_cast<std::size_t>(end - line.data()) + 1);
  return true;
}

std::string line_of(const std::string& name, const FileState& state) {
  return std::to_string(state.size) + " " + std::to_string(state.modified_nanos) + " " + escaped(name) + "\n";
}

std::map<std::string, FileState> read_lines(std::string_view text) {
  std::map<std::string, FileState> known;
  for (std::size_t end = text.find('\n'); end != text.npos; end = text.find('\n')) {
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    FileState state;
    if (take_number(line, state.size) && take_number(line, state.modified_nanos) && !line.empty()) {
      known[unescaped(line)] = state;
    }
  }
  return known;
}

}  // namespace

Result<FileState> state_of(const fs::path& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) {
    return errno_status(errno, "stat '" + path.string() + "'");
  }
  if (!S_ISREG(info.st_mode)) {
    return Status(Code::Unsupported, "'" + path.string() + "' is no file");
  }
  return FileState{static_cast<std::uint64_t>(info.st_size),
                   std::int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec};
}

Result<WatchMemory> WatchMemory::open(const fs::path& path, const fs::path& folder) {
  WatchMemory memory;
  memory.path_ = path;
  RETURN_IF_ERROR(memory.open_file());
  TRY_ASSIGN(const std::string text, read_file(path, kMaxBytes));
  std::string kept;
  for (const auto& [name, state] : read_lines(text)) {
    const Result<FileState> now = state_of(folder / name);
    if (now.ok() && *now == state) {
      memory.known_[name] = state;
      kept += line_of(name, state);
    }
  }
  // In place, because the lock is on this very file; a crash in between costs imports that find everything there.
  if (kept != text) {
    if (::ftruncate(memory.file_.descriptor(), 0) != 0) {
      return errno_status(errno, "shorten '" + path.string() + "'");
    }
    RETURN_IF_ERROR(memory.file_.write_all(as_bytes(kept)));
  }
  return memory;
}

Status WatchMemory::open_file() {
  file_ = File(::open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0640));
  if (!file_.is_open()) {
    return errno_status(errno, "open '" + path_.string() + "', which remembers what was imported");
  }
  if (::flock(file_.descriptor(), LOCK_EX | LOCK_NB) != 0) {
    file_.close();
    return Status(Code::Busy, "another import watches this folder: it holds '" + path_.string() + "'");
  }
  return {};
}

bool WatchMemory::is_in_place() const {
  struct stat held {};
  struct stat named {};
  return file_.is_open() && ::fstat(file_.descriptor(), &held) == 0 && ::stat(path_.c_str(), &named) == 0 &&
         held.st_dev == named.st_dev && held.st_ino == named.st_ino;
}

bool WatchMemory::knows(const std::string& name, const FileState& state) const {
  const auto found = known_.find(name);
  return found != known_.end() && found->second == state;
}

Status WatchMemory::add(const std::string& name, const FileState& state) {
  known_[name] = state;
  if (!is_in_place()) {
    RETURN_IF_ERROR(open_file());
    std::string all;
    for (const auto& [known, its_state] : known_) {
      all += line_of(known, its_state);
    }
    return file_.write_all(as_bytes(all));
  }
  return file_.write_all(as_bytes(line_of(name, state)));
}

}  // namespace tessera::app
