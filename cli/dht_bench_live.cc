// `starling dht bench` without --simulated or --local: lookups in a network that is there, by one
// read-only node (BEP 43) that asks no more than it may.

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "base/check.h"
#include "base/token_bucket.h"
#include "cli/bench_lookups.h"
#include "cli/command.h"
#include "cli/dht_ask.h"
#include "cli/dht_bench.h"
#include "cli/dht_bench_options.h"
#include "cli/files.h"
#include "cli/memory.h"
#include "cli/quantities.h"
#include "cli/sim_target.h"
#include "cli/terminal.h"
#include "cli/text.h"
#include "cli/transfer_options.h"
#include "dht/size_estimate.h"
#include "node/system_random.h"

namespace starling::cli {

namespace {

constexpr absl::string_view kCommand = "dht bench";
constexpr uint64_t kLookups = 1000;
constexpr uint64_t kRate = 20;
constexpr uint64_t kRateMax = 5000;
constexpr size_t kTargetsMax = 1'000'000;
constexpr size_t kTargetsFileMax = kTargetsMax * 44;
constexpr size_t kClosest = 8;
constexpr uint64_t kQueriesGuessed = 20;  // a lookup, in the public network

struct LivePlan {
  DhtAskOptions ask;
  std::vector<std::string> names;  // of the variants
  std::vector<dht::LookupVariantPointer> variants;
  std::vector<NodeId> targets;  // empty: random
  uint64_t lookups = kLookups;
  uint64_t rate = kRate;
  size_t concurrency = 1;
  BenchTelling telling;
};

class LiveRun {
 public:
  LiveRun(DhtHost& host, const LivePlan& plan, const std::string& label, BenchSlots& slots)
      : host_(host),
        entry_(host, plan.ask),
        plan_(plan),
        label_(label),
        is_seen_(plan.telling.IsForPeople() && OutputIsTerminal()),
        slots_(slots),
        limit_(plan.rate, Duration()) {}

  std::optional<int> Tick(Time now) {
    if (begin_ == kNever) {
      const DhtEntry::Stage stage = entry_.Tick(now);
      if (stage == DhtEntry::Stage::kFailed) return kExitCouldNot;
      if (stage == DhtEntry::Stage::kWaiting) return std::nullopt;
      begin_ = now;
      queries_before_ = counted_ = host_.dht().stats().queries_out;
      cpu_before_ = CpuSeconds();
    }
    BeginMore(now);
    Show(now);
    if (log_.size() < plan_.lookups) return std::nullopt;
    return kExitDone;
  }

  void OnDone(Time now, const sim::DhtLookup& lookup, const dht::LookupReport& report) {
    log_.Add(0, lookup);
    std::vector<NodeId> closest;
    for (const dht::Contact& contact : report.closest) {
      if (contact.endpoint.is_v4()) closest.push_back(contact.id);
    }
    if (closest.size() >= kClosest) size_.Add(lookup.target, closest);
    BeginMore(now);
  }

  void Describe(BenchGroup* group) const {
    log_.Describe(group);
    if (log_.size() > 0) {
      group->cpu_us = (CpuSeconds() - cpu_before_) * 1e6 / static_cast<double>(log_.size());
    }
    if (size_.lookups() > 0) group->metrics["nodes_estimated"] = size_.nodes();
    group->metrics["queries_per_s"] = QueriesPerSecond(host_.now());
  }
  const BenchLog& log() const { return log_; }
  void Clear() { picture_.Clear(); }

 private:
  // What is not used is lost; and a lookup may run into debt, which is paid before
  // the next one begins. What the node asks to keep its table counts as well.
  bool MayBegin(Time now) {
    const uint64_t sent = host_.dht().stats().queries_out;
    limit_.Reserve(now, sent - counted_);
    counted_ = sent;
    return limit_.Reserve(now, 0) <= now;
  }

  void BeginMore(Time now) {
    while (begun_ < plan_.lookups && slots_.HasRoom()) {
      if (!MayBegin(now)) return;
      const NodeId target = plan_.targets.empty() ? random_.NextId<NodeId>()
                                                  : plan_.targets[begun_ % plan_.targets.size()];
      if (!slots_.Begin(now, host_.dht(), 0, target)) return;
      ++begun_;
    }
  }

  double QueriesPerSecond(Time now) const {
    const double elapsed = begin_ == kNever ? 0 : ToSeconds(now - begin_);
    const uint64_t sent = host_.dht().stats().queries_out - queries_before_;
    return elapsed > 0 ? static_cast<double>(sent) / elapsed : 0;
  }

  void Show(Time now) {
    if (!is_seen_ || now < next_show_) return;
    next_show_ = now + milliseconds(500);
    std::string line =
        absl::StrCat(label_, ": ", log_.size(), " of ", plan_.lookups, " lookups made, ",
                     absl::StrFormat("%.1f queries/s, %d nodes known", QueriesPerSecond(now),
                                     host_.nodes_known()));
    if (log_.size() > 0) {
      const Duration left = (now - begin_) / static_cast<int64_t>(log_.size()) *
                            static_cast<int64_t>(plan_.lookups - log_.size());
      absl::StrAppend(&line, ", ", FormatDuration(left), " left");
    }
    picture_.Paint({Shorten(line, TerminalWidth() - 1)});
  }

  DhtHost& host_;
  DhtEntry entry_;
  const LivePlan& plan_;
  const std::string label_;
  const bool is_seen_;
  BenchSlots& slots_;
  SystemRandom random_;
  Picture picture_;
  BenchLog log_;
  dht::SizeEstimate size_;
  Time begin_ = kNever;
  Time next_show_{};
  TokenBucket limit_;
  uint64_t queries_before_ = 0;
  uint64_t counted_ = 0;
  uint64_t begun_ = 0;
  double cpu_before_ = 0;
};

absl::StatusOr<std::vector<NodeId>> ReadTargets(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, ReadFile(path, kTargetsFileMax));
  std::vector<NodeId> targets;
  size_t number = 0;
  for (const absl::string_view whole : absl::StrSplit(text, '\n')) {
    ++number;
    const absl::string_view line = absl::StripAsciiWhitespace(whole);
    if (line.empty() || line.front() == '#') continue;
    const std::optional<NodeId> target = NodeId::FromHex(line);
    if (!target.has_value()) {
      return absl::InvalidArgumentError(absl::StrCat(Printable(path), ", line ", number, ": ",
                                                     Shorten(Printable(line), 50),
                                                     " is no target of 40 hexadecimal digits"));
    }
    if (targets.size() == kTargetsMax) {
      return absl::InvalidArgumentError(
          absl::StrCat(Printable(path), ": more than ", kTargetsMax, " targets"));
    }
    targets.push_back(*target);
  }
  if (targets.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(Printable(path), ": holds no target"));
  }
  return targets;
}

absl::StatusOr<LivePlan> ReadPlan(const Arguments& arguments) {
  LivePlan plan;
  ASSIGN_OR_RETURN(plan.ask, ReadDhtAskOptions(kCommand, arguments));
  plan.names = BenchVariants(arguments, dht::VariantRegistry::kDefault);
  ASSIGN_OR_RETURN(plan.variants, MakeVariants(plan.names, arguments));
  if (const auto text = arguments.Value("--rate")) {
    const std::optional<uint64_t> rate = ParseCount(*text, 1, kRateMax);
    if (!rate.has_value()) {
      return WrongValue(kCommand, "--rate", *text,
                        absl::StrCat("a number of queries a second from 1 to ", kRateMax));
    }
    plan.rate = *rate;
  }
  const std::string targets = arguments.Value("--targets").value_or("random");
  if (targets != "random") {
    ASSIGN_OR_RETURN(plan.targets, ReadTargets(targets));
  }
  const uint64_t fallback = plan.targets.empty() ? kLookups : plan.targets.size();
  ASSIGN_OR_RETURN(plan.lookups, BenchLookupCount(arguments, fallback));
  ASSIGN_OR_RETURN(plan.concurrency, BenchConcurrency(arguments, 1));
  plan.telling = ReadTelling(arguments);
  return plan;
}

void SayEstimate(const LivePlan& plan) {
  const uint64_t queries = plan.lookups * plan.variants.size() * kQueriesGuessed;
  PrintError(absl::StrCat(plan.lookups * plan.variants.size(), " lookups at ", plan.rate,
                          " queries a second, about ",
                          FormatDuration(seconds(static_cast<int64_t>(queries / plan.rate)))));
}

BenchReport NewReport(const LivePlan& plan) {
  BenchReport report;
  report.source = "live";
  report.command = plan.telling.command;
  report.about = absl::StrCat(
      "One read-only node looks up targets in a network that is there, ", plan.concurrency,
      " at a time, with at most ", plan.rate,
      " queries a second on average. Times in milliseconds: first is the first answer of one of "
      "the 8 closest that answered, done the end. Who is truly closest nobody knows, so there is "
      "no recall. The scenario is what one would simulate to compare, not what was measured.");
  report.lookups = BenchLookupsTable();
  return report;
}

// The exit code of the run.
absl::StatusOr<int> RunGroup(const LivePlan& plan, size_t variant, StateFolder* state,
                             BenchReport* report) {
  LiveRun* running = nullptr;
  BenchSlots slots(plan.concurrency,
                   [&](Time now, const sim::DhtLookup& lookup, const dht::LookupReport& found) {
                     running->OnDone(now, lookup, found);
                   });
  DhtHostOptions options = plan.ask.host;
  options.lookup = plan.variants[variant];
  ASSIGN_OR_RETURN(const std::unique_ptr<DhtHost> host, DhtHost::Start(options, state));
  LiveRun run(*host, plan, plan.names[variant], slots);
  running = &run;
  const int code = host->Run([&](Time now) { return run.Tick(now); });
  run.Clear();
  BenchGroup group;
  group.variant = plan.names[variant];
  run.Describe(&group);
  run.log().AddRows(group, &report->lookups);
  report->groups.push_back(std::move(group));
  return code;
}

}  // namespace

absl::StatusOr<int> RunBenchLive(const Arguments& arguments) {
  ASSIGN_OR_RETURN(const LivePlan plan, ReadPlan(arguments));
  ASSIGN_OR_RETURN(
      const SimTarget base,
      LoadSimTarget("dht-lookups", {{"dht.variant", plan.names.front()}}, *arguments.strategies()));
  ASSIGN_OR_RETURN(const std::unique_ptr<StateFolder> state,
                   StateFolder::Open(StateFolder::Use::kNode, plan.ask.state_dir, PrintError));
  RETURN_IF_ERROR(PrepareTelling(plan.telling));
  SayEstimate(plan);
  BenchReport report = NewReport(plan);
  int code = kExitDone;
  for (size_t i = 0; i < plan.variants.size() && code == kExitDone; ++i) {
    ASSIGN_OR_RETURN(code, RunGroup(plan, i, state.get(), &report));
  }
  // Nobody answered, as was said already.
  if (code == kExitCouldNot && report.lookups.rows.empty()) return code;
  report.partial = code != kExitDone;
  RETURN_IF_ERROR(TellBench(plan.telling, report, base.scenario, 0).status());
  return code;
}

}  // namespace starling::cli
