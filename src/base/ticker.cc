#include "base/ticker.h"

#include <pthread.h>

namespace tessera {

Ticker::Ticker(std::string name, Millis interval, std::function<void()> tick)
    : interval_(interval), tick_(std::move(tick)), thread_([this, name = name.substr(0, 15)] {
        pthread_setname_np(pthread_self(), name.c_str());
        std::unique_lock lock(mutex_);
        while (!stop_.wait_for(lock, interval_, [this] { return stopping_; })) {
          lock.unlock();
          tick_();
          lock.lock();
        }
      }) {}

Ticker::~Ticker() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stop_.notify_all();
  thread_.join();
}

}  // namespace tessera
