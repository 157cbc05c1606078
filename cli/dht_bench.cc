// `starling dht bench`: reads what is asked for and leaves it to the part that measures it.

#include "cli/dht_bench.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "cli/command.h"
#include "cli/dht_bench_options.h"

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
    "printed first.\n"
    "\n"
    "--local N starts N real nodes in this process, with a socket each on a loopback\n"
    "address of its own. They join one after the other; once each knows whom it has\n"
    "room for of the 8 nodes nearest to it (one may be missing), lookups begin.\n"
    "--latency delays their datagrams as the simulator does, and holds hops, queries\n"
    "and the time to the first answer against the same network and lookups in the\n"
    "simulator. --bootstrap names nodes of other programs on loopback addresses that\n"
    "shall take part, and with --keep the network prints whom to ask to join it, and\n"
    "stays for a while. What they look up is measured by those whom they ask, and\n"
    "told as that of others.\n"
    "\n"
    "Without either, one read-only node (it asks, answers nobody and enters no\n"
    "table) looks up targets in the network that --bootstrap names, or in the public\n"
    "one, with at most 20 queries a second. Ctrl-C ends that early and tells what\n"
    "there is.";

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
  RETURN_IF_ERROR(CheckBenchKind(arguments));
  if (arguments.Has("--simulated")) return RunBenchSimulated(arguments);
  return arguments.Has("--local") ? RunBenchLocal(arguments) : RunBenchLive(arguments);
}

}  // namespace

Command DhtBenchCommand() {
  return {
      "dht bench",
      "measure how fast DHT lookups are",
      {"--simulated [--nodes N,...] [--variant NAME,...] [--dead SHARE,...] [--churn PROFILE] "
       "[--ablation|--expected] [--seed N|A..B] [--lookups N] [--json|--markdown] [--out DIR]",
       "--local N [--latency none|lan|default|mobile] [--variant NAME,...] [--lookups N] "
       "[--concurrency N] [--bootstrap HOST:PORT]... [--keep T] [--json|--markdown] [--out DIR]",
       "[--bootstrap HOST:PORT]... [--lookups N] [--concurrency N] [--targets random|FILE] "
       "[--rate N] [--variant NAME,...] [--json|--markdown] [--out DIR]"},
      kExplanation,
      {
          {"--simulated", 0, Takes::kNothing, "", false, "in the simulator"},
          {"--local", 0, Takes::kValue, "N", false, "among N real nodes in this process"},
          {"--nodes", 0, Takes::kValue, "N,...", false, "sizes of the networks, such as 1e4,1e6"},
          {"--variant", 0, Takes::kValue, "NAME,...", false,
           "how lookups go, with parameters as in fast:alpha=4,hedge=no"},
          {"--ablation", 0, Takes::kNothing, "", false,
           "each trick of the default variant by itself, and the default without it"},
          {"--expected", 0, Takes::kNothing, "", false,
           "the networks of up to --nodes of which the targets D1 to D5 say what to expect"},
          {"--dead", 0, Takes::kValue, "SHARE,...", false,
           "share of the nodes that are dead but still in the tables, such as 0,0.2"},
          {"--churn", 0, Takes::kValue, "PROFILE", false,
           "nodes come and go: kad, debian, redhat, flatout, stress or exp1h"},
          {"--seed", 0, Takes::kValue, "N|A..B", false, "which runs; 1 unless said"},
          {"--lookups", 0, Takes::kValue, "N", false,
           "how many are measured; unless said 4000 simulated ones, else 1000"},
          {"--concurrency", 0, Takes::kValue, "N", false,
           "so many lookups at a time; 1 unless said, 100 with --latency default or mobile"},
          {"--latency", 0, Takes::kValue, "NAME", false,
           "how far local nodes are from each other: none (the default), lan, default or mobile"},
          {"--keep", 0, Takes::kValue, "T", false,
           "let the local network stay for T after its lookups, such as 60s"},
          {"--targets", 0, Takes::kValue, "random|FILE", false,
           "look up random ids, or those of FILE: 40 hexadecimal digits a line"},
          {"--rate", 0, Takes::kValue, "N", false,
           "queries a second on average, in a network that is there; 20 unless said"},
          {"--bootstrap", 0, Takes::kValue, "HOST:PORT", true,
           "DHT nodes to begin with, instead of the well-known ones"},
          {"--timeout", 0, Takes::kValue, "T", false,
           "give up when nobody answers for T, such as 30s; 10s unless said"},
          {"--listen", 0, Takes::kValue, "HOST:PORT", true,
           "where our read-only node is; unless said port 6881 or the next free one"},
          {"--dht-security", 0, Takes::kValue, "HOW", false,
           "of ids not bound to addresses: off, prefer (this is the default) or enforce"},
          {"--state", 0, Takes::kValue, "DIR", false,
           "where to remember the DHT; unless said: $XDG_STATE_HOME/starling"},
          {"--json", 0, Takes::kNothing, "", false, "print one JSON object; see docs/json.md"},
          {"--markdown", 0, Takes::kNothing, "", false, "print a table of the manual"},
          {"--out", 0, Takes::kValue, "DIR", false,
           "write lookups.csv, bench.json and report.html there"},
          {"--force", 0, Takes::kNothing, "", false, "even if DIR holds something already"},
      },
      {{"plain against the default, with what is expected", "starling dht bench --simulated"},
       {"a million nodes, a fifth of them dead",
        "starling dht bench --simulated --nodes 1e6 --dead 0.2 --variant plain,fast"},
       {"all that is expected of a million nodes and less; hours, and 20 GB of memory",
        "starling dht bench --simulated --expected --nodes 1e6"},
       {"what each trick is worth", "starling dht bench --simulated --ablation --nodes 1e5"},
       {"500 real nodes as far apart as on the Internet, beside the simulator",
        "starling dht bench --local 500 --latency default"},
       {"the public DHT, politely", "starling dht bench --lookups 200 --out live"}},
      RunBench};
}

}  // namespace starling::cli
