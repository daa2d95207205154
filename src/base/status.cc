#include "base/status.h"

#include <cerrno>
#include <cstring>

namespace tessera {

Status::Status(Code code, std::string message) {
  if (code != Code::Ok) {
    rep_ = std::make_shared<const Rep>(Rep{code, std::move(message)});
  }
}

Status Status::while_doing(std::string_view action) const {
  if (ok()) {
    return *this;
  }
  std::string text(action);
  text += ": ";
  text += rep_->message;
  return Status(rep_->code, std::move(text));
}

Status errno_status(int error_number, std::string_view action) {
  Code code = Code::IoError;
  switch (error_number) {
    case ENOSPC:
    case EDQUOT:
      code = Code::NoSpace;
      break;
    case ENOENT:
      code = Code::NotFound;
      break;
    case EEXIST:
      code = Code::AlreadyExists;
      break;
    default:
      break;
  }
  char buffer[256];
  const char* text = strerror_r(error_number, buffer, sizeof buffer);
  return Status(code, std::string(action) + ": " + text);
}

std::string_view code_name(Code code) {
  switch (code) {
    case Code::Ok:
      return "ok";
    case Code::InvalidArgument:
      return "invalid argument";
    case Code::Corrupt:
      return "corrupt";
    case Code::NotFound:
      return "not found";
    case Code::AlreadyExists:
      return "already exists";
    case Code::Busy:
      return "busy";
    case Code::Unsupported:
      return "unsupported";
    case Code::NotAcceptable:
      return "not acceptable";
    case Code::TooLarge:
      return "too large";
    case Code::NoSpace:
      return "no space";
    case Code::Unauthenticated:
      return "unauthenticated";
    case Code::PermissionDenied:
      return "permission denied";
    case Code::Cancelled:
      return "cancelled";
    case Code::Unavailable:
      return "unavailable";
    case Code::IoError:
      return "input/output error";
    case Code::Internal:
      return "internal error";
  }
  return "unknown";
}

}  // namespace tessera
