#include "sandbox/worker_pool.h"

#include <algorithm>

namespace tessera::sandbox {

Result<ByteBuffer> WorkerPool::call(ByteView request, std::span<const int> files, std::chrono::milliseconds time) {
  const auto until = std::chrono::steady_clock::now() + time;
  TRY_ASSIGN(std::unique_ptr<Worker> worker, take(until));
  Result<ByteBuffer> reply = worker->call(request, files, until);
  const bool broken = worker->is_broken();
  give_back(std::move(worker));
  if (broken) {
    const std::lock_guard lock(mutex_);
    if (stopping_) {
      return cancelled();
    }
  }
  return reply;
}

// Starting one takes milliseconds and happens outside the lock; its place is taken before.
Result<std::unique_ptr<Worker>> WorkerPool::take(std::chrono::steady_clock::time_point until) {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_until(lock, until, [this] { return stopping_ || taken_ < options_.workers; })) {
    return Status(Code::Unavailable, "sandbox worker '" + std::string(kind_.name) + "': all " +
                                         std::to_string(options_.workers) + " are busy");
  }
  if (stopping_) {
    return cancelled();
  }
  ++taken_;
  std::unique_ptr<Worker> worker;
  if (!idle_.empty()) {
    worker = std::move(idle_.back());
    idle_.pop_back();
  }
  if (!worker || !worker->is_idle()) {
    lock.unlock();
    worker.reset();
    Result<std::unique_ptr<Worker>> started = Worker::start(kind_, launcher_);
    lock.lock();
    if (!started.ok() || stopping_) {
      --taken_;
      changed_.notify_all();
      return started.ok() ? cancelled() : started.status();
    }
    worker = std::move(*started);
    ++counts_.started;
  }
  busy_.push_back(worker.get());
  return worker;
}

void WorkerPool::give_back(std::unique_ptr<Worker> worker) {
  const bool keep = !worker->is_broken() && worker->calls() < options_.calls_per_worker && !worker->is_tired();
  {
    const std::lock_guard lock(mutex_);
    std::erase(busy_, worker.get());
    counts_.broken += worker->is_broken() ? 1 : 0;
    if (keep && !stopping_) {
      idle_.push_back(std::move(worker));
    }
  }
  worker.reset();  // ended and reaped before its place is free again
  const std::lock_guard lock(mutex_);
  --taken_;
  changed_.notify_all();
}

Status WorkerPool::cancelled() const {
  return Status(Code::Cancelled, "sandbox worker '" + std::string(kind_.name) + "': the program is shutting down");
}

void WorkerPool::stop() {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  for (Worker* worker : busy_) {
    worker->stop();
  }
  changed_.notify_all();
  changed_.wait(lock, [this] { return taken_ == 0; });
  idle_.clear();
}

WorkerPool::Counts WorkerPool::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

}  // namespace tessera::sandbox
