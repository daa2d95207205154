// Worker: one worker process as its parent sees it: start, call, and never believe. Pools (sandbox/worker_pool.h) are
// how the rest of the program has it.
//
// One thread at a time, but stop() from any. After a call that failed by the worker's fault the process is dead and
// reaped, and is_broken() holds; a body's own refusal of its input is no fault. The destructor kills and reaps.
#pragma once

#include <memory>
#include <string>

#include "sandbox/channel.h"
#include "sandbox/fences.h"
#include "sandbox/process.h"
#include "sandbox/worker_kind.h"

namespace tessera::sandbox {

class Worker {
 public:
  // Unavailable when the system has no process or descriptor left. Whether it stands behind its fences is known with
  // the first call. `kind` outlives it.
  static Result<std::unique_ptr<Worker>> start(const WorkerKind& kind, Launcher& launcher);

  // Sends `request` (with `files`, which stay the caller's) and waits for the answer, until `until` at the latest.
  // What the body itself refused comes in its own words; every other message begins "sandbox worker 'NAME': ":
  // InvalidArgument for a request above the limits; TooLarge when it ran into
  // the deadline or a limit; Unavailable when it could not be fenced in; Internal when it broke the rules or crashed.
  Result<ByteBuffer> call(ByteView request, std::span<const int> files, Deadline until);

  // Ends a call that is under way in another thread.
  void stop() { process_->kill(); }

  bool is_broken() const { return broken_; }
  // Whether it waits for a call as it should: alive and silent.
  bool is_idle() const { return !broken_ && !channel_.is_disturbed(); }
  std::uint32_t calls() const { return calls_; }
  bool is_tired() const;  // half of its processor time is gone
  pid_t pid() const { return process_->pid(); }
  const Fences& fences() const { return fences_; }  // known after the first call

 private:
  Worker(const WorkerKind& kind, Launched launched)
      : kind_(kind), process_(std::move(launched.process)), channel_(std::move(launched.socket)) {}

  Status greet(Deadline until);
  Result<Message> exchange(ByteView request, std::span<const int> files, Deadline until);
  Status fail(const Status& why);
  Status named(const Status& why) const { return why.while_doing("sandbox worker '" + std::string(kind_.name) + "'"); }

  const WorkerKind& kind_;
  const std::unique_ptr<Process> process_;
  Channel channel_;
  Fences fences_;
  std::chrono::steady_clock::time_point begun_;  // of the call
  std::uint32_t calls_ = 0;
  bool greeted_ = false;
  bool broken_ = false;
};

}  // namespace tessera::sandbox
