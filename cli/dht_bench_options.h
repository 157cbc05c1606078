// What the kinds of `dht bench` have in common: reading their options, and telling what came out.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cli/arguments.h"
#include "cli/dht_bench.h"
#include "dht/lookup_variant.h"
#include "sim/scenario.h"

namespace starling::cli {

// The words of "a,b,c".
std::vector<std::string> BenchList(const Arguments& arguments, absl::string_view option,
                                   absl::string_view fallback);
// Of --variant, each with its parameters; those of `fallback` unless said.
std::vector<std::string> BenchVariants(const Arguments& arguments, absl::string_view fallback);
// What both --simulated and --local compare unless said.
std::string PlainAndDefault();
absl::StatusOr<std::vector<dht::LookupVariantPointer>> MakeVariants(
    const std::vector<std::string>& names, const Arguments& arguments);
absl::StatusOr<std::vector<uint64_t>> BenchSeeds(const Arguments& arguments);
// Of --lookups.
absl::StatusOr<uint64_t> BenchLookupCount(const Arguments& arguments, uint64_t fallback);
// Of --concurrency.
absl::StatusOr<uint64_t> BenchConcurrency(const Arguments& arguments, uint64_t fallback);
// A usage error for an option that is of another kind of bench than the one asked for.
absl::Status CheckBenchKind(const Arguments& arguments);

struct BenchTelling {
  std::string command;  // that makes the same again
  std::string out;      // empty: no folder is written
  bool force = false;
  bool json = false;
  bool markdown = false;
  bool IsForPeople() const { return !json && !markdown; }
};

BenchTelling ReadTelling(const Arguments& arguments);
// Makes the folder of --out, before anything is measured.
absl::Status PrepareTelling(const BenchTelling& telling);
// Prints and writes it; the exit code says whether all was as expected. `scenario` is that of the
// first group.
absl::StatusOr<int> TellBench(const BenchTelling& telling, const BenchReport& report,
                              const sim::Scenario& scenario, uint64_t seed);

}  // namespace starling::cli
