// `starling dht bench --local N`: N nodes with real sockets on loopback addresses form a DHT in
// this process, and look things up. With a latency model, the simulator is given the same network,
// node by node and lookup by lookup, and the figures are held against its own.

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/json.h"
#include "cli/addresses.h"
#include "cli/bench_lookups.h"
#include "cli/command.h"
#include "cli/dht_bench.h"
#include "cli/dht_bench_options.h"
#include "cli/dht_bench_twin.h"
#include "cli/interrupt.h"
#include "cli/local_dht.h"
#include "cli/memory.h"
#include "cli/open_files.h"
#include "cli/quantities.h"
#include "cli/sim_target.h"
#include "cli/terminal.h"
#include "cli/text.h"
#include "cli/transfer_options.h"
#include "sim/lookup_draws.h"
#include "sim/scenario_file.h"

namespace starling::cli {

namespace {

constexpr absl::string_view kCommand = "dht bench";
constexpr uint64_t kLookups = 1000;
constexpr uint64_t kConcurrencyFar = 100;  // where a lookup takes most of a second
constexpr Duration kFormMax = minutes(2);
constexpr Duration kJoinSpacing = milliseconds(2);
constexpr Duration kJoinSpacingFar = milliseconds(5);
constexpr Duration kTurn = milliseconds(1);
constexpr Duration kPaintEvery = milliseconds(200);

struct LocalPlan {
  LocalDhtOptions network;  // without variant and seed
  std::string latency;
  std::vector<std::string> names;  // of the variants
  std::vector<dht::LookupVariantPointer> variants;
  std::vector<uint64_t> seeds;
  uint64_t lookups = kLookups;
  size_t concurrency = 1;
  Duration keep{};
  BenchTelling telling;
};

// One variant, one seed.
class LocalRun {
 public:
  LocalRun(AsioLoop& loop, const InterruptWatch& interrupts, const LocalPlan& plan,
           const std::string& label)
      : loop_(loop),
        interrupts_(interrupts),
        plan_(plan),
        label_(label),
        is_seen_(plan.telling.IsForPeople() && OutputIsTerminal()),
        slots_(plan.concurrency,
               [this](Time now, const sim::DhtLookup& lookup, const dht::LookupReport& report) {
                 OnDone(now, lookup, report);
               }) {}

  // Adds what it measures to `log` and `group`. Cancelled when a signal came.
  // What nodes of other programs looked up meanwhile goes to `foreign`.
  absl::Status Run(const LocalDhtOptions& options, BenchLog* log, BenchGroup* group,
                   BenchLog* foreign);
  // How it went in time, for the simulator to do the same.
  TwinTimes times() const { return times_; }

 private:
  absl::Status Form();
  absl::Status LookUp();
  void Keep();
  void SayFormed() const;
  void BeginMore(Time now);
  void OnDone(Time now, sim::DhtLookup lookup, const dht::LookupReport& report);
  void Paint(Time now, absl::string_view line);

  AsioLoop& loop_;
  const InterruptWatch& interrupts_;
  const LocalPlan& plan_;
  const std::string label_;
  const bool is_seen_;
  Picture picture_;
  Time next_paint_{};
  BenchSlots slots_;  // outlives the nodes
  std::unique_ptr<LocalDht> network_;
  std::optional<SeededRandom> random_;
  uint64_t seed_ = 1;
  uint64_t begun_ = 0;
  uint64_t ended_ = 0;
  BenchLog* log_ = nullptr;
  double cpu_s_ = 0;
  double formed_s_ = 0;
  TwinTimes times_;
};

void LocalRun::Paint(Time now, absl::string_view line) {
  if (!is_seen_ || now < next_paint_) return;
  next_paint_ = now + kPaintEvery;
  picture_.Paint({Shorten(absl::StrCat(label_, ": ", line), TerminalWidth() - 1)});
}

absl::Status LocalRun::Form() {
  const Time begin = loop_.now();
  while (!network_->Tick(loop_.now())) {
    RETURN_IF_ERROR(interrupts_.status());
    const Time now = loop_.now();
    const size_t size = network_->crowd().size();
    if (network_->joined() == size && now > network_->last_join() + kFormMax) {
      return absl::DeadlineExceededError(
          absl::StrCat("the network did not form: ", size - network_->ready(), " of ", size,
                       " nodes do not know their neighbours ", FormatDuration(kFormMax),
                       " after the last joined"));
    }
    Paint(now, absl::StrCat(network_->joined(), " of ", size, " nodes have joined, ",
                            network_->ready(), " know their neighbours"));
    loop_.RunTurn(kTurn);
  }
  formed_s_ = ToSeconds(loop_.now() - begin);
  picture_.Clear();
  SayFormed();
  return absl::OkStatus();
}

void LocalRun::SayFormed() const {
  if (plan_.telling.IsForPeople()) {
    PrintLine(absl::StrCat(
        label_, ": ", network_->crowd().size(), " nodes formed a DHT in ",
        absl::StrFormat("%.2f s, %.1f contacts each", formed_s_, network_->TableContacts())));
  }
  if (plan_.keep == Duration{}) return;
  // Whoever waits for the network reads this line.
  if (!plan_.telling.json) {
    PrintLine(absl::StrCat("bootstrap: ", JoinEndpoints(network_->Routers())));
    return;
  }
  Json json;
  json.BeginObject().Key("event").Text("ready").Key("bootstrap").BeginArray();
  for (const Endpoint& router : network_->Routers()) json.Text(router.ToString());
  PrintLine(json.End().End().text());
}

void LocalRun::BeginMore(Time now) {
  while (begun_ < plan_.lookups && slots_.HasRoom()) {
    const uint32_t host = sim::DrawHost(network_->ids(), *random_);
    const auto target = random_->NextId<NodeId>();
    CHECK(slots_.Begin(now, network_->crowd().node(host), host, target));
    network_->crowd().Touch(host);
    ++begun_;
  }
}

void LocalRun::OnDone(Time now, sim::DhtLookup lookup, const dht::LookupReport& report) {
  // With others in the network nobody knows who is closest.
  if (plan_.network.others.empty()) {
    lookup.recall = network_->RecallOf(lookup.node, lookup.target, report.closest);
  }
  log_->Add(seed_, lookup);
  ++ended_;
  BeginMore(now);
}

absl::Status LocalRun::LookUp() {
  const double cpu_before = CpuSeconds();
  const Time begin = loop_.now();
  times_.join_spacing = network_->JoinSpacing();
  times_.warm_up = begin - network_->last_join();
  random_ = sim::LookupDraws(seed_);
  BeginMore(begin);
  while (ended_ < plan_.lookups) {
    RETURN_IF_ERROR(interrupts_.status());
    Paint(loop_.now(), absl::StrCat(ended_, " of ", plan_.lookups, " lookups made"));
    loop_.RunTurn(kPaintEvery);
  }
  picture_.Clear();
  cpu_s_ = CpuSeconds() - cpu_before;
  times_.lookup_spacing = (loop_.now() - begin) / static_cast<int64_t>(plan_.lookups);
  return absl::OkStatus();
}

// A signal ends it; what was to be measured is.
void LocalRun::Keep() {
  if (plan_.keep != Duration{} && plan_.telling.json) {
    Json json;
    PrintLine(json.BeginObject().Key("event").Text("measured").End().text());
  }
  const Time end = loop_.now() + plan_.keep;
  while (loop_.now() < end && interrupts_.status().ok()) {
    Paint(loop_.now(), absl::StrCat("kept for ", FormatDuration(end - loop_.now())));
    loop_.RunTurn(kPaintEvery);
  }
  picture_.Clear();
}

absl::Status LocalRun::Run(const LocalDhtOptions& options, BenchLog* log, BenchGroup* group,
                           BenchLog* foreign) {
  log_ = log;
  seed_ = options.seed;
  ASSIGN_OR_RETURN(network_, LocalDht::Open(loop_, options));
  RETURN_IF_ERROR(Form());
  RETURN_IF_ERROR(LookUp());
  const auto seeds = static_cast<double>(plan_.seeds.size());
  group->cpu_us += cpu_s_ * 1e6 / static_cast<double>(plan_.lookups) / seeds;
  group->metrics["formed_s"] += formed_s_ / seeds;
  group->metrics["table_contacts"] += network_->TableContacts() / seeds;
  if (options.latency.has_value()) {
    group->metrics["late_ms"] += ToSeconds(network_->crowd().lateness()) * 1000 / seeds;
  }
  group->metrics["dropped"] += static_cast<double>(network_->crowd().dropped());
  Keep();
  for (const sim::DhtLookup& lookup : network_->strangers().Take()) foreign->Add(seed_, lookup);
  return absl::OkStatus();
}

absl::StatusOr<std::optional<sim::LatencyProfile>> ReadLatency(const std::string& text) {
  if (text == "none") return std::nullopt;
  if (text == "lan") return sim::LatencyProfile::kLan;
  if (text == "default") return sim::LatencyProfile::kDefault;
  if (text == "mobile") return sim::LatencyProfile::kMobile;
  return WrongValue(kCommand, "--latency", text, "none, lan, default or mobile");
}

absl::Status ReadOthers(const Arguments& arguments, LocalPlan* plan) {
  if (!arguments.Has("--bootstrap")) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::vector<HostPort> places,
                   ReadBootstrap("--bootstrap", arguments.Values("--bootstrap")));
  for (const HostPort& place : places) {
    ASSIGN_OR_RETURN(const std::vector<Endpoint> found, ResolveHostPort(place));
    for (const Endpoint& endpoint : found) {
      if (!endpoint.is_loopback() || !endpoint.is_v4()) {
        return UsageError(absl::StrCat("--bootstrap ", FormatHostPort(place),
                                       ": nodes of --local meet only others on loopback addresses",
                                       SeeHelp(kCommand)));
      }
      plan->network.others.push_back(endpoint);
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<LocalPlan> ReadPlan(const Arguments& arguments) {
  LocalPlan plan;
  const std::string nodes = arguments.Value("--local").value_or("");
  const std::optional<uint64_t> count = ParseCount(nodes, 2, DhtCrowd::kNodesMax);
  if (!count.has_value()) {
    return WrongValue(kCommand, "--local", nodes,
                      absl::StrCat("a number of nodes from 2 to ", DhtCrowd::kNodesMax));
  }
  plan.network.nodes = static_cast<size_t>(*count);
  plan.latency = arguments.Value("--latency").value_or("none");
  ASSIGN_OR_RETURN(plan.network.latency, ReadLatency(plan.latency));
  const bool is_far =
      plan.network.latency.has_value() && plan.network.latency != sim::LatencyProfile::kLan;
  plan.network.join_spacing = is_far ? kJoinSpacingFar : kJoinSpacing;
  ASSIGN_OR_RETURN(plan.lookups, BenchLookupCount(arguments, kLookups));
  ASSIGN_OR_RETURN(plan.concurrency, BenchConcurrency(arguments, is_far ? kConcurrencyFar : 1));
  if (const auto text = arguments.Value("--keep")) {
    const std::optional<Duration> keep = ParseDuration(*text);
    if (!keep.has_value() || *keep <= Duration(0)) {
      return WrongValue(kCommand, "--keep", *text, "a time, such as 60s");
    }
    plan.keep = *keep;
  }
  ASSIGN_OR_RETURN(plan.seeds, BenchSeeds(arguments));
  plan.names = BenchVariants(arguments, PlainAndDefault());
  ASSIGN_OR_RETURN(plan.variants, MakeVariants(plan.names, arguments));
  RETURN_IF_ERROR(ReadOthers(arguments, &plan));
  plan.telling = ReadTelling(arguments);
  return plan;
}

BenchReport NewReport(const LocalPlan& plan) {
  BenchReport report;
  report.source = "local";
  report.command = plan.telling.command;
  report.about = absl::StrCat(
      "Nodes in one process, each with a socket on a loopback address of its own, that joined one "
      "after the other and then looked up random targets, ",
      plan.concurrency, " at a time, ",
      plan.latency == "none"
          ? "without any delay but the machine's own"
          : absl::StrCat("each datagram delayed by the latency model ", plan.latency),
      ". Times in milliseconds: first is the first answer of one of the 8 closest, done the end; "
      "CPU is that of the whole process, all nodes and the kernel's work for their sockets.");
  report.lookups = BenchLookupsTable();
  return report;
}

// All seeds of a variant. Cancelled: a signal came, and the report has what there is.
absl::Status RunGroup(AsioLoop& loop, const InterruptWatch& interrupts, const LocalPlan& plan,
                      size_t variant, BenchReport* report) {
  BenchGroup group;
  group.variant = plan.names[variant];
  group.nodes = plan.network.nodes;
  group.latency = plan.latency == "none" ? "" : plan.latency;
  BenchLog log;
  BenchLog foreign;
  absl::Status status;
  std::vector<TwinTimes> times;
  for (const uint64_t seed : plan.seeds) {
    LocalDhtOptions options = plan.network;
    options.seed = seed;
    options.variant = plan.variants[variant];
    const std::string label =
        plan.seeds.size() == 1 ? group.variant : absl::StrCat(group.variant, ", seed ", seed);
    LocalRun run(loop, interrupts, plan, label);
    status = run.Run(options, &log, &group, &foreign);
    if (!status.ok()) break;
    times.push_back(run.times());
  }
  if (!status.ok() && SignalOf(status) == 0) return status;
  log.Describe(&group);
  if (status.ok() && plan.network.latency.has_value() && plan.network.others.empty()) {
    status = AddTwin({plan.network.nodes, plan.variants[variant], *plan.network.latency,
                      plan.lookups, plan.seeds, times},
                     interrupts, &group);
  }
  log.AddRows(group, &report->lookups);
  report->groups.push_back(group);
  if (foreign.size() > 0) {
    BenchGroup others;
    others.variant =
        plan.variants.size() == 1 ? "others" : absl::StrCat("others beside ", group.variant);
    others.nodes = group.nodes;
    others.latency = group.latency;
    foreign.Describe(&others);
    foreign.AddRows(others, &report->lookups);
    report->groups.push_back(std::move(others));
  }
  return status;
}

}  // namespace

absl::StatusOr<int> RunBenchLocal(const Arguments& arguments) {
  ASSIGN_OR_RETURN(const LocalPlan plan, ReadPlan(arguments));
  RETURN_IF_ERROR(AllowOpenFiles(plan.network.nodes, "--local"));
  ASSIGN_OR_RETURN(
      const SimTarget base,
      LoadSimTarget("dht-lookups",
                    {{"dht.nodes", absl::StrCat(plan.network.nodes)},
                     {"dht.variant", plan.names.front()},
                     {"dht.honest_join", "true"},
                     {"dht.lookups", absl::StrCat(plan.lookups)},
                     {"network.latency", plan.latency == "none" ? "lan" : plan.latency}},
                    *arguments.strategies()));
  RETURN_IF_ERROR(PrepareTelling(plan.telling));
  const InterruptWatch interrupts;
  AsioLoop loop;
  BenchReport report = NewReport(plan);
  int signal = 0;
  for (size_t i = 0; i < plan.variants.size() && signal == 0; ++i) {
    const absl::Status status = RunGroup(loop, interrupts, plan, i, &report);
    signal = SignalOf(status);
    if (signal == 0) RETURN_IF_ERROR(status);
  }
  report.partial = signal != 0;
  ASSIGN_OR_RETURN(const int code,
                   TellBench(plan.telling, report, base.scenario, plan.seeds.front()));
  return signal != 0 ? kExitSignal + signal : code;
}

}  // namespace starling::cli
