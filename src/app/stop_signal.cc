#include "app/stop_signal.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cstdint>
#include <string_view>

namespace tessera::app {

namespace {

void ring(int event) {
  const std::uint64_t one = 1;
  (void)!::write(event, &one, sizeof one);
}

}  // namespace

StopSignal::StopSignal() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signals_ = ::signalfd(-1, &signals, SFD_CLOEXEC);
  stop_event_ = ::eventfd(0, EFD_CLOEXEC);
  quit_event_ = ::eventfd(0, EFD_CLOEXEC);
  thread_ = std::thread([this] { run(); });
}

StopSignal::~StopSignal() {
  ring(quit_event_);
  thread_.join();
  for (const int descriptor : {signals_, stop_event_, quit_event_}) {
    ::close(descriptor);
  }
}

void StopSignal::run() {
  while (true) {
    pollfd watched[] = {{signals_, POLLIN, 0}, {quit_event_, POLLIN, 0}};
    if (::poll(watched, 2, -1) < 0) {
      continue;  // EINTR
    }
    if (watched[1].revents != 0) {
      return;
    }
    signalfd_siginfo info{};
    if (::read(signals_, &info, sizeof info) != sizeof info) {
      continue;
    }
    if (stopped_.exchange(true)) {
      constexpr std::string_view kText = "\ntessera: stopped at once\n";
      (void)!::write(STDERR_FILENO, kText.data(), kText.size());
      ::_exit(kExitCode);
    }
    ring(stop_event_);
  }
}

bool StopSignal::wait(Millis time) const {
  pollfd watched{stop_event_, POLLIN, 0};
  (void)::poll(&watched, 1, static_cast<int>(time.count()));
  return stopped();
}

}  // namespace tessera::app
