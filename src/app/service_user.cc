#include "app/service_user.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <cerrno>

namespace tessera::app {

namespace {

struct User {
  uid_t uid;
  gid_t gid;
};

Result<User> look_up(const std::string& name) {
  errno = 0;
  const passwd* const entry = ::getpwnam(name.c_str());  // NOLINT: one thread, see the header
  if (entry == nullptr) {
    return Status(Code::InvalidArgument, "user '" + name + "': " +
                                             (errno == 0 ? "there is no such user on this machine"
                                                         : std::string(errno_status(errno, "look up").message())));
  }
  return User{entry->pw_uid, entry->pw_gid};
}

Status cannot_become(const std::string& name, const std::string& why) {
  return Status(Code::InvalidArgument, "become user '" + name + "': " + why);
}

// Whether any way back to root is open. (Each of these calls must fail.)
bool can_be_root_again() {
  return ::setuid(0) == 0 || ::seteuid(0) == 0 || ::setgid(0) == 0 || ::setegid(0) == 0 || ::setgroups(0, nullptr) == 0;
}

}  // namespace

bool runs_as_root() {
  return ::geteuid() == 0;
}

Status find_user(const std::string& name) {
  return look_up(name).status();
}

Status become_user(const std::string& name) {
  TRY_ASSIGN(const User user, look_up(name));
  if (::geteuid() == user.uid && ::getuid() == user.uid) {
    return {};
  }
  if (user.uid == 0) {
    return cannot_become(name, "only root may, and for nothing");
  }
  if (!runs_as_root()) {
    return cannot_become(name, "only root may, and this is user " + std::to_string(::geteuid()));
  }
  if (::initgroups(name.c_str(), user.gid) != 0 || ::setresgid(user.gid, user.gid, user.gid) != 0 ||
      ::setresuid(user.uid, user.uid, user.uid) != 0) {
    return cannot_become(name, std::string(errno_status(errno, "set user and groups").message()));
  }
  if (::getuid() != user.uid || ::getgid() != user.gid || can_be_root_again()) {
    return Status(Code::Internal, "become user '" + name + "': the way back to root is still open");
  }
  return {};
}

}  // namespace tessera::app
