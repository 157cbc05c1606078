// The seed of world tests: 1, or what --seed=N or the environment's STARLING_SEED says. It is
// printed with each failure, together with how to repeat the run.
//
//   EachRunTwice([](uint64_t seed) { sim::World world({.seed = seed}); ...; return hash; });
#pragma once

#include <gtest/gtest.h>

#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/strings/numbers.h"
#include "absl/strings/strip.h"

namespace starling::testing_support {

inline uint64_t TestSeed() {
  uint64_t seed = 1;
  if (const char* text = std::getenv("STARLING_SEED"); text != nullptr) {
    if (!absl::SimpleAtoi(text, &seed)) seed = 1;
  }
  for (const std::string& argument : testing::internal::GetArgvs()) {
    absl::string_view text = argument;
    if (absl::ConsumePrefix(&text, "--seed=") && !absl::SimpleAtoi(text, &seed)) seed = 1;
  }
  return seed;
}

// Runs a world twice with the same seed: `run` returns its trace hash, which must be the same.
inline void EachRunTwice(absl::FunctionRef<uint64_t(uint64_t seed)> run) {
  const uint64_t seed = TestSeed();
  SCOPED_TRACE("world of seed " + std::to_string(seed) +
               ", repeat with --seed=" + std::to_string(seed));
  const uint64_t first = run(seed);
  if (testing::Test::HasFatalFailure()) return;
  const uint64_t second = run(seed);
  EXPECT_EQ(first, second) << "the same seed gave two different runs";
  // So that builds by other compilers can be compared.
  std::printf("  trace hash %016" PRIx64 " of seed %" PRIu64 "\n", first, seed);
}

}  // namespace starling::testing_support
