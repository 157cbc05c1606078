// `starling dht announce`: tells the DHT that a torrent is served here.

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
#include "cli/transfer_options.h"

namespace starling::cli {

namespace {

constexpr absl::string_view kExplanation =
    "Tells the DHT nodes closest to INFOHASH (40 digits, or a magnet link) that a\n"
    "peer of that torrent listens on this machine's address, TCP port N, and says\n"
    "how many of them took it. Nodes forget it after half an hour: --keep stays and\n"
    "repeats it every 15 minutes until it is stopped.";

constexpr Duration kRepeat = minutes(15);
constexpr Duration kAnnounceMax = minutes(1);

class AnnounceRun final : private dht::PeerSink {
 public:
  AnnounceRun(DhtHost& host, const DhtAskOptions& options, const InfoHash& target, uint16_t port)
      : host_(host),
        entry_(host, options),
        target_(target),
        port_(port),
        json_(options.json),
        steps_(options.verbose, options.json, NodeId::From(target)) {}

  bool is_seed = false;
  bool keeps = false;

  std::optional<int> Tick(Time now) {
    if (is_done_ && !keeps) return is_taken_ ? kExitDone : kExitCouldNot;
    if (is_asking_) {
      if (now - asked_at_ < kAnnounceMax) return std::nullopt;
      PrintError("the announce did not end within a minute");
      return kExitCouldNot;
    }
    const DhtEntry::Stage stage = entry_.Tick(now);
    if (stage == DhtEntry::Stage::kFailed) return kExitCouldNot;
    if (stage == DhtEntry::Stage::kWaiting || now < next_) return std::nullopt;
    is_asking_ = true;
    asked_at_ = now;
    steps_.Restart();
    host_.dht().Announce(now, target_, port_, *this, is_seed);
    return std::nullopt;
  }

 private:
  bool wants_steps() const override { return steps_.is_on(); }
  void OnStep(Time now, dht::LookupId, const dht::LookupStep& step) override {
    steps_.Print(now, step);
  }
  void OnPeers(Time, dht::LookupId, std::span<const Endpoint>) override {}
  void OnDone(Time now, dht::LookupId, const dht::LookupReport& report) override {
    is_asking_ = false;
    is_done_ = true;
    is_taken_ = report.announced > 0;
    next_ = now + kRepeat;
    if (json_) {
      PrintLine(AnnounceJson(target_, port_, is_seed, report));
    } else if (is_taken_) {
      PrintLine(absl::StrCat(
          Count(static_cast<uint64_t>(report.announced), "node", "nodes"), " took it; ",
          Count(static_cast<uint64_t>(report.peers), "peer", "peers"), " known there; ",
          Count(static_cast<uint64_t>(report.queries), "query", "queries"), ", ",
          FormatDuration(report.elapsed)));
    }
    if (!is_taken_) {
      PrintError(absl::StrCat("none of ", Count(report.closest.size(), "node", "nodes"),
                              " near the info-hash took the announce"));
    }
  }

  DhtHost& host_;
  DhtEntry entry_;
  const InfoHash target_;
  const uint16_t port_;
  const bool json_;
  StepShow steps_;
  bool is_asking_ = false;
  bool is_done_ = false;
  bool is_taken_ = false;
  Time asked_at_ = kNever;
  Time next_ = Time::min();
};

absl::StatusOr<int> RunAnnounce(const Arguments& arguments) {
  ASSIGN_OR_RETURN(const InfoHash target, ReadInfoHash("dht announce", arguments));
  const std::optional<std::string> text = arguments.Value("--port");
  if (!text.has_value()) {
    return UsageError(absl::StrCat("dht announce needs --port N, where peers reach the torrent",
                                   SeeHelp("dht announce")));
  }
  const std::optional<uint64_t> port = ParseCount(*text, 1, 65535);
  if (!port.has_value()) {
    return WrongValue("dht announce", "--port", *text, "a number from 1 to 65535");
  }
  ASSIGN_OR_RETURN(DhtAskOptions options, ReadDhtAskOptions("dht announce", arguments));
  // Who stays is a node as good as any other.
  options.host.read_only = !arguments.Has("--keep");
  ASSIGN_OR_RETURN(const std::unique_ptr<StateFolder> state,
                   StateFolder::Open(StateFolder::Use::kNode, options.state_dir, PrintError));
  ASSIGN_OR_RETURN(const std::unique_ptr<DhtHost> host, DhtHost::Start(options.host, state.get()));
  AnnounceRun run(*host, options, target, static_cast<uint16_t>(*port));
  run.is_seed = arguments.Has("--seed");
  run.keeps = arguments.Has("--keep");
  return host->Run([&](Time now) { return run.Tick(now); });
}

}  // namespace

Command DhtAnnounceCommand() {
  std::vector<Option> options = {
      {"--port", 0, Takes::kValue, "N", false, "the TCP port on which peers are awaited"},
      {"--seed", 0, Takes::kNothing, "", false,
       "say that this peer has all of the torrent (BEP 33)"},
      {"--keep", 0, Takes::kNothing, "", false, "stay, and announce again every 15 minutes"},
  };
  for (Option& option : DhtLookupOptionList()) options.push_back(std::move(option));
  return {"dht announce",
          "tell the DHT that a torrent is served here",
          {"INFOHASH --port N [--seed] [--keep] [--bootstrap HOST:PORT]... [-v] [--json]"},
          kExplanation,
          std::move(options),
          {{"for another program that listens on port 51413",
            "starling dht announce 0123456789abcdef0123456789abcdef01234567 --port 51413 --keep"}},
          RunAnnounce};
}

}  // namespace starling::cli
