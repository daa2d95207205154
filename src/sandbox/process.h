// Launcher and Process: the program run again as a worker, and how it ended.
//
// A worker asks the kernel to be killed with its parent, and to the kernel the parent is a thread: so each Launcher
// has a thread of its own that starts them all and lives until the Launcher goes (a pool thread that ended would take
// its workers with it). Both are safe from many threads.
#pragma once

#include <sys/types.h>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "sandbox/channel.h"
#include "sandbox/worker_kind.h"

namespace tessera::sandbox {

// A worker process; killed and waited for, at the latest by the destructor.
class Process {
 public:
  Process(pid_t pid, File handle) : pid_(pid), handle_(std::move(handle)) {}
  ~Process() { (void)end(); }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  bool has_handle() const { return handle_.is_open(); }
  void kill();
  // Whether it has ended, or does before that much time has passed.
  bool ends_within(std::chrono::milliseconds time) const;
  // Kills it where it still runs, waits for it, and gives its wait status.
  int end();
  // Processor time it has had.
  std::chrono::milliseconds cpu_time() const;

 private:
  const pid_t pid_;
  const File handle_;  // a pidfd
  std::mutex mutex_;
  bool ended_ = false;   // guarded by mutex_: its number may be somebody else's by now
  int wait_status_ = 0;  // guarded by mutex_
};

// Why it ended, as a sentence without its subject, and the code that fits: TooLarge for limits, Internal for the rest.
Status ending(int wait_status, const Limits& limits);

// Exit codes by which a worker tells what its wait status alone would not.
inline constexpr int kExitOutOfMemory = 86;
inline constexpr int kExitNotFenced = 87;

struct Launched {
  std::unique_ptr<Process> process;
  File socket;
};

class Launcher {
 public:
  Launcher();
  ~Launcher();
  Launcher(const Launcher&) = delete;
  Launcher& operator=(const Launcher&) = delete;

  // Unavailable when the system has no process or descriptor left.
  Result<Launched> launch(std::string_view worker);

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  const std::function<void()>* task_ = nullptr;  // guarded by mutex_; the launch in hand
  bool stopping_ = false;                        // guarded by mutex_
  std::thread thread_;
};

// How a worker is asked for on the command line: PROGRAM kSandboxedArgument NAME PARENT.
inline constexpr char kSandboxedArgument[] = "sandboxed";
inline constexpr int kWorkerSocket = 3;

}  // namespace tessera::sandbox
