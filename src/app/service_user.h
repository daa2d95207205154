// service_user: a server that was started as root stops being it, before it opens the first file or starts the first
// thread. The other half, warning of a server that stays root, is the doctor's and the log's.
#pragma once

#include <string>

#include "base/result.h"

namespace tessera::app {

bool runs_as_root();

// Becomes the user `name`, with the groups that are its own, for good: that the way back is shut is tried. Ok without
// doing anything when the process is that user already. InvalidArgument when there is no such user or when this process
// may not become it. One thread: call before any other is started.
Status become_user(const std::string& name);

// Whether there is such a user, as become_user() would find it.
Status find_user(const std::string& name);

}  // namespace tessera::app
