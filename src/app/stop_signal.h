// StopSignal: SIGINT and SIGTERM as something to ask and to wait for. Made first thing by a command that has work in
// flight: the signals are blocked for the thread that makes it and all that it starts later, and one thread takes them.
// The first asks for an orderly end; a second ends the process at once with exit code 130 (which leaves no more behind
// than kill -9 would, and that is nothing). Safe from many threads.
#pragma once

#include <atomic>
#include <thread>

#include "base/clock.h"

namespace tessera::app {

class StopSignal {
 public:
  static constexpr int kExitCode = 130;

  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  bool stopped() const { return stopped_.load(); }
  // Sleeps for `time` or until stopped; true when stopped.
  bool wait(Millis time) const;
  // Readable from the moment of the stop on, for poll().
  int descriptor() const { return stop_event_; }

 private:
  void run();

  std::atomic<bool> stopped_{false};
  int signals_ = -1;     // signalfd
  int stop_event_ = -1;  // eventfd
  int quit_event_ = -1;  // eventfd: the destructor's
  std::thread thread_;
};

}  // namespace tessera::app
