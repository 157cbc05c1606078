// Any text as a scenario file: it is refused with its place, or what was read can be written and
// read again.
#include <cstdint>

#include "absl/strings/match.h"
#include "base/check.h"
#include "sim/scenario_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace starling::sim;
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  const absl::StatusOr<Scenario> read = ReadScenario(text, "fuzz.toml");
  if (!read.ok()) {
    CHECK(absl::StartsWith(read.status().message(), "fuzz.toml:"));
    CHECK(read.status().message().size() < 10'000);
    return 0;
  }
  const std::string written = WriteScenario(*read);
  const absl::StatusOr<Scenario> again = ReadScenario(written, "fuzz.toml");
  CHECK(again.ok() && *again == *read);
  return 0;
}
