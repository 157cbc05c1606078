// `starling dht node`: a DHT node alone, for a private network or for the good of the public one.

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "cli/addresses.h"
#include "cli/command.h"
#include "cli/dht_host.h"
#include "cli/dht_json.h"
#include "cli/json_out.h"
#include "cli/lookup_option.h"
#include "cli/progress.h"
#include "cli/quantities.h"
#include "cli/terminal.h"
#include "cli/text.h"
#include "cli/transfer_options.h"
#include "sim/strategies.h"

namespace starling::cli {

namespace {

constexpr absl::string_view kExplanation =
    "Runs a DHT node without torrents until it is stopped. It answers others, stores\n"
    "what they announce, and remembers its id and table. Two or more of them, each\n"
    "with --bootstrap naming another, are a private DHT; see docs/private-dht.md. On\n"
    "a machine with several public addresses, --listen for each makes one node of\n"
    "each.";

std::string StatsLine(const dht::Stats& stats) {
  return absl::StrCat(Count(stats.table_nodes, "IPv4 node", "IPv4 nodes"), " and ",
                      stats.table_nodes_v6, " IPv6 known; ",
                      Count(stats.queries_in, "query", "queries"), " in, ", stats.queries_out,
                      " out; ", Count(stats.stored_peers, "peer", "peers"), " stored; ",
                      FormatSize(stats.bytes_in), " in, ", FormatSize(stats.bytes_out), " out");
}

// Whether others can reach us, told when it changes.
class ReachShow {
 public:
  explicit ReachShow(bool json) : json_(json) {}

  void Tick(const dht::Node& node) {
    const bool was_unreachable = std::exchange(is_unreachable_, node.is_unreachable());
    if (json_) {
      if (is_unreachable_ != was_unreachable) PrintLine(ReachJson(!is_unreachable_));
      return;
    }
    if (is_unreachable_ && !was_unreachable) {
      PrintLine(
          "nobody asks this node whom it did not ask first: it seems to lie behind a NAT or "
          "firewall, and tells others not to keep it; let UDP to its port in");
    }
    if (!is_unreachable_ && was_unreachable) PrintLine("this node takes part again");
  }

 private:
  const bool json_;
  bool is_unreachable_ = false;
};

// A line that is painted over each second on a terminal, and written each minute elsewhere.
class StatsShow {
 public:
  explicit StatsShow(bool json) : json_(json), is_terminal_(!json && OutputIsTerminal()) {}

  void Tick(Time now, dht::Node& node) {
    if (now < next_) return;
    next_ = now + (is_terminal_ ? seconds(1) : minutes(1));
    if (json_) return PrintLine(DhtStatsJson(node.stats()));
    const std::string line = StatsLine(node.stats());
    if (is_terminal_) {
      picture_.Paint({Shorten(line, TerminalWidth() - 1)});
    } else if (!std::exchange(is_first_, false)) {
      PrintLine(line);
    }
  }
  ~StatsShow() { picture_.Keep(); }

 private:
  const bool json_;
  const bool is_terminal_;
  bool is_first_ = true;
  Time next_{};
  Picture picture_;
};

constexpr uint64_t kLimitMax = 1'000'000'000;

// Reads the limits of what is answered.
absl::Status ReadLimits(const Arguments& arguments, DhtHostOptions& options) {
  struct Limit {
    absl::string_view name;
    uint32_t* value;
  };
  for (const Limit& limit : {Limit{"--queries-per-second", &options.queries_per_second},
                             Limit{"--source-queries", &options.source_queries_per_second},
                             Limit{"--source-bytes", &options.source_bytes_per_second}}) {
    const auto text = arguments.Value(limit.name);
    if (!text.has_value()) continue;
    const auto count = ParseCount(*text, 1, kLimitMax);
    if (!count.has_value()) {
      return WrongValue("dht node", limit.name, *text,
                        absl::StrCat("a whole number from 1 to ", kLimitMax));
    }
    *limit.value = static_cast<uint32_t>(*count);
  }
  return absl::OkStatus();
}

std::vector<Option> NodeOptionList() {
  std::vector<Option> options = DhtOptionList();
  options.push_back({"--queries-per-second", 0, Takes::kValue, "N", false,
                     "answer at most so many queries a second, of all sources together; unless "
                     "said: 50000"});
  options.push_back({"--source-queries", 0, Takes::kValue, "N", false,
                     "of one source (an address) at most so many a second; unless said: 100"});
  options.push_back({"--source-bytes", 0, Takes::kValue, "BYTES", false,
                     "and with at most so many bytes a second, so that nobody can have others "
                     "flooded by us; unless said: 20000"});
  options.push_back(
      {"--json", 0, Takes::kNothing, "", false, "JSON objects, one a line; see docs/json.md"});
  return options;
}

absl::StatusOr<int> RunNode(const Arguments& arguments) {
  if (!arguments.positionals().empty()) {
    return UsageError(absl::StrCat("dht node takes no argument ",
                                   Printable(arguments.positionals().front()),
                                   SeeHelp("dht node")));
  }
  DhtHostOptions options;
  ASSIGN_OR_RETURN(options.security, ReadDhtSecurity("dht node", arguments));
  ASSIGN_OR_RETURN(options.bootstrap,
                   ReadBootstrap("--bootstrap", arguments.Values("--bootstrap")));
  ASSIGN_OR_RETURN(options.listen, ReadListen(arguments.Values("--listen")));
  RETURN_IF_ERROR(ReadLimits(arguments, options));
  ASSIGN_OR_RETURN(options.lookup,
                   ReadLookup("dht node", arguments, arguments.strategies()->lookups));
  ASSIGN_OR_RETURN(const std::unique_ptr<StateFolder> state,
                   StateFolder::Open(StateFolder::Use::kNode,
                                     arguments.Value("--state").value_or(""), PrintError));
  ASSIGN_OR_RETURN(const std::unique_ptr<DhtHost> host, DhtHost::Start(options, state.get()));
  const bool json = arguments.Has("--json");
  NodeId id = host->dht().id();
  if (json) {
    PrintLine(ListeningJson(host->listening()));
    PrintLine(NodeIdJson(id, std::nullopt));
  } else {
    PrintLine(absl::StrCat("listening on ", JoinEndpoints(host->listening()), " (UDP)"));
    PrintLine(absl::StrCat("node id ", id.hex()));
  }
  for (const DhtAddress& further : host->further_dht()) {
    PrintLine(json ? NodeIdJson(further.id, further.local)
                   : absl::StrCat("node id ", further.id.hex(), " at ", further.local.ToString()));
  }
  StatsShow show(json);
  ReachShow reach(json);
  return host->Run([&](Time now) -> std::optional<int> {
    if (std::exchange(id, host->dht().id()) != id) {
      PrintLine(json ? NodeIdJson(id, std::nullopt)
                     : absl::StrCat("node id ", id.hex(), ", which belongs to our address"));
    }
    reach.Tick(host->dht());
    show.Tick(now, host->dht());
    return std::nullopt;
  });
}

}  // namespace

Command DhtNodeCommand() {
  return {"dht node",
          "run a DHT node alone",
          {"[--listen HOST:PORT]... [--bootstrap HOST:PORT]... [--json]"},
          kExplanation,
          NodeOptionList(),
          {{"the first node of a private DHT",
            "starling dht node --listen 192.168.0.7:7000 --bootstrap none"},
           {"the second", "starling dht node --bootstrap 192.168.0.7:7000"}},
          RunNode};
}

}  // namespace starling::cli
