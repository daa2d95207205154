// Destination: where `tessera import` puts instances: an archive in this process, or a server over HTTP. Pushed, one
// instance after the other; nothing is held. The instances of one file (a slide has one per level) end in one commit().
// A Destination is one thread's; every job of an import has its own.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "app/archive_stack.h"
#include "auth/audit_trail.h"
#include "base/result.h"
#include "base/rope.h"

namespace tessera::app {

enum class Arrival { Stored, AlreadyThere };

class Destination {
 public:
  virtual ~Destination() = default;
  // Whether an instance of these UIDs is there already (whatever its bytes).
  virtual Result<bool> has(const std::string& study, const std::string& series, const std::string& sop) = 0;
  virtual Status begin(std::uint64_t bytes) = 0;
  // As begin(), of a whole DICOM file. What is returned is to be read and passed to write() from front to back: the
  // file's bytes, or what the archive has taken over in their place. `may_take`: the caller removes the file after the
  // commit.
  virtual Result<std::shared_ptr<RangeSource>> begin_file(const std::filesystem::path& path, bool may_take);
  virtual Status write(ByteView bytes) = 0;
  // The instance is complete.
  virtual Status close() = 0;
  // All that was closed since the last commit is there when it returns, one arrival each. AlreadyThere when the very
  // same bytes were stored before; AlreadyExists when other bytes have these UIDs; Busy when somebody else is storing
  // them now; Unavailable when trying again later may help.
  virtual Result<std::vector<Arrival>> commit() = 0;
  // Lets go of what was not committed.
  virtual void abandon() = 0;
  // Whether something of what is not committed can be seen already (a server shows each instance as it comes).
  virtual bool is_seen() const = 0;
  // How long the last Unavailable asked to be left alone; 0: it did not say.
  virtual Millis retry_after() const { return Millis(0); }
};

// Into a partition of the folder that `stack` has open (borrowed). Nothing is seen before commit(), which returns once
// the lines of `audit` (borrowed; perhaps none) are on the disk, too.
struct ArchivePartition {
  std::int64_t key = 1;
  std::string name = {};  // empty: the default one
};
std::unique_ptr<Destination> archive_destination(ArchiveStack& stack, ArchivePartition partition,
                                                 auth::AuditTrail* audit);

// To `{server_url}/studies` with a bearer token where one is given; connections are kept between requests. `ca_file`:
// as ClientRequest has it.
std::unique_ptr<Destination> server_destination(std::string server_url, std::string token, std::string ca_file);

// The DICOMweb root that --server and --partition mean: an address alone stands for its /dicom-web.
Result<std::string> dicomweb_root(std::string server, const std::string& partition);

}  // namespace tessera::app
