// `starling dht scrape`: how large is this swarm, asked of the DHT alone (BEP 33).

#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "cli/command.h"
#include "cli/dht_ask.h"
#include "cli/dht_json.h"
#include "cli/progress.h"
#include "cli/quantities.h"
#include "cli/step_show.h"
#include "cli/terminal.h"

namespace starling::cli {

namespace {

constexpr absl::string_view kExplanation =
    "Asks the DHT nodes near INFOHASH (40 digits, or a magnet link) for their counts\n"
    "of the torrent's peers (bloom filters, BEP 33), unites them and prints about\n"
    "how many seeds and other peers there are. An address counts once, however many\n"
    "nodes know it. The error is a few percent up to 1,000 addresses and grows\n"
    "beyond 3,000. Nodes without such counts name peers, which count as peers that\n"
    "are no seeds.";

constexpr Duration kScrapeMax = minutes(1);

class ScrapeRun final : private dht::PeerSink {
 public:
  ScrapeRun(DhtHost& host, const DhtAskOptions& options, const InfoHash& target)
      : host_(host),
        entry_(host, options),
        target_(target),
        json_(options.json),
        steps_(options.verbose, options.json, NodeId::From(target)) {}

  std::optional<int> Tick(Time now) {
    if (is_done_) return kExitDone;
    if (asked_at_ != kNever) {
      if (now - asked_at_ < kScrapeMax) return std::nullopt;
      PrintError("the scrape did not end within a minute");
      return kExitCouldNot;
    }
    const DhtEntry::Stage stage = entry_.Tick(now);
    if (stage == DhtEntry::Stage::kFailed) return kExitCouldNot;
    if (stage == DhtEntry::Stage::kWaiting) return std::nullopt;
    asked_at_ = now;
    host_.dht().Scrape(now, target_, *this);
    return std::nullopt;
  }

 private:
  bool wants_steps() const override { return steps_.is_on(); }
  void OnStep(Time now, dht::LookupId, const dht::LookupStep& step) override {
    steps_.Print(now, step);
  }
  void OnPeers(Time, dht::LookupId, std::span<const Endpoint>) override {}
  void OnDone(Time, dht::LookupId, const dht::LookupReport& report) override {
    is_done_ = true;
    if (json_) return PrintLine(DhtScrapeJson(target_, report));
    const dht::ScrapeCount& count = *report.count;
    const auto about = [](const dht::BloomFilter& filter) {
      return static_cast<uint64_t>(std::llround(filter.Estimate()));
    };
    std::string line =
        absl::StrCat("about ", Count(about(count.seeds), "seed", "seeds"), " and ",
                     Count(about(count.peers), "other peer", "other peers"), "; counted by ",
                     Count(static_cast<uint64_t>(count.filters), "node", "nodes"));
    if (count.plain > 0) {
      absl::StrAppend(&line, ", ", count.plain, " named peers without counting");
    }
    if (count.refused > 0) {
      absl::StrAppend(&line, ", ", Count(static_cast<uint64_t>(count.refused), "count", "counts"),
                      " not believed");
    }
    PrintLine(absl::StrCat(line, "; ",
                           Count(static_cast<uint64_t>(report.queries), "query", "queries"), ", ",
                           FormatDuration(report.elapsed)));
  }

  DhtHost& host_;
  DhtEntry entry_;
  const InfoHash target_;
  const bool json_;
  StepShow steps_;
  Time asked_at_ = kNever;
  bool is_done_ = false;
};

absl::StatusOr<int> RunScrape(const Arguments& arguments) {
  ASSIGN_OR_RETURN(const InfoHash target, ReadInfoHash("dht scrape", arguments));
  ASSIGN_OR_RETURN(const DhtAskOptions options, ReadDhtAskOptions("dht scrape", arguments));
  ASSIGN_OR_RETURN(const std::unique_ptr<StateFolder> state,
                   StateFolder::Open(StateFolder::Use::kNode, options.state_dir, PrintError));
  ASSIGN_OR_RETURN(const std::unique_ptr<DhtHost> host, DhtHost::Start(options.host, state.get()));
  ScrapeRun run(*host, options, target);
  return host->Run([&](Time now) { return run.Tick(now); });
}

}  // namespace

Command DhtScrapeCommand() {
  return {"dht scrape",
          "count the seeds and peers of a torrent",
          {"INFOHASH [--bootstrap HOST:PORT]... [-v] [--json]"},
          kExplanation,
          DhtLookupOptionList(),
          {{"in the public DHT", "starling dht scrape 0123456789abcdef0123456789abcdef01234567"}},
          RunScrape};
}

}  // namespace starling::cli
