// `starling dht crawl`: walks through the whole DHT and writes down who is there.

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "cli/command.h"
#include "cli/crawl_walk.h"
#include "cli/dht_ask.h"
#include "cli/dht_json.h"
#include "cli/files.h"
#include "cli/progress.h"
#include "cli/quantities.h"
#include "cli/terminal.h"
#include "cli/text.h"
#include "cli/transfer_options.h"
#include "node/system_random.h"

namespace starling::cli {

namespace {

constexpr absl::string_view kExplanation =
    "Walks through the DHT: asks every node once for the nodes near it, with at most\n"
    "N queries a second, until nobody new is heard of, and writes a line for each\n"
    "node to FILE.csv. On the way it looks up 100 random ids and estimates from the\n"
    "distances of the closest nodes how large the network is: (800 - 1) / (sum of\n"
    "the distances to the 8th), with a standard error of 3.5 %. The public network\n"
    "takes a day at the default rate: Ctrl-C, or --for, ends the walk early and\n"
    "writes what it has.";

constexpr uint64_t kRate = 20;
constexpr uint64_t kRateMax = 5000;
constexpr int kEstimateLookups = 100;
constexpr size_t kClosest = 8;

struct CrawlOptions {
  DhtAskOptions ask;
  uint64_t rate = kRate;
  std::optional<Duration> length;
  std::string out;
};

class CrawlRun final : private dht::PeerSink, private dht::ProbeSink {
 public:
  CrawlRun(DhtHost& host, const CrawlOptions& options)
      : host_(host),
        entry_(host, options.ask),
        rate_(options.rate),
        length_(options.length),
        shows_(!options.ask.json) {}
  ~CrawlRun() override { picture_.Keep(); }

  std::optional<int> Tick(Time now) {
    if (begin_ == kNever) {
      const DhtEntry::Stage stage = entry_.Tick(now);
      if (stage == DhtEntry::Stage::kFailed) return kExitCouldNot;
      if (stage == DhtEntry::Stage::kWaiting) return std::nullopt;
      begin_ = tick_ = now;
      for (const dht::Contact& contact : host_.dht().contacts()) {
        walk_.Hear(contact.id, contact.endpoint);
      }
    }
    // A reservation: what is not used within a second is lost, and lookups may run into debt.
    const double gained = ToSeconds(now - tick_) * static_cast<double>(rate_);
    allowance_ = std::min(allowance_ + gained, static_cast<double>(rate_));
    tick_ = now;
    elapsed_ = now - begin_;
    Work(now);
    Show(now);
    const bool is_over = walk_.queued() == 0 && pending_ == 0 && !is_looking_up_;
    if (is_over || (length_.has_value() && elapsed_ >= *length_)) return kExitDone;
    return std::nullopt;
  }

  CrawlSummary Summary() const {
    CrawlSummary summary;
    summary.heard = walk_.nodes().size();
    summary.answered = walk_.answered();
    summary.silent = walk_.silent();
    summary.queries = static_cast<uint64_t>(queries_);
    summary.elapsed = elapsed_;
    summary.estimates = estimates_;
    return summary;
  }
  const CrawlWalk& walk() const { return walk_; }

 private:
  void Work(Time now) {
    while (allowance_ >= 1) {
      // The walk and the estimate grow together, query by query.
      const bool wants_lookup = lookups_ < kEstimateLookups && walk_queries_ >= lookup_queries_;
      if (wants_lookup && !is_looking_up_) {
        is_looking_up_ = true;
        const InfoHash target = random_.NextId<InfoHash>();
        target_ = NodeId::From(target);
        if (host_.dht().GetPeers(now, target, *this) == dht::LookupId{}) is_looking_up_ = false;
        if (!is_looking_up_) return;
      }
      const std::optional<dht::Contact> next = walk_.Next();
      if (!next.has_value()) return;
      host_.dht().Probe(now, next->endpoint, dht::Question::kFindNode, next->id, *this);
      ++pending_;
      ++walk_queries_;
      Spend(1);
    }
  }
  void Spend(int queries) {
    allowance_ -= queries;
    queries_ += queries;
  }
  void OnAnswer(Time, const dht::NodeAnswer& answer) override {
    --pending_;
    walk_.OnAnswer(answer);
  }
  void OnPeers(Time, dht::LookupId, std::span<const Endpoint>) override {}
  void OnDone(Time, dht::LookupId, const dht::LookupReport& report) override {
    is_looking_up_ = false;
    ++lookups_;
    lookup_queries_ += report.queries;
    Spend(report.queries);
    for (const bool is_v4 : {true, false}) {
      std::vector<NodeId> closest;
      for (const dht::Contact& contact : report.closest) {
        if (contact.endpoint.is_v4() == is_v4) closest.push_back(contact.id);
        walk_.Hear(contact.id, contact.endpoint);
      }
      // With fewer the network is so small that the walk counts it.
      if (closest.size() >= kClosest) estimates_[is_v4 ? 0 : 1].Add(target_, closest);
    }
  }
  void Show(Time now) {
    if (!shows_ || now < next_show_) return;
    next_show_ = now + (is_terminal_ ? seconds(1) : minutes(1));
    const std::string line = CrawlLine(Summary());
    if (is_terminal_) {
      picture_.Paint({Shorten(line, TerminalWidth() - 1)});
    } else if (!std::exchange(is_first_, false)) {
      PrintLine(line);
    }
  }

  DhtHost& host_;
  DhtEntry entry_;
  SystemRandom random_;
  const uint64_t rate_;
  const std::optional<Duration> length_;
  const bool shows_;
  const bool is_terminal_ = OutputIsTerminal();
  bool is_first_ = true;
  CrawlWalk walk_;
  std::array<dht::SizeEstimate, 2> estimates_;
  Time begin_ = kNever;
  Time tick_{};
  Time next_show_{};
  Duration elapsed_{};
  double allowance_ = 0;
  int64_t queries_ = 0;
  int64_t walk_queries_ = 0;
  int64_t lookup_queries_ = 0;
  int lookups_ = 0;
  bool is_looking_up_ = false;
  NodeId target_;
  size_t pending_ = 0;
  Picture picture_;
};

absl::StatusOr<CrawlOptions> ReadOptions(const Arguments& arguments) {
  constexpr absl::string_view kName = "dht crawl";
  if (!arguments.positionals().empty()) {
    return UsageError(absl::StrCat("dht crawl takes no argument ",
                                   Printable(arguments.positionals().front()), SeeHelp(kName)));
  }
  CrawlOptions options;
  options.out = arguments.Value("--out").value_or("");
  if (options.out.empty()) {
    return UsageError(absl::StrCat("dht crawl needs --out FILE.csv", SeeHelp(kName)));
  }
  if (const auto text = arguments.Value("--rate")) {
    const std::optional<uint64_t> rate = ParseCount(*text, 1, kRateMax);
    if (!rate.has_value()) {
      return WrongValue(kName, "--rate", *text,
                        absl::StrCat("a number of queries a second from 1 to ", kRateMax));
    }
    options.rate = *rate;
  }
  if (const auto text = arguments.Value("--for")) {
    options.length = ParseDuration(*text);
    if (!options.length.has_value() || *options.length <= Duration(0)) {
      return WrongValue(kName, "--for", *text, "a time, such as 10m or 2h");
    }
  }
  ASSIGN_OR_RETURN(options.ask, ReadDhtAskOptions(kName, arguments));
  return options;
}

absl::StatusOr<int> RunCrawl(const Arguments& arguments) {
  ASSIGN_OR_RETURN(const CrawlOptions options, ReadOptions(arguments));
  RETURN_IF_ERROR(CheckWritableFile(options.out));  // not after hours
  ASSIGN_OR_RETURN(const std::unique_ptr<StateFolder> state,
                   StateFolder::Open(StateFolder::Use::kNode, options.ask.state_dir, PrintError));
  ASSIGN_OR_RETURN(const std::unique_ptr<DhtHost> host,
                   DhtHost::Start(options.ask.host, state.get()));
  CrawlRun run(*host, options);
  const int code = host->Run([&](Time now) { return run.Tick(now); });
  // Where nobody answered, what an earlier walk found is worth more.
  if (code == kExitCouldNot || run.walk().nodes().empty()) return code;
  RETURN_IF_ERROR(WriteFileAtomically(options.out, CrawlCsv(run.walk().nodes())));
  PrintLine(options.ask.json ? CrawlJson(run.Summary(), options.out) : CrawlLine(run.Summary()));
  return code;
}

}  // namespace

Command DhtCrawlCommand() {
  std::vector<Option> options = {
      {"--out", 0, Takes::kValue, "FILE.csv", false, "where to write a line for each node"},
      {"--rate", 0, Takes::kValue, "N", false, "queries a second at most; 20 unless said"},
      {"--for", 0, Takes::kValue, "T", false, "stop after T, such as 10m or 2h"},
  };
  for (Option& option : DhtAskOptionList()) options.push_back(std::move(option));
  return {
      "dht crawl",
      "write down every node of the DHT, and estimate how many there are",
      {"--out FILE.csv [--rate N] [--for T] [--bootstrap HOST:PORT]... [--json]"},
      kExplanation,
      std::move(options),
      {{"ten minutes in the public DHT", "starling dht crawl --out nodes.csv --for 10m"},
       {"all of a private one", "starling dht crawl --out nodes.csv --bootstrap 192.168.0.7:7000"}},
      RunCrawl};
}

}  // namespace starling::cli
