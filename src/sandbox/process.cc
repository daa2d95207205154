#include "sandbox/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>

#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <string>

#include "sandbox/sanitizers.h"

namespace tessera::sandbox {

namespace {

// What posix_spawn is told: own session, no signal blocked or ignored, and no descriptor but the null device and the
// socket. (A sanitizer's report may go where the program's own goes.)
class SpawnPlan {
 public:
  SpawnPlan() {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
  }
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  int fill(int socket) {
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    int error = posix_spawn_file_actions_adddup2(&actions_, socket, kWorkerSocket);
    for (int standard = 0; standard < (kSanitized ? STDERR_FILENO : kWorkerSocket) && error == 0; ++standard) {
      error = posix_spawn_file_actions_addopen(&actions_, standard, "/dev/null", O_RDWR, 0);
    }
    error = error != 0 ? error : posix_spawn_file_actions_addclosefrom_np(&actions_, kWorkerSocket + 1);
    error = error != 0 ? error : posix_spawnattr_setsigmask(&attributes_, &none);
    error = error != 0 ? error : posix_spawnattr_setsigdefault(&attributes_, &all);
    const int flags = POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    return error != 0 ? error : posix_spawnattr_setflags(&attributes_, static_cast<short>(flags));
  }
  int spawn(pid_t& pid, char* const* arguments) const {
    char* const environment[] = {nullptr};
    return posix_spawn(&pid, "/proc/self/exe", &actions_, &attributes_, arguments, environment);
  }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

Status cannot_start(int error) {
  return Status(Code::Unavailable, std::string(errno_status(error, "it cannot be started").message()));
}

Result<Launched> spawn_worker(std::string name) {
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
    return cannot_start(errno);
  }
  File ours(pair[0]);
  // Above the numbers that the worker's own descriptors get: a socket that is number 3 already would keep
  // close-on-exec.
  const File theirs(::fcntl(pair[1], F_DUPFD_CLOEXEC, kWorkerSocket + 1));
  const int error_of_copy = errno;
  ::close(pair[1]);
  if (!theirs.is_open()) {
    return cannot_start(error_of_copy);
  }
  SpawnPlan plan;
  std::string parent = std::to_string(::getpid());
  char program[] = "tessera";
  std::string asked = kSandboxedArgument;
  char* const arguments[] = {program, asked.data(), name.data(), parent.data(), nullptr};
  pid_t pid = 0;
  int error = plan.fill(theirs.descriptor());
  error = error != 0 ? error : plan.spawn(pid, arguments);
  if (error != 0) {
    return cannot_start(error);
  }
  File handle(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  const int error_of_handle = errno;
  auto process = std::make_unique<Process>(pid, std::move(handle));
  if (!process->has_handle()) {
    return cannot_start(error_of_handle);
  }
  return Launched{std::move(process), std::move(ours)};
}

struct EndingBySignal {
  int signal;
  Code code;
  const char* what;
};
constexpr EndingBySignal kSignals[] = {
    {SIGSYS, Code::Internal, "it made a system call that is forbidden (SIGSYS)"},
    {SIGSEGV, Code::Internal, "it crashed (SIGSEGV)"},
    {SIGBUS, Code::Internal, "it crashed (SIGBUS)"},
    {SIGILL, Code::Internal, "it crashed (SIGILL)"},
    {SIGFPE, Code::Internal, "it crashed (SIGFPE)"},
    {SIGABRT, Code::Internal, "it gave itself up (SIGABRT)"},
    {SIGXFSZ, Code::Internal, "it wrote to a file (SIGXFSZ)"},
    {SIGKILL, Code::Internal, "somebody killed it (SIGKILL); the kernel does when memory is short"},
};

}  // namespace

void Process::kill() {
  const std::lock_guard lock(mutex_);
  if (!ended_) {
    ::kill(pid_, SIGKILL);
  }
}

bool Process::ends_within(std::chrono::milliseconds time) const {
  pollfd poll_for{handle_.descriptor(), POLLIN, 0};
  return ::poll(&poll_for, 1, static_cast<int>(time.count())) > 0;
}

int Process::end() {
  const std::lock_guard lock(mutex_);
  if (!ended_) {
    ::kill(pid_, SIGKILL);
    while (::waitpid(pid_, &wait_status_, 0) < 0 && errno == EINTR) {
    }
    ended_ = true;
  }
  return wait_status_;
}

std::chrono::milliseconds Process::cpu_time() const {
  clockid_t clock{};
  timespec time{};
  if (::clock_getcpuclockid(pid_, &clock) != 0 || ::clock_gettime(clock, &time) != 0) {
    return {};
  }
  return std::chrono::seconds(time.tv_sec) + std::chrono::milliseconds(time.tv_nsec / 1'000'000);
}

Status ending(int wait_status, const Limits& limits) {
  if (WIFEXITED(wait_status)) {
    const int code = WEXITSTATUS(wait_status);
    return code == kExitOutOfMemory
               ? Status(Code::TooLarge,
                        "it needed more than its " + std::to_string(limits.memory >> 20) + " MiB of memory")
               : Status(Code::Internal, "it ended by itself, with exit code " + std::to_string(code));
  }
  const int signal = WTERMSIG(wait_status);
  if (signal == SIGXCPU) {
    return Status(Code::TooLarge,
                  "it needed more than its " + std::to_string(limits.cpu_seconds) + " s of processor time");
  }
  for (const EndingBySignal& row : kSignals) {
    if (row.signal == signal) {
      return Status(row.code, row.what);
    }
  }
  return Status(Code::Internal, "it ended by signal " + std::to_string(signal));
}

Launcher::Launcher() : thread_([this] { run(); }) {}

Launcher::~Launcher() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Launcher::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || task_ != nullptr; });
    if (task_ == nullptr) {
      return;
    }
    (*task_)();
    task_ = nullptr;
    changed_.notify_all();
  }
}

Result<Launched> Launcher::launch(std::string_view worker) {
  Result<Launched> made = Status(Code::Unavailable, "it was not started");
  bool done = false;
  const std::function<void()> task = [&] {
    made = spawn_worker(std::string(worker));
    done = true;
  };
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return task_ == nullptr; });
  task_ = &task;
  changed_.notify_all();
  changed_.wait(lock, [&] { return done; });
  return made;
}

}  // namespace tessera::sandbox
