// How failures of the operating system become a Status: the one place where errno is translated.
// The code says what a caller can do about it, the sentence is for a person.
#pragma once

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace starling {

// For example StatusOfErrno(EADDRINUSE, "port 6881") is AlreadyExists "port 6881: address already
// in use".
absl::Status StatusOfErrno(int error, absl::string_view what);

// The process or machine is out of descriptors or memory: it helps to wait, not to give up.
bool IsShortage(int error);

// A non-blocking call has to wait, or was interrupted by a signal.
bool IsWouldBlock(int error);

}  // namespace starling
