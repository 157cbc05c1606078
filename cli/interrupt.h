// SIGINT and SIGTERM while no loop runs (hashing, verifying): they are noted, the work asks now and
// then, and gives up with a status that carries the signal up to main.
#pragma once

#include "absl/status/status.h"

namespace starling::cli {

class InterruptWatch {
 public:
  InterruptWatch();   // from here on the signals only leave a note
  ~InterruptWatch();  // and from here on they end the process again
  InterruptWatch(const InterruptWatch&) = delete;
  InterruptWatch& operator=(const InterruptWatch&) = delete;

  // Ok, or Cancelled with the signal that came.
  absl::Status status() const;
};

// The signal of a status made by InterruptWatch; 0 of any other.
int SignalOf(const absl::Status& status);

}  // namespace starling::cli
