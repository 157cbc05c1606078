// `starling dht bench`: reads what is asked for and leaves it to the part that measures it.

#include "cli/dht_bench.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/command.h"

namespace starling::cli {

namespace {

constexpr absl::string_view kExplanation =
    "Measures what lookups cost: hops, queries, timeouts, bytes, the time to the\n"
    "first answer of one of the 8 closest nodes and to the end, how many of the truly\n"
    "closest were found, and CPU time.\n"
    "\n"
    "--simulated looks up random targets in simulated networks of this very node's\n"
    "code, up to a million of them, for each variant of lookup (starling sim list\n"
    "--strategies), and holds the figures against what is expected of them. Unless\n"
    "said: 10,000 nodes, plain and the default variant, half a minute. An estimate is\n"
    "printed first.";

absl::StatusOr<int> RunBench(const Arguments& arguments) {
  if (!arguments.positionals().empty()) {
    return UsageError(absl::StrCat("dht bench takes no argument", SeeHelp("dht bench")));
  }
  if (arguments.Has("--json") && arguments.Has("--markdown")) {
    return UsageError(absl::StrCat("give only one of --json and --markdown", SeeHelp("dht bench")));
  }
  if (arguments.Has("--force") && !arguments.Has("--out")) {
    return UsageError(absl::StrCat("--force needs --out", SeeHelp("dht bench")));
  }
  if (arguments.Has("--simulated")) return RunBenchSimulated(arguments);
  return UsageError(absl::StrCat("dht bench needs --simulated", SeeHelp("dht bench")));
}

}  // namespace

Command DhtBenchCommand() {
  return {
      "dht bench",
      "measure how fast DHT lookups are",
      {"--simulated [--nodes N,...] [--variant NAME,...] [--dead SHARE,...] [--churn PROFILE] "
       "[--ablation] [--seed N|A..B] [--lookups N] [--json|--markdown] [--out DIR]"},
      kExplanation,
      {
          {"--simulated", 0, Takes::kNothing, "", false, "in the simulator"},
          {"--nodes", 0, Takes::kValue, "N,...", false, "sizes of the networks, such as 1e4,1e6"},
          {"--variant", 0, Takes::kValue, "NAME,...", false,
           "how lookups go, with parameters as in fast:alpha=4,hedge=no"},
          {"--ablation", 0, Takes::kNothing, "", false,
           "each trick of the default variant by itself, and the default without it"},
          {"--dead", 0, Takes::kValue, "SHARE,...", false,
           "share of the nodes that are dead but still in the tables, such as 0,0.2"},
          {"--churn", 0, Takes::kValue, "PROFILE", false,
           "nodes come and go: kad, debian, redhat, flatout, stress or exp1h"},
          {"--seed", 0, Takes::kValue, "N|A..B", false, "which runs; 1 unless said"},
          {"--lookups", 0, Takes::kValue, "N", false, "how many are measured; 4000 unless said"},
          {"--json", 0, Takes::kNothing, "", false, "print one JSON object; see docs/json.md"},
          {"--markdown", 0, Takes::kNothing, "", false, "print a table of the manual"},
          {"--out", 0, Takes::kValue, "DIR", false,
           "write lookups.csv, bench.json and report.html there"},
          {"--force", 0, Takes::kNothing, "", false, "even if DIR holds something already"},
      },
      {{"plain against the default, with what is expected", "starling dht bench --simulated"},
       {"a million nodes, a fifth of them dead",
        "starling dht bench --simulated --nodes 1e6 --dead 0.2 --variant plain,fast"},
       {"what each trick is worth", "starling dht bench --simulated --ablation --nodes 1e5"}},
      RunBench};
}

}  // namespace starling::cli
