// `starling dht lookup`: who has this torrent, asked of the DHT alone.

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "cli/command.h"
#include "cli/dht_host.h"
#include "cli/json_out.h"
#include "cli/lookup_option.h"
#include "cli/progress.h"
#include "cli/quantities.h"
#include "cli/terminal.h"
#include "cli/text.h"
#include "cli/transfer_options.h"
#include "sim/strategies.h"
#include "storage/magnet.h"

namespace starling::cli {

namespace {

constexpr absl::string_view kExplanation =
    "Asks the DHT who has the torrent INFOHASH (40 digits, or a magnet link) and\n"
    "prints its peers, how many hops and queries that took, and the time. Nothing is\n"
    "fetched.";

constexpr Duration kNobodyMax = seconds(10);  // without any answer: give up
constexpr Duration kSettleMax = seconds(2);   // how long the table may take to fill up first
constexpr Duration kLookupMax = minutes(1);
constexpr size_t kPeersShownMax = 10'000;

class LookupRun final : private dht::PeerSink {
 public:
  LookupRun(DhtHost& host, const InfoHash& target)
      : host_(host), target_(target), begin_(host.now()) {}

  // Waits until somebody answers, then looks up. An exit code when there is nothing more to do.
  std::optional<int> Tick(Time now) {
    if (is_done_) return kExitDone;
    if (is_asking_) {
      if (now - asked_at_ < kLookupMax) return std::nullopt;
      PrintError("the lookup did not end within a minute");
      return kExitCouldNot;
    }
    if (host_.nodes_known() == 0) {
      if (now - begin_ < kNobodyMax) return std::nullopt;
      PrintError(
          "no DHT node answered in 10 s: is there a network, and is UDP let through? "
          "--bootstrap HOST:PORT names a node to ask");
      return kExitCouldNot;
    }
    known_since_ = std::min(known_since_, now);
    const bool is_settled = host_.dht().stats().lookups_running == 0;
    if (!is_settled && now - known_since_ < kSettleMax) return std::nullopt;
    is_asking_ = true;
    asked_at_ = now;
    host_.dht().GetPeers(now, target_, *this);
    return std::nullopt;
  }

  const std::vector<Endpoint>& peers() const { return peers_; }
  const dht::LookupReport& report() const { return report_; }

 private:
  void OnPeers(Time, dht::LookupId, std::span<const Endpoint> peers) override {
    for (const Endpoint& peer : peers) {
      if (peers_.size() < kPeersShownMax) peers_.push_back(peer);
    }
  }
  void OnDone(Time, dht::LookupId, const dht::LookupReport& report) override {
    report_ = report;
    is_done_ = true;
    std::sort(peers_.begin(), peers_.end());
    peers_.erase(std::unique(peers_.begin(), peers_.end()), peers_.end());
  }

  DhtHost& host_;
  const InfoHash target_;
  const Time begin_;
  Time known_since_ = kNever;
  Time asked_at_ = kNever;
  bool is_asking_ = false;
  bool is_done_ = false;
  std::vector<Endpoint> peers_;
  dht::LookupReport report_;
};

absl::StatusOr<int> RunLookup(const Arguments& arguments) {
  if (arguments.positionals().size() != 1) {
    return UsageError(absl::StrCat("dht lookup needs one INFOHASH", SeeHelp("dht lookup")));
  }
  const std::string& text = arguments.positionals().front();
  const absl::StatusOr<storage::Magnet> magnet = storage::ParseMagnet(text);
  if (!magnet.ok()) {
    return UsageError(absl::StrCat(Shorten(Printable(text), 60), ": must be an info-hash of 40 ",
                                   "digits or a magnet link", SeeHelp("dht lookup")));
  }
  DhtHostOptions options;
  options.read_only = true;
  ASSIGN_OR_RETURN(options.security, ReadDhtSecurity("dht lookup", arguments));
  ASSIGN_OR_RETURN(options.bootstrap,
                   ReadBootstrap("--bootstrap", arguments.Values("--bootstrap")));
  ASSIGN_OR_RETURN(options.listen, ReadListen(arguments.Values("--listen")));
  ASSIGN_OR_RETURN(options.lookup,
                   ReadLookup("dht lookup", arguments, arguments.strategies()->lookups));
  ASSIGN_OR_RETURN(const std::unique_ptr<StateFolder> state,
                   StateFolder::Open(StateFolder::Use::kNode,
                                     arguments.Value("--state").value_or(""), PrintError));
  ASSIGN_OR_RETURN(const std::unique_ptr<DhtHost> host, DhtHost::Start(options, state.get()));
  LookupRun run(*host, magnet->info_hash());
  const int code = host->Run([&](Time now) { return run.Tick(now); });
  if (code != kExitDone) return code;
  const dht::LookupReport& report = run.report();
  if (arguments.Has("--json")) {
    PrintLine(LookupJson(magnet->info_hash(), run.peers(), report));
    return kExitDone;
  }
  for (const Endpoint& peer : run.peers()) PrintLine(peer.ToString());
  PrintLine(absl::StrCat(Count(run.peers().size(), "peer", "peers"), "; ",
                         Count(static_cast<uint64_t>(report.hops), "hop", "hops"), ", ",
                         Count(static_cast<uint64_t>(report.queries), "query", "queries"), ", ",
                         report.replies, " answered, ", FormatDuration(report.elapsed)));
  return kExitDone;
}

}  // namespace

Command DhtLookupCommand() {
  std::vector<Option> options = DhtOptionList();
  options.push_back({"--json", 0, Takes::kNothing, "", false, "one JSON object; see docs/json.md"});
  return {"dht lookup",
          "ask the DHT who has a torrent",
          {"INFOHASH [--bootstrap HOST:PORT]... [--json]"},
          kExplanation,
          std::move(options),
          {{"in the public DHT", "starling dht lookup 0123456789abcdef0123456789abcdef01234567"},
           {"in a private one, for a script",
            "starling dht lookup 0123456789abcdef0123456789abcdef01234567 "
            "--bootstrap 192.168.0.7:7000 --json"}},
          RunLookup};
}

}  // namespace starling::cli
