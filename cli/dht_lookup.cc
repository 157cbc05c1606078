// `starling dht lookup`: who has this torrent, asked of the DHT alone.

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "cli/command.h"
#include "cli/dht_ask.h"
#include "cli/json_out.h"
#include "cli/progress.h"
#include "cli/quantities.h"
#include "cli/step_show.h"
#include "cli/terminal.h"

namespace starling::cli {

namespace {

constexpr absl::string_view kExplanation =
    "Asks the DHT who has the torrent INFOHASH (40 digits, or a magnet link) and\n"
    "prints its peers, how many hops and queries that took, and the time. Nothing is\n"
    "fetched.";

constexpr Duration kLookupMax = minutes(1);
constexpr size_t kPeersShownMax = 10'000;

class LookupRun final : private dht::PeerSink {
 public:
  LookupRun(DhtHost& host, const DhtAskOptions& options, const InfoHash& target)
      : host_(host),
        entry_(host, options),
        target_(target),
        steps_(options.verbose, options.json, NodeId::From(target)) {}

  // Waits until somebody answers, then looks up. An exit code when there is nothing more to do.
  std::optional<int> Tick(Time now) {
    if (is_done_) return kExitDone;
    if (asked_at_ != kNever) {
      if (now - asked_at_ < kLookupMax) return std::nullopt;
      PrintError("the lookup did not end within a minute");
      return kExitCouldNot;
    }
    const DhtEntry::Stage stage = entry_.Tick(now);
    if (stage == DhtEntry::Stage::kFailed) return kExitCouldNot;
    if (stage == DhtEntry::Stage::kWaiting) return std::nullopt;
    asked_at_ = now;
    host_.dht().GetPeers(now, target_, *this);
    return std::nullopt;
  }

  const std::vector<Endpoint>& peers() const { return peers_; }
  const dht::LookupReport& report() const { return report_; }

 private:
  bool wants_steps() const override { return steps_.is_on(); }
  void OnStep(Time now, dht::LookupId, const dht::LookupStep& step) override {
    steps_.Print(now, step);
  }
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
  DhtEntry entry_;
  const InfoHash target_;
  StepShow steps_;
  Time asked_at_ = kNever;
  bool is_done_ = false;
  std::vector<Endpoint> peers_;
  dht::LookupReport report_;
};

absl::StatusOr<int> RunLookup(const Arguments& arguments) {
  ASSIGN_OR_RETURN(const InfoHash target, ReadInfoHash("dht lookup", arguments));
  ASSIGN_OR_RETURN(const DhtAskOptions options, ReadDhtAskOptions("dht lookup", arguments));
  ASSIGN_OR_RETURN(const std::unique_ptr<StateFolder> state,
                   StateFolder::Open(StateFolder::Use::kNode, options.state_dir, PrintError));
  ASSIGN_OR_RETURN(const std::unique_ptr<DhtHost> host, DhtHost::Start(options.host, state.get()));
  LookupRun run(*host, options, target);
  const int code = host->Run([&](Time now) { return run.Tick(now); });
  if (code != kExitDone) return code;
  const dht::LookupReport& report = run.report();
  if (options.json) {
    PrintLine(LookupJson(target, run.peers(), report));
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
  return {"dht lookup",
          "ask the DHT who has a torrent",
          {"INFOHASH [--bootstrap HOST:PORT]... [-v] [--json]"},
          kExplanation,
          DhtLookupOptionList(),
          {{"in the public DHT", "starling dht lookup 0123456789abcdef0123456789abcdef01234567"},
           {"hop by hop", "starling dht lookup 0123456789abcdef0123456789abcdef01234567 -v"},
           {"in a private one, for a script",
            "starling dht lookup 0123456789abcdef0123456789abcdef01234567 "
            "--bootstrap 192.168.0.7:7000 --json"}},
          RunLookup};
}

}  // namespace starling::cli
