// A Zstandard stream (RFC 8878), made piece by piece. One thread; holds about 1 MiB whatever passes through.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tessera {

class ZstdPacker {
 public:
  ZstdPacker();
  ~ZstdPacker();

  // Appends what comes out of `text`; with `last`, the end of the stream, too. Internal when zstd has no memory.
  Status pack(std::string_view text, bool last, std::string& out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tessera
