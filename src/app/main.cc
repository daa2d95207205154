#include <fcntl.h>
#include <unistd.h>

#include "app/commands.h"

extern char** environ;

namespace {

// Who starts a program with standard descriptors closed gives their numbers to the first files that it opens: the log
// would be written into the lock, an image or the catalog.
bool occupy_standard_descriptors() {
  int descriptor = 0;
  do {
    descriptor = ::open("/dev/null", O_RDWR);  // the lowest free number; no O_CLOEXEC: 0 to 2 are for children, too
  } while (descriptor >= 0 && descriptor <= STDERR_FILENO);
  return descriptor >= 0 && ::close(descriptor) == 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (!occupy_standard_descriptors()) {
    return 1;
  }
  return tessera::app::run_command_line(argc, argv, environ);
}
