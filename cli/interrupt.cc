#include "cli/interrupt.h"

#include <csignal>
#include <optional>
#include <string>

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace starling::cli {

namespace {

constexpr char kSignalPayload[] = "starling/signal";

// The one global of the program: a signal handler has nowhere else to write.
volatile std::sig_atomic_t noted_signal = 0;

void Note(int signal) { noted_signal = signal; }

}  // namespace

InterruptWatch::InterruptWatch() {
  noted_signal = 0;
  std::signal(SIGINT, Note);
  std::signal(SIGTERM, Note);
}

InterruptWatch::~InterruptWatch() {
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
}

absl::Status InterruptWatch::status() const {
  if (noted_signal == 0) return absl::OkStatus();
  absl::Status status = absl::CancelledError("stopped by a signal");
  status.SetPayload(kSignalPayload, absl::Cord(absl::StrCat(static_cast<int>(noted_signal))));
  return status;
}

int SignalOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kSignalPayload);
  int signal = 0;
  if (payload.has_value() && !absl::SimpleAtoi(std::string(*payload), &signal)) return 0;
  return signal;
}

}  // namespace starling::cli
