// The program's version: --version, the doctor and /metrics tell it. CMakeLists.txt names the same for the package.
#pragma once

namespace tessera::app {

inline constexpr const char* kVersion = "0.1.0";

}  // namespace tessera::app
