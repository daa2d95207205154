#include "base/pool.h"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>

namespace tessera {

Pool::Pool(std::string name, unsigned threads, int niceness) : name_(std::move(name)) {
  const unsigned count = std::max(threads, 1U);  // hardware_concurrency() may say 0
  threads_.reserve(count);
  for (unsigned i = 0; i < count; ++i) {
    threads_.emplace_back([this, i, niceness] {
      const std::string label = name_.substr(0, 11) + "-" + std::to_string(i);
      pthread_setname_np(pthread_self(), label.c_str());
      if (niceness > 0) {
        (void)::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), niceness);  // of this thread, on Linux
      }
      run();
    });
  }
}

Pool::~Pool() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) {
    thread.join();
  }
}

void Pool::post(std::function<void()> task) {
  {
    std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
  }
  wake_.notify_one();
}

std::size_t Pool::waiting() const {
  std::lock_guard lock(mutex_);
  return tasks_.size();
}

std::size_t Pool::busy() const {
  std::lock_guard lock(mutex_);
  return busy_;
}

void Pool::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stopping_ || !tasks_.empty(); });
    if (tasks_.empty()) {
      return;
    }
    std::function<void()> task = std::move(tasks_.front());
    tasks_.pop_front();
    ++busy_;
    lock.unlock();
    task();
    task = nullptr;
    lock.lock();
    --busy_;
  }
}

}  // namespace tessera
