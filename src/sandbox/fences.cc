#include "sandbox/fences.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/landlock.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>

#include "sandbox/process.h"
#include "sandbox/sanitizers.h"

namespace tessera::sandbox {

namespace {

constexpr uid_t kNobody = 65534;

Status cannot(const char* what) {
  return Status(Code::Unavailable, std::string(errno_status(errno, what).message()));
}

Status become_nobody() {
  if (::geteuid() != 0 && ::getuid() != 0) {
    return {};
  }
  if (::setgroups(0, nullptr) != 0 || ::setresgid(kNobody, kNobody, kNobody) != 0 ||
      ::setresuid(kNobody, kNobody, kNobody) != 0) {
    // EPERM, EINVAL: the root of a container that may not change users or has no other. It is not the machine's.
    return errno == EPERM || errno == EINVAL ? Status() : cannot("it cannot stop being root");
  }
  return ::setuid(0) != 0 ? Status() : Status(Code::Internal, "it stopped being root and could become it again");
}

bool enter_namespaces() {
  return ::unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWNS | CLONE_NEWUTS) == 0;
}

// A rule set that handles every access to files and allows none.
bool shut_file_system() {
  const long version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (version < 1) {
    return false;
  }
  landlock_ruleset_attr all{};
  all.handled_access_fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;  // version 1: all up to the making of links
#ifdef LANDLOCK_ACCESS_FS_REFER
  all.handled_access_fs |= version >= 2 ? LANDLOCK_ACCESS_FS_REFER : 0;
#endif
  const File rules(static_cast<int>(::syscall(SYS_landlock_create_ruleset, &all, sizeof all, 0)));
  return rules.is_open() && ::syscall(SYS_landlock_restrict_self, rules.descriptor(), 0) == 0;
}

Result<std::uint64_t> mapped_bytes() {
  TRY_ASSIGN(const File file, File::open_read("/proc/self/statm"));
  std::array<char, 64> text{};
  const ssize_t length = ::read(file.descriptor(), text.data(), text.size());
  std::uint64_t pages = 0;
  if (length <= 0 || std::from_chars(text.data(), text.data() + length, pages).ec != std::errc()) {
    return Status(Code::Unavailable, "it cannot tell how much memory it has");
  }
  return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

Status limit(int resource, rlim_t soft, rlim_t hard, const char* what) {
  const rlimit both{soft, hard};
  return ::setrlimit(static_cast<__rlimit_resource_t>(resource), &both) == 0 ? Status() : cannot(what);
}

Status set_limits(const Limits& limits) {
  RETURN_IF_ERROR(limit(RLIMIT_CORE, 0, 0, "it cannot give up core files"));
  RETURN_IF_ERROR(limit(RLIMIT_NPROC, 0, 0, "it cannot give up making processes"));
  const rlim_t descriptors = kWorkerSocket + 1 + limits.files + (kSanitized ? 16 : 0);
  RETURN_IF_ERROR(limit(RLIMIT_NOFILE, descriptors, descriptors, "it cannot limit its descriptors"));
  RETURN_IF_ERROR(limit(RLIMIT_CPU, limits.cpu_seconds, limits.cpu_seconds + 1, "it cannot limit its processor time"));
  if (kSanitized) {
    return {};  // they map terabytes, write reports and open pipes
  }
  RETURN_IF_ERROR(limit(RLIMIT_FSIZE, 0, 0, "it cannot give up writing files"));
  TRY_ASSIGN(const std::uint64_t mapped, mapped_bytes());
  return limit(RLIMIT_AS, mapped + limits.memory, mapped + limits.memory, "it cannot limit its memory");
}

// After the last change of user: that would have undone it.
Status die_with(pid_t parent) {
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) {
    return cannot("it cannot ask to end with its parent");
  }
  return ::getppid() == parent ? Status() : Status(Code::Unavailable, "its parent is gone");
}

}  // namespace

Result<Fences> raise_fences(const WorkerKind& kind, pid_t parent) {
  Fences fences;
  RETURN_IF_ERROR(become_nobody());
  fences.namespaces = enter_namespaces();
  RETURN_IF_ERROR(set_limits(kind.limits));
  fences.memory = !kSanitized;
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    return cannot("it cannot give up new privileges");
  }
  fences.landlock = shut_file_system();
  if (::prctl(PR_SET_DUMPABLE, 0) != 0) {
    return cannot("it cannot shut itself to debuggers");
  }
  RETURN_IF_ERROR(die_with(parent));
  RETURN_IF_ERROR(allow_system_calls());
  return fences;
}

std::uint8_t encode_fences(const Fences& fences) {
  return static_cast<std::uint8_t>(fences.namespaces | fences.landlock << 1 | fences.memory << 2);
}

Fences decode_fences(std::uint8_t byte) {
  return {(byte & 1) != 0, (byte & 2) != 0, (byte & 4) != 0};
}

}  // namespace tessera::sandbox
