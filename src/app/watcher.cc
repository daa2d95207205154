#include "app/watcher.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>

#include "app/set_aside.h"
#include "base/file.h"

namespace tessera::app {

namespace fs = std::filesystem;

namespace {

constexpr Millis kTryAgain{30'000};

// What programs call a file that they have not finished.
constexpr std::string_view kUnfinished[] = {".part", ".partial", ".filepart", ".tmp", ".crdownload", ".download"};

// Failures that are not the file's. NotFound: the server has no such resource, so its URL is wrong; of a file that is
// gone nothing is left to be done.
bool may_go_better_later(Code code) {
  return code == Code::Unavailable || code == Code::NoSpace || code == Code::Busy || code == Code::Unauthenticated ||
         code == Code::PermissionDenied || code == Code::NotFound;
}

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text;
}

}  // namespace

Result<std::unique_ptr<Watcher>> Watcher::open(WatchOptions options, std::vector<fs::path> without, ImportJobs& jobs,
                                               ImportReport& report, const StopSignal& stop) {
  std::error_code error;
  if (!fs::is_directory(options.folder, error)) {
    return Status(Code::NotFound, "watch '" + options.folder.string() + "': it is no folder");
  }
  options.errors = options.errors.empty() ? options.folder / kErrorsFolder : options.errors;
  options.state = options.state.empty() ? options.folder / kImportedFile : options.state;
  RETURN_IF_ERROR(make_folders_durably(options.errors));
  without.push_back(options.errors);
  if (!options.done.empty()) {
    RETURN_IF_ERROR(make_folders_durably(options.done));
    without.push_back(options.done);
  }
  TRY_ASSIGN(WatchMemory memory, WatchMemory::open(options.state, options.folder));
  std::unique_ptr<Watcher> watcher(new Watcher(std::move(options), std::move(memory), jobs, report, stop));
  watcher->without_ = std::move(without);
  return watcher;
}

Watcher::Watcher(WatchOptions options, WatchMemory memory, ImportJobs& jobs, ImportReport& report,
                 const StopSignal& stop)
    : options_(std::move(options)),
      memory_(std::move(memory)),
      jobs_(jobs),
      report_(report),
      stop_(stop),
      finished_event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

Watcher::~Watcher() {
  ::close(finished_event_);
}

void Watcher::run() {
  report_.note({}, "watching '" + options_.folder.string() + "'");
  while (!stop_.stopped() || !in_flight_.empty()) {
    const Time now = std::chrono::steady_clock::now();
    if (!stop_.stopped()) {
      if (now >= next_scan_) {
        scan(options_.folder);
        next_scan_ = now + options_.rescan;
      }
      look_again(now);
    }
    // Once stopped, its descriptor is ready for good: only the jobs are waited for.
    pollfd watched[] = {
        {finished_event_, POLLIN, 0}, {events_.descriptor(), POLLIN, 0}, {stop_.descriptor(), POLLIN, 0}};
    (void)::poll(watched, stop_.stopped() ? 1 : 3, static_cast<int>(until_next(now).count()));
    take_finished();
    take_events();
  }
}

Millis Watcher::until_next(Time now) const {
  Time next = next_scan_;
  for (const auto& [name, candidate] : candidates_) {
    next = std::min(next, candidate.due);
  }
  return std::clamp(std::chrono::duration_cast<Millis>(next - now) + Millis(1), Millis(1), Millis(60'000));
}

bool Watcher::is_passed_over(const fs::path& path) const {
  const std::string name = path.filename().string();
  const std::string ending = lower_case(path.extension().string());
  return name.starts_with('.') ||
         std::find(std::begin(kUnfinished), std::end(kUnfinished), ending) != std::end(kUnfinished);
}

// Watches a folder first and reads it then, so that nothing comes in between.
void Watcher::scan(const fs::path& folder) {
  std::error_code error;
  if (std::any_of(without_.begin(), without_.end(), [&](const fs::path& other) {
        std::error_code ignored;
        return fs::equivalent(folder, other, ignored);
      })) {
    return;
  }
  const Status watched = events_.watch(folder);
  const bool cannot_be_read = watched.code() == Code::NotFound || watched.code() == Code::PermissionDenied;
  if (!watched.ok() && !cannot_be_read && !told_of_watches_) {
    told_of_watches_ = true;
    report_.note({}, std::string(watched.message()) + "; it is looked into every " +
                         std::to_string(options_.rescan.count() / 1000) + " s instead");
  }
  std::vector<fs::path> names;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    names.push_back(at->path());
  }
  tell_of_folder(folder, error);
  std::sort(names.begin(), names.end());
  for (const fs::path& path : names) {
    const auto kind = fs::symlink_status(path, error).type();
    if (kind == fs::file_type::directory && !is_passed_over(path)) {
      scan(path);
    } else if (kind != fs::file_type::directory) {
      consider(path);
    }
  }
}

// Once, until it can be read again.
void Watcher::tell_of_folder(const fs::path& folder, const std::error_code& error) {
  if (!error || error == std::errc::no_such_file_or_directory) {
    unreadable_.erase(folder);
  } else if (unreadable_.insert(folder).second) {
    report_.note(folder, "cannot be read: " + error.message());
  }
}

void Watcher::consider(const fs::path& path) {
  const std::string name = path.lexically_relative(options_.folder).string();
  const Result<FileState> state = state_of(path);
  if (is_passed_over(path) || !state.ok() || in_flight_.contains(name) || memory_.knows(name, *state)) {
    return;
  }
  const Time due = std::chrono::steady_clock::now() + options_.settle;
  const auto [at, is_new] = candidates_.try_emplace(name, Candidate{*state, due});
  if (!is_new && at->second.state != *state) {
    at->second = {*state, due};
  }
}

// What stood still since it was last looked at, and has no writer, is whole.
void Watcher::look_again(Time now) {
  for (auto at = candidates_.begin(); at != candidates_.end();) {
    auto& [name, candidate] = *at;
    if (candidate.due > now) {
      ++at;
      continue;
    }
    const Result<FileState> state = state_of(options_.folder / name);
    if (!state.ok()) {
      failed_before_.erase(name);
      at = candidates_.erase(at);
      continue;
    }
    const Result<File> file = File::open_read(options_.folder / name);
    if (*state != candidate.state || (file.ok() && file->has_writers())) {
      candidate = {*state, now + options_.settle};
      ++at;
      continue;
    }
    start(name, *state);
    at = candidates_.erase(at);
  }
}

void Watcher::start(const std::string& name, const FileState& state) {
  in_flight_[name] = state;
  FoundFile file;
  file.path = options_.folder / name;
  file.bytes = state.size;
  jobs_.post(std::move(file), [this, name](const ImportedFile& imported) {
    {
      std::lock_guard lock(mutex_);
      finished_.emplace_back(name, imported);
    }
    const std::uint64_t one = 1;
    (void)!::write(finished_event_, &one, sizeof one);
  });
}

void Watcher::take_events() {
  const bool complete = events_.read([this](const fs::path& path, bool is_folder) {
    if (!is_folder) {
      consider(path);
    } else if (!is_passed_over(path)) {
      scan(path);
    }
  });
  if (!complete) {
    next_scan_ = {};
  }
}

void Watcher::take_finished() {
  std::uint64_t rings = 0;
  (void)!::read(finished_event_, &rings, sizeof rings);
  std::vector<std::pair<std::string, ImportedFile>> finished;
  {
    std::lock_guard lock(mutex_);
    finished.swap(finished_);
  }
  for (const auto& [name, file] : finished) {
    report_.ended(file, is_told(name, file));
    settle_finished(name, file);
    in_flight_.erase(name);
  }
}

// Whether a file that is tried again and again failed as it did before.
bool Watcher::is_told(const std::string& name, const ImportedFile& file) {
  if (file.status.ok() || file.abandoned || !may_go_better_later(file.status.code())) {
    failed_before_.erase(name);
    return false;
  }
  std::string& before = failed_before_[name];
  const bool as_before = before == file.status.message();
  before = file.status.message();
  return as_before;
}

void Watcher::settle_finished(const std::string& name, const ImportedFile& file) {
  const FileState state = in_flight_[name];
  const fs::path path = options_.folder / name;
  const Result<FileState> now = state_of(path);
  if (file.abandoned || file.removed || !now.ok()) {
    return;
  }
  if (*now != state || (!file.status.ok() && may_go_better_later(file.status.code()))) {
    const Millis pause = *now != state ? options_.settle : std::max(options_.settle, kTryAgain);
    candidates_[name] = {*now, std::chrono::steady_clock::now() + pause};
  } else if (!file.status.ok()) {
    set_aside(name, file.status);
  } else if (file.ignored || options_.done.empty()) {
    remember(name, state);
  } else if (const Status moved = move_into(path, options_.done / name).status(); !moved.ok()) {
    report_.note(path, std::string(moved.message()));
    remember(name, state);
  }
}

void Watcher::set_aside(const std::string& name, const Status& reason) {
  const fs::path path = options_.folder / name;
  const FileState state = in_flight_[name];
  const Result<fs::path> moved = move_into(path, options_.errors / name);
  const Status told = moved.ok() ? write_reason(*moved, reason) : moved.status();
  if (!told.ok()) {
    report_.note(path, std::string(told.message()));
  }
  if (!moved.ok()) {
    remember(name, state);  // not to be tried over and over
  }
}

void Watcher::remember(const std::string& name, const FileState& state) {
  const Status kept = memory_.add(name, state);
  if (!kept.ok()) {
    report_.note(options_.folder / name, std::string(kept.message()));
  }
}

}  // namespace tessera::app
