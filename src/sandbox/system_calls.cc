// The system calls of a worker: one table. What is not in it ends the process (SIGSYS).
#include <seccomp.h>
#include <sys/mman.h>
#include <unistd.h>

#include <memory>

#include "sandbox/fences.h"
#include "sandbox/sanitizers.h"

namespace tessera::sandbox {

namespace {

enum class Only : std::uint8_t {
  Always,
  NotExecutable,  // argument 2 (protection) without PROT_EXEC
  OnItself,       // argument 0 is this process
};

struct Allowed {
  const char* name;
  Only only = Only::Always;
  bool sanitizers = false;  // needed by them alone
};

// Descriptors are only ever those it was handed: nothing here makes one from a name.
constexpr Allowed kAllowed[] = {
    // talking, and reading what it was given
    {"read"},
    {"readv"},
    {"pread64"},
    {"preadv"},
    {"lseek"},
    {"_llseek"},
    {"write"},
    {"writev"},
    {"recvmsg"},
    {"sendmsg"},
    {"close"},
    // memory, never to be run
    {"mmap", Only::NotExecutable},
    {"mmap2", Only::NotExecutable},
    {"mprotect", Only::NotExecutable},
    {"mremap"},
    {"munmap"},
    {"brk"},
    {"madvise"},
    // the time, chance, and how large the machine is (qsort of glibc asks)
    {"clock_gettime"},
    {"gettimeofday"},
    {"getrandom"},
    {"sysinfo"},
    {"sched_yield"},
    {"sched_getaffinity"},
    // locks, and ending: abort() signals itself
    {"futex"},
    {"restart_syscall"},
    {"rt_sigreturn"},
    {"rt_sigprocmask"},
    {"getpid"},
    {"gettid"},
    {"tgkill", Only::OnItself},
    {"exit"},
    {"exit_group"},
    // sanitizers: their own threads, stacks and reports, and a look at memory through a pipe
    {"clock_nanosleep", Only::Always, true},
    {"nanosleep", Only::Always, true},
    {"sigaltstack", Only::Always, true},
    {"rt_sigaction", Only::Always, true},
    {"getrusage", Only::Always, true},
    {"pipe", Only::Always, true},
    {"pipe2", Only::Always, true},
    {"ioctl", Only::Always, true},
    {"newfstatat", Only::Always, true},
    {"readlink", Only::Always, true},
    {"prctl", Only::Always, true},
};

struct Release {
  void operator()(void* filter) const { seccomp_release(filter); }
};

int add(scmp_filter_ctx filter, const Allowed& row) {
  const int number = seccomp_syscall_resolve_name(row.name);
  if (number == __NR_SCMP_ERROR) {
    return 0;  // not on this machine
  }
  const scmp_arg_cmp not_executable{2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0};
  const scmp_arg_cmp on_itself{0, SCMP_CMP_EQ, static_cast<scmp_datum_t>(::getpid()), 0};
  const scmp_arg_cmp& only = row.only == Only::OnItself ? on_itself : not_executable;
  return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, number, row.only == Only::Always ? 0 : 1, &only);
}

}  // namespace

Status allow_system_calls() {
  const std::unique_ptr<void, Release> filter(seccomp_init(SCMP_ACT_KILL_PROCESS));
  int error = filter ? seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_TSYNC, 1) : -ENOMEM;
  for (const Allowed& row : kAllowed) {
    if (error == 0 && (!row.sanitizers || kSanitized)) {
      error = add(filter.get(), row);
    }
  }
  error = error == 0 ? seccomp_load(filter.get()) : error;
  return error == 0 ? Status()
                    : Status(Code::Unavailable,
                             "the kernel does not let it limit its own system calls (seccomp): " +
                                 std::string(errno_status(error < 0 ? -error : error, "load the list").message()));
}

}  // namespace tessera::sandbox
