// `starling dht sample`: which info-hashes do DHT nodes hold (BEP 51)?

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "cli/addresses.h"
#include "cli/command.h"
#include "cli/dht_ask.h"
#include "cli/dht_json.h"
#include "cli/progress.h"
#include "cli/quantities.h"
#include "cli/terminal.h"
#include "cli/text.h"

namespace starling::cli {

namespace {

constexpr absl::string_view kExplanation =
    "Asks a DHT node for a sample of the info-hashes that it holds (BEP 51) and\n"
    "prints them, how many it holds in all, and after how long it has others to\n"
    "show. With HOST:PORT that one node is asked; with TARGET (40 digits) all that\n"
    "are closest to that id.";

constexpr Duration kSampleMax = minutes(1);

class SampleRun final : private dht::PeerSink, private dht::ProbeSink {
 public:
  SampleRun(DhtHost& host, const DhtAskOptions& options)
      : host_(host), entry_(host, options), timeout_(options.timeout), begin_(host.now()) {}

  // One of the two is to be set.
  std::optional<Endpoint> node;
  InfoHash target;

  std::optional<int> Tick(Time now) {
    if (is_done_) return kExitDone;
    if (node.has_value()) return TickOne(now);
    if (asked_at_ != kNever) {
      if (now - asked_at_ < kSampleMax) return std::nullopt;
      PrintError("the lookup did not end within a minute");
      return kExitCouldNot;
    }
    const DhtEntry::Stage stage = entry_.Tick(now);
    if (stage == DhtEntry::Stage::kFailed) return kExitCouldNot;
    if (stage == DhtEntry::Stage::kWaiting) return std::nullopt;
    asked_at_ = now;
    host_.dht().GetPeers(now, target, *this);
    return std::nullopt;
  }

  const std::vector<dht::NodeAnswer>& answers() const { return answers_; }

 private:
  std::optional<int> TickOne(Time now) {
    if (now - begin_ >= timeout_) {
      PrintError(absl::StrCat("no answer from ", node->ToString(), " in ", FormatDuration(timeout_),
                              ": is a DHT node running there, and is UDP let through?"));
      return kExitCouldNot;
    }
    if (pending_ == 0) Ask(now, *node);
    return std::nullopt;
  }
  void Ask(Time now, const Endpoint& whom) {
    ++pending_;
    host_.dht().Probe(now, whom, dht::Question::kSampleInfohashes, NodeId::From(target), *this);
  }
  void OnAnswer(Time, const dht::NodeAnswer& answer) override {
    --pending_;
    if (answer.is_answered) answers_.push_back(answer);
    is_done_ = pending_ == 0 && (!node.has_value() || answer.is_answered);
  }
  void OnPeers(Time, dht::LookupId, std::span<const Endpoint>) override {}
  void OnDone(Time now, dht::LookupId, const dht::LookupReport& report) override {
    for (const dht::Contact& contact : report.closest) Ask(now, contact.endpoint);
    is_done_ = pending_ == 0;
  }

  DhtHost& host_;
  DhtEntry entry_;
  const Duration timeout_;
  const Time begin_;
  Time asked_at_ = kNever;
  size_t pending_ = 0;
  bool is_done_ = false;
  std::vector<dht::NodeAnswer> answers_;
};

void PrintAnswer(const dht::NodeAnswer& answer) {
  if (!answer.samples.has_value()) {
    PrintLine(absl::StrCat(answer.node.ToString(), ": does not know sample_infohashes (BEP 51)"));
    return;
  }
  for (const InfoHash& info_hash : *answer.samples) PrintLine(info_hash.hex());
  PrintLine(absl::StrCat(answer.node.ToString(), ": ", answer.samples->size(), " of ",
                         Count(static_cast<uint64_t>(answer.num), "info-hash", "info-hashes"),
                         "; others in ", FormatDuration(seconds(answer.interval_s))));
}

absl::StatusOr<int> RunSample(const Arguments& arguments) {
  if (arguments.positionals().size() != 1) {
    return UsageError(
        absl::StrCat("dht sample needs one HOST:PORT or TARGET", SeeHelp("dht sample")));
  }
  const std::string& text = arguments.positionals().front();
  const std::optional<InfoHash> target = InfoHash::FromHex(text);
  std::optional<Endpoint> node;
  if (!target.has_value()) {
    const absl::StatusOr<HostPort> place = ParseHostPort("dht sample", text);
    if (!place.ok()) {
      return UsageError(absl::StrCat(Shorten(Printable(text), 60), ": must be HOST:PORT or an id ",
                                     "of 40 digits", SeeHelp("dht sample")));
    }
    ASSIGN_OR_RETURN(const std::vector<Endpoint> found, ResolveHostPort(*place));
    node = found.front();
  }
  ASSIGN_OR_RETURN(DhtAskOptions options, ReadDhtAskOptions("dht sample", arguments));
  std::unique_ptr<StateFolder> state;
  if (node.has_value()) {
    options.host.bootstrap.clear();  // nobody else is asked
    if (options.host.listen.empty()) {
      options.host.listen = {node->is_v4() ? Endpoint::AnyV4(0) : Endpoint::AnyV6(0)};
    }
  } else {
    ASSIGN_OR_RETURN(state,
                     StateFolder::Open(StateFolder::Use::kNode, options.state_dir, PrintError));
  }
  ASSIGN_OR_RETURN(const std::unique_ptr<DhtHost> host, DhtHost::Start(options.host, state.get()));
  SampleRun run(*host, options);
  run.node = node;
  run.target = target.value_or(InfoHash{});
  const int code = host->Run([&](Time now) { return run.Tick(now); });
  if (code != kExitDone) return code;
  if (options.json) {
    PrintLine(SampleJson(run.answers()));
  } else {
    for (const dht::NodeAnswer& answer : run.answers()) PrintAnswer(answer);
  }
  return kExitDone;
}

}  // namespace

Command DhtSampleCommand() {
  return {
      "dht sample",
      "see which info-hashes DHT nodes hold",
      {"HOST:PORT [--json]", "TARGET [--bootstrap HOST:PORT]... [--json]"},
      kExplanation,
      DhtAskOptionList(),
      {{"one node", "starling dht sample 127.0.0.1:7000"},
       {"the nodes around an id", "starling dht sample 0123456789abcdef0123456789abcdef01234567"}},
      RunSample};
}

}  // namespace starling::cli
