#include <fcntl.h>
#include <unistd.h>

#include "app/commands.h"
#include "app/workers.h"
#include "sandbox/worker_main.h"

extern char** environ;

namespace {

// Who starts a program with standard descriptors closed gives their numbers to the first files that it opens: the log
// would be written into the lock, an image or the catalog.
bool occupy_standard_descriptors() {
  for (const int wanted : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    // The lowest free number is given. No O_CLOEXEC: these three are for children, too.
    if (::fcntl(wanted, F_GETFD) < 0 && ::open("/dev/null", O_RDWR) != wanted) {
      return false;
    }
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace tessera;
  if (!occupy_standard_descriptors()) {
    return 1;
  }
  if (const auto ended = sandbox::run_worker_if_asked(argc, argv, app::worker_kinds())) {
    return *ended;
  }
  return app::run_command_line(argc, argv, environ);
}
