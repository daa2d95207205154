// What the doctor asks of the machine: clocks, limits, versions.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cstdlib>

#include "app/doctor.h"
#include "app/service_user.h"
#include "app/version.h"
#include "archive/data_folder.h"
#include "base/clock.h"
#include "catalog/inspection.h"

namespace tessera::app {

namespace {

constexpr std::int64_t kOldestMillis = 1'735'689'600'000;  // 2025-01-01: before this program was written
constexpr std::int64_t kSkewMillis = 5000;                 // file systems of the network have clocks of their own

// The modification time that the folder's file system gives to a new file; 0 when none can be made.
std::int64_t file_system_millis(const std::filesystem::path& folder) {
  const std::string path = (folder / ("doctor-" + std::to_string(::getpid()))).string();
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0) {
    return 0;
  }
  const File file(descriptor);
  struct stat info {};
  const bool known = ::write(descriptor, "x", 1) == 1 && ::fstat(descriptor, &info) == 0;
  ::unlink(path.c_str());
  return known ? std::int64_t{info.st_mtim.tv_sec} * 1000 + info.st_mtim.tv_nsec / 1'000'000 : 0;
}

}  // namespace

void check_clock(const Config& config, Findings& out) {
  const std::int64_t now = SystemClock().wall_millis();
  if (now < kOldestMillis) {
    out.push_back({"clock", Verdict::Error, "the machine's clock says " + rfc3339(now),
                   "set it, and switch time synchronisation on: leases and the change feed go by it"});
    return;
  }
  const std::int64_t theirs = file_system_millis(config.data);
  if (theirs == 0) {
    out.push_back({"clock", Verdict::Ok, rfc3339(now), ""});
  } else if (std::llabs(theirs - SystemClock().wall_millis()) > kSkewMillis) {
    out.push_back({"clock", Verdict::Warning,
                   "the machine says " + rfc3339(now) + ", the file system of the data folder " + rfc3339(theirs),
                   "let both follow one time server"});
  } else {
    out.push_back({"clock", Verdict::Ok, rfc3339(now) + ", and the file system agrees", ""});
  }
}

void check_descriptors(const Config& config, Findings& out) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
    return;
  }
  // A located instance holds one open, a connection one, an upload three; the rest is small.
  const std::uint64_t wanted =
      std::uint64_t{config.cached_instances} + config.max_connections + 3ull * config.writer_threads + 256;
  const std::string text = std::to_string(limit.rlim_max) + " files may be open at once";
  if (limit.rlim_max < wanted) {
    out.push_back({"descriptors", Verdict::Warning,
                   text + "; cache.instances and limits.connections together may need " + std::to_string(wanted),
                   "raise LimitNOFILE (ulimit -n), or lower those settings"});
  } else {
    out.push_back({"descriptors", Verdict::Ok, text, ""});
  }
}

void check_user(const Config& config, Findings& out) {
  const Status known = config.user.empty() ? Status() : find_user(config.user);
  if (!known.ok()) {
    out.push_back({"user", Verdict::Error, std::string(known.message()), "make that user, or name another in 'user'"});
  } else if (runs_as_root() && config.user.empty()) {
    out.push_back({"user", Verdict::Warning, "this is root; a server that is started so stays root",
                   "start it as a user of its own (the package's unit does), or name one in 'user'"});
  } else {
    out.push_back({"user", Verdict::Ok, "the server is not root", ""});
  }
}

void check_versions(const Config&, Findings& out) {
  utsname system{};
  ::uname(&system);
  std::string text = std::string("tessera ") + kVersion + ", data format " + std::to_string(archive::kDataFormat) +
                     ", kernel " + system.release;
  text += ", SQLite " + catalog::sqlite_version();
  out.push_back({"versions", Verdict::Ok, text, ""});
}

}  // namespace tessera::app
