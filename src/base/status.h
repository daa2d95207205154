// Status: how an expected failure is told. Everybody uses it; nobody throws for what input, disks or peers
// do.
//
// A Status is a Code (what kind of failure, one table turns it into HTTP) and one sentence with the action,
// the object and the byte or tag: "parse /in/x.dcm: element (0028,0010) at byte 412: length 7 exceeds the 2
// bytes left". Success costs one null pointer. Values are immutable, so a Status may be copied and read by
// any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace tessera {

enum class Code {
  Ok,
  InvalidArgument,   // the caller's words are wrong: a UID, a path, a parameter, an option
  Corrupt,           // bytes from outside break their own format
  NotFound,          // the object named does not exist (or may not be seen)
  AlreadyExists,     // an object of that identity is there
  Busy,              // another writer is at the same object now; trying again later may succeed
  Unsupported,       // well-formed, but of a kind this program does not handle
  NotAcceptable,     // the representations asked for cannot be had
  TooLarge,          // above a stated limit
  NoSpace,           // the disk or a quota is full
  Unauthenticated,   // no credentials, or none that hold
  PermissionDenied,  // credentials hold, the action is not theirs
  Cancelled,         // the peer went away or the program is shutting down
  Unavailable,       // something this program depends on does not answer
  IoError,           // the operating system refused: errno is in the text
  Internal,          // a promise inside this program broke
};

class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Code code, std::string message);

  bool ok() const { return rep_ == nullptr; }
  Code code() const { return rep_ ? rep_->code : Code::Ok; }
  // The sentence, without the code; empty when ok.
  std::string_view message() const { return rep_ ? std::string_view(rep_->message) : std::string_view(); }

  // The same failure with what was being done put before it: "import a.svs: " + message.
  Status while_doing(std::string_view action) const;

 private:
  struct Rep {
    Code code;
    std::string message;
  };
  std::shared_ptr<const Rep> rep_;
};

// errno as a Status: NoSpace for ENOSPC and EDQUOT, NotFound for ENOENT, AlreadyExists for EEXIST, else
// IoError. `action` names what was tried and on what: "rename /data/incoming/7 to /data/blobs/…".
Status errno_status(int error_number, std::string_view action);

std::string_view code_name(Code code);

}  // namespace tessera
