// The flags that only `tessera import` has.
#pragma once

#include "app/commands.h"

namespace CLI {
class App;
}

namespace tessera::app {

// `arguments` is filled while the line is read, and outlives `command`.
void add_import_flags(CLI::App& command, ImportArguments& arguments);

}  // namespace tessera::app
