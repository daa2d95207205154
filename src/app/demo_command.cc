#include <csignal>
#include <cstdio>

#include <atomic>
#include <chrono>
#include <thread>

#include "app/commands.h"
#include "convert/demo_slide.h"

namespace tessera::app {

namespace {

std::atomic<bool> interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free);  // a signal handler may set it

void on_signal(int) {
  interrupted = true;
}

// An interrupted run must remove its unfinished file, so it has to hear of it.
void listen_for_interruption() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    sigaction(signal, &action, nullptr);
  }
}

}  // namespace

int run_demo(const DemoArguments& arguments) {
  listen_for_interruption();
  convert::DemoOptions options = arguments.demo;
  options.threads = options.threads > 0 ? options.threads : std::thread::hardware_concurrency();
  options.cancelled = [] { return interrupted.load(); };
  const auto begin = std::chrono::steady_clock::now();
  const Result<convert::DemoSummary> written = convert::write_demo_slide(arguments.output, options);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  if (!written.ok()) {
    const Code code = written.status().code();
    const bool never_begun = code == Code::InvalidArgument || code == Code::AlreadyExists;
    std::fprintf(stderr, "tessera: demo: %s%s\n", std::string(written.status().message()).c_str(),
                 code == Code::AlreadyExists ? "; --force replaces it"
                 : never_begun               ? ""
                                             : "; no file was left");
    return code == Code::InvalidArgument ? 2 : 1;
  }
  const double pixels = static_cast<double>(options.width) * static_cast<double>(options.height);
  std::printf("%s: %llu x %llu pixels, %zu levels, %llu tiles, %.1f MB, %.1f s (%.1f Mpx/s)\n",
              arguments.output.c_str(), static_cast<unsigned long long>(options.width),
              static_cast<unsigned long long>(options.height), written->levels,
              static_cast<unsigned long long>(written->tiles), static_cast<double>(written->bytes) / 1e6, seconds,
              pixels / seconds / 1e6);
  return 0;
}

}  // namespace tessera::app
