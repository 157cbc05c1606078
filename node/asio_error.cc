#include "node/asio_error.h"

#include <cerrno>
#include <string>
#include <system_error>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace starling {
namespace {

absl::StatusCode CodeOf(int error) {
  switch (error) {
    case EADDRINUSE:
      return absl::StatusCode::kAlreadyExists;
    case EACCES:
    case EPERM:
      return absl::StatusCode::kPermissionDenied;
    case ETIMEDOUT:
      return absl::StatusCode::kDeadlineExceeded;
    case EINVAL:
    case EAFNOSUPPORT:
    case EADDRNOTAVAIL:
      return absl::StatusCode::kInvalidArgument;
    default:
      // Refused, reset, unreachable, broken pipe: the other side is not there.
      return IsShortage(error) ? absl::StatusCode::kResourceExhausted
                               : absl::StatusCode::kUnavailable;
  }
}

}  // namespace

absl::Status StatusOfErrno(int error, absl::string_view what) {
  std::string reason = std::generic_category().message(error);
  if (!reason.empty()) reason[0] = absl::ascii_tolower(static_cast<unsigned char>(reason[0]));
  return absl::Status(CodeOf(error), absl::StrCat(what, ": ", reason));
}

bool IsShortage(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

bool IsWouldBlock(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

}  // namespace starling
