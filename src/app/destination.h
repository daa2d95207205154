// Destination: where `tessera import` puts instances: an archive in this process, or a server over HTTP. One file at a
// time, pushed; nothing is held. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "app/archive_stack.h"
#include "base/result.h"

namespace tessera::app {

enum class Arrival { Stored, AlreadyThere };

class Destination {
 public:
  virtual ~Destination() = default;
  // Whether an instance of these UIDs is there already (whatever its bytes).
  virtual Result<bool> has(const std::string& study, const std::string& series, const std::string& sop) = 0;
  virtual Status begin(std::uint64_t bytes) = 0;
  virtual Status write(ByteView bytes) = 0;
  // AlreadyThere when the very same bytes were stored before; AlreadyExists when other bytes have these UIDs.
  virtual Result<Arrival> end() = 0;
};

// Into the folder that `stack` has open (borrowed).
std::unique_ptr<Destination> archive_destination(ArchiveStack& stack);

// To `{server_url}/studies` with a bearer token where one is given.
std::unique_ptr<Destination> server_destination(std::string server_url, std::string token);

}  // namespace tessera::app
