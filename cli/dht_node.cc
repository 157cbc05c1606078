// `starling dht node`: a DHT node alone, for a private network or for the good of the public one.

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "cli/addresses.h"
#include "cli/command.h"
#include "cli/dht_host.h"
#include "cli/progress.h"
#include "cli/quantities.h"
#include "cli/terminal.h"
#include "cli/text.h"
#include "cli/transfer_options.h"

namespace starling::cli {

namespace {

constexpr absl::string_view kExplanation =
    "Runs a DHT node without torrents until it is stopped. It answers others, stores\n"
    "what they announce, and remembers its id and table. Two or more of them, each\n"
    "with --bootstrap naming another, are a private DHT; see docs/private-dht.md.";

std::string StatsLine(const dht::Stats& stats) {
  return absl::StrCat(Count(stats.table_nodes, "IPv4 node", "IPv4 nodes"), " and ",
                      stats.table_nodes_v6, " IPv6 known; ",
                      Count(stats.queries_in, "query", "queries"), " in, ", stats.queries_out,
                      " out; ", Count(stats.stored_peers, "peer", "peers"), " stored; ",
                      FormatSize(stats.bytes_in), " in, ", FormatSize(stats.bytes_out), " out");
}

// A line that is painted over each second on a terminal, and written each minute elsewhere.
class StatsShow {
 public:
  void Tick(Time now, dht::Node& node) {
    if (now < next_) return;
    next_ = now + (is_terminal_ ? seconds(1) : minutes(1));
    const std::string line = StatsLine(node.stats());
    if (is_terminal_) {
      picture_.Paint({Shorten(line, TerminalWidth() - 1)});
    } else if (!std::exchange(is_first_, false)) {
      PrintLine(line);
    }
  }
  ~StatsShow() { picture_.Keep(); }

 private:
  const bool is_terminal_ = OutputIsTerminal();
  bool is_first_ = true;
  Time next_{};
  Picture picture_;
};

absl::StatusOr<int> RunNode(const Arguments& arguments) {
  if (!arguments.positionals().empty()) {
    return UsageError(absl::StrCat("dht node takes no argument ",
                                   Printable(arguments.positionals().front()),
                                   SeeHelp("dht node")));
  }
  DhtHostOptions options;
  ASSIGN_OR_RETURN(options.bootstrap,
                   ReadBootstrap("--bootstrap", arguments.Values("--bootstrap")));
  ASSIGN_OR_RETURN(options.listen, ReadListen(arguments.Values("--listen")));
  ASSIGN_OR_RETURN(const std::unique_ptr<StateFolder> state,
                   StateFolder::Open(StateFolder::Use::kNode,
                                     arguments.Value("--state").value_or(""), PrintError));
  ASSIGN_OR_RETURN(const std::unique_ptr<DhtHost> host, DhtHost::Start(options, state.get()));
  PrintLine(absl::StrCat("listening on ", JoinEndpoints(host->listening()), " (UDP)"));
  PrintLine(absl::StrCat("node id ", host->dht().id().hex()));
  StatsShow show;
  return host->Run([&](Time now) -> std::optional<int> {
    show.Tick(now, host->dht());
    return std::nullopt;
  });
}

}  // namespace

Command DhtNodeCommand() {
  return {"dht node",
          "run a DHT node alone",
          {"[--listen HOST:PORT]... [--bootstrap HOST:PORT]..."},
          kExplanation,
          DhtOptionList(),
          {{"the first node of a private DHT",
            "starling dht node --listen 192.168.0.7:7000 --bootstrap none"},
           {"the second", "starling dht node --bootstrap 192.168.0.7:7000"}},
          RunNode};
}

}  // namespace starling::cli
