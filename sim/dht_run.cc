#include "sim/dht_run.h"

#include <algorithm>
#include <array>
#include <bit>
#include <numeric>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "sim/churn.h"
#include "sim/dht_measure.h"
#include "sim/eclipse.h"
#include "sim/lookup_draws.h"

namespace starling::sim {
namespace {

constexpr uint64_t kNodesMax = 1 << 22;
constexpr uint32_t kBucketSizeMax = 20;
constexpr uint32_t kParallelMax = 16;
constexpr size_t kRoutersGiven = 3;
constexpr Duration kJoinSpacing = milliseconds(10);
// Contacts of a ready table were seen before; so the clock has been running for a while.
constexpr Duration kPast = minutes(16);
constexpr Duration kToTheEnd = minutes(5);  // no lookup takes longer
constexpr int kWatchesARun = 200;

enum class Draw : uint64_t { kDeaths = 0x64656164, kRouters = 0x726f7574 };

// Between random hosts, as they lie before anything is scaled.
double MeanRoundTripSeconds(const WorldOptions& options) {
  constexpr uint64_t kHosts = 1000;
  constexpr uint64_t kPartners = 20;
  const LinkModel links(options.link, options.seed);
  Duration sum{};
  for (uint64_t host = 0; host < kHosts; ++host) {
    const Coordinates home = links.Place(host);
    for (uint64_t i = 1; i <= kPartners; ++i) sum += links.RoundTrip(home, links.Place(host + i));
  }
  return ToSeconds(sum) / double(kHosts * kPartners);
}

WorldOptions WorldOf(const DhtSpec& spec, uint64_t seed) {
  WorldOptions options;
  options.seed = seed;
  options.slot_bits = std::max(10, static_cast<int>(std::bit_width(spec.nodes)));
  options.link.profile = spec.latency;
  options.link.loss_ppm = static_cast<uint32_t>(spec.loss * 1'000'000 + 0.5);
  options.link.access_delay = spec.access_delay;
  if (spec.mean_round_trip > Duration::zero()) {
    const double factor = ToSeconds(spec.mean_round_trip) / MeanRoundTripSeconds(options);
    options.link.scale_ppm = static_cast<uint32_t>(factor * 1'000'000 + 0.5);
  }
  return options;
}

dht::Options NodeOf(const DhtSpec& spec) {
  dht::Options options = SimulatedDhtOptions();
  options.variant = spec.variant;
  options.bucket_size = spec.bucket_size;
  options.lookup_parallel = static_cast<int>(spec.parallel);
  options.query_timeout = spec.query_timeout;
  options.short_timeout = spec.short_timeout;
  options.short_timeout_adapts = spec.short_timeout_adapts;
  if (spec.bound_ids) {
    options.security = dht::IdSecurity::kEnforce;
    options.one_per_network = true;
  }
  return options;
}

Duration JoinSpacing(const DhtSpec& spec) {
  return spec.join_spacing > Duration::zero() ? spec.join_spacing : kJoinSpacing;
}

// Up to the last lookup, which will take a little longer.
Duration PlannedLength(const DhtSpec& spec) {
  const auto joins = static_cast<int64_t>(spec.honest_join ? spec.nodes : 0);
  const Duration measured =
      spec.lookup_every > Duration::zero() ? spec.run_time : spec.lookup_spacing * spec.lookups;
  return JoinSpacing(spec) * joins + spec.warm_up + measured;
}

// One run, from the first node to the last lookup.
class DhtRun {
 public:
  DhtRun(const DhtSpec& spec, uint64_t seed, const DhtWatcher& watcher, Time until)
      : spec_(spec),
        watcher_(watcher),
        world_(WorldOf(spec, seed)),
        network_((world_.RunFor(spec.honest_join ? Duration{} : kPast), world_), spec.nodes,
                 NodeOf(spec)),
        measure_(world_, network_, live_),
        begin_(world_.now()),
        planned_end_(begin_ + PlannedLength(spec)),
        until_(After(begin_, until - Time{})) {}

  DhtResult Run();

 private:
  uint32_t AnyHonest(Random& random) {
    uint32_t host = AnyLive(random);
    while (eclipse_.has_value() && host < eclipse_->attackers()) host = AnyLive(random);
    return host;
  }
  SeededRandom RandomOf(Draw draw, uint64_t which = 0) const {
    return SeededRandom::For(world_.seed(), which, static_cast<uint64_t>(draw));
  }
  uint32_t AnyLive(Random& random) { return DrawHost(live_, random); }
  void Start();
  void KillSome();
  void BeginChurn();
  void Depart(uint32_t host);
  std::vector<Endpoint> DrawRouters();
  void LookNext();
  void LookInTurn();
  void PlanValues(Time from);
  bool RunTo(Time end);
  Time FromBegin(Time when) const { return Time{} + (when - begin_); }
  void Measure();

  const DhtSpec& spec_;
  const DhtWatcher& watcher_;
  World world_;
  DhtPopulation network_;
  LiveIds live_;
  DhtMeasure measure_;
  std::optional<Eclipse> eclipse_;
  Time begin_;
  Time planned_end_;
  Time until_;
  bool is_stopped_ = false;
  bool is_measuring_ = false;
  uint32_t looked_ = 0;
  std::optional<SeededRandom> lookups_random_;
  std::vector<uint32_t> turns_;  // the order in which hosts look, with lookup_every
  size_t turn_ = 0;
  std::optional<Churn> churn_;
  std::optional<SeededRandom> routers_random_;
  std::vector<uint32_t> sessions_;  // how many lived at each place before
  uint64_t departures_ = 0;
};

void DhtRun::Start() {
  if (spec_.attackers > 0 || spec_.bound_ids) {
    eclipse_.emplace(world_, network_, spec_.attackers, spec_.bound_ids);
    if (spec_.attackers > 0) measure_.WatchFor(*eclipse_);
  }
  if (spec_.honest_join) {
    const Duration spacing = JoinSpacing(spec_);
    network_.JoinHonestly(spacing);
    RunTo(world_.now() + spacing * static_cast<int64_t>(network_.size()));
  } else if (spec_.late_tables) {
    network_.StartWithLateTables();
  } else {
    network_.StartWithReadyTables();
  }
  live_.Reserve(network_.size());
  for (uint32_t i = 0; i < network_.size(); ++i) {
    if (world_.hosts().is_up(network_[i].index())) live_.Append(network_[i].id(), i);
  }
  live_.Sort();
}

void DhtRun::KillSome() {
  SeededRandom random = RandomOf(Draw::kDeaths);
  const auto limit = static_cast<uint64_t>(spec_.dead_share * 4294967296.0);
  LiveIds left;
  left.Reserve(live_.size());
  for (const LiveIds::Entry& entry : live_.entries()) {
    if (random.Next() >> 32 < limit && live_.size() > 1) {
      world_.Crash(network_[entry.node].index());
    } else {
      left.Append(entry.id, entry.node);
    }
  }
  left.Sort();
  live_ = std::move(left);
}

void DhtRun::BeginChurn() {
  const std::optional<SessionModel> model = FindSessionModel(spec_.churn);
  CHECK(model.has_value());
  churn_.emplace(*model, world_.seed());
  routers_random_ = RandomOf(Draw::kRouters);
  sessions_.assign(network_.size(), 0);
  for (const LiveIds::Entry& entry : live_.entries()) {
    const Duration left = churn_->AtStart(network_[entry.node].index()).remaining;
    world_.At(world_.now() + left, [this, host = entry.node](Time) { Depart(host); });
  }
}

// Nodes of a DHT leave without a word; another one comes at once.
void DhtRun::Depart(uint32_t host) {
  ++departures_;
  measure_.OnDeparture(host);
  live_.Remove(network_[host].id(), host);
  const DhtHost& newcomer = network_.Replace(host, DrawRouters());
  live_.Add(newcomer.id(), host);
  const Duration stay = churn_->SessionOf(newcomer.index(), ++sessions_[host]);
  world_.At(world_.now() + stay, [this, host](Time) { Depart(host); });
}

// Whom a newcomer has heard of: some that are there now.
std::vector<Endpoint> DhtRun::DrawRouters() {
  std::vector<Endpoint> routers;
  for (size_t i = 0; i < kRoutersGiven && live_.size() > 0; ++i) {
    routers.push_back(world_.endpoint(network_[AnyLive(*routers_random_)].index()));
  }
  return routers;
}

// One after the other, by random hosts.
void DhtRun::LookNext() {
  if (looked_ == spec_.lookups || live_.size() == 0) return;
  ++looked_;
  const uint32_t host = AnyHonest(*lookups_random_);
  const auto target = lookups_random_->NextId<NodeId>();
  network_.EnsureTable(host);
  measure_.Look(host, spec_.attackers > 0 ? eclipse_->key() : target, true);
  world_.At(world_.now() + spec_.lookup_spacing, [this](Time) { LookNext(); });
}

// Each host once in every `lookup_every`.
void DhtRun::LookInTurn() {
  const uint32_t host = turns_[turn_];
  turn_ = (turn_ + 1) % turns_.size();
  const auto target = lookups_random_->NextId<NodeId>();
  if (world_.hosts().is_up(network_[host].index())) measure_.Look(host, target, is_measuring_);
  const Duration spacing = spec_.lookup_every / static_cast<int64_t>(turns_.size());
  world_.At(world_.now() + std::max(spacing, Duration(1)), [this](Time) { LookInTurn(); });
}

// Spread over the time in which they can still be looked for.
void DhtRun::PlanValues(Time from) {
  const Duration room = spec_.run_time - spec_.value_after - minutes(1);
  if (spec_.values == 0) return;
  for (uint32_t i = 0; i < spec_.values; ++i) {
    const Time when = from + std::max(room, Duration{}) * i / spec_.values;
    const auto target = lookups_random_->NextId<InfoHash>();
    world_.At(when, [this, target](Time) { measure_.Announce(AnyLive(*lookups_random_), target); });
    world_.At(when + spec_.value_after,
              [this, target](Time) { measure_.Seek(AnyLive(*lookups_random_), target); });
  }
}

// False if the run was stopped before.
bool DhtRun::RunTo(Time end) {
  const Duration step = std::max<Duration>((end - world_.now()) / kWatchesARun, milliseconds(100));
  while (!is_stopped_ && world_.now() < end) {
    world_.RunUntil(std::min({end, until_, world_.now() + step}));
    if (world_.now() >= until_) is_stopped_ = true;
    if (watcher_ == nullptr) continue;
    const DhtProgress progress{FromBegin(world_.now()), FromBegin(std::max(end, planned_end_)),
                               world_.events(), world_.datagrams().counts().sent,
                               measure_.measured()};
    if (!watcher_(progress)) is_stopped_ = true;
  }
  return !is_stopped_;
}

void DhtRun::Measure() {
  const Time begin = world_.now();
  is_measuring_ = true;
  measure_.BeginWindow(spec_.lookup_every == Duration::zero());
  PlanValues(begin);
  if (spec_.lookup_every > Duration::zero()) {
    RunTo(begin + spec_.run_time);
    return;
  }
  LookNext();
  if (!RunTo(begin + spec_.lookup_spacing * spec_.lookups)) return;
  const Time end = world_.now() + kToTheEnd;
  while (measure_.running() > 0 && world_.now() < end && RunTo(world_.now() + seconds(1))) {
  }
}

DhtResult DhtRun::Run() {
  lookups_random_ = LookupDraws(world_.seed());
  Start();
  if (spec_.dead_share > 0) KillSome();
  if (!spec_.churn.empty()) BeginChurn();
  if (spec_.lookup_every > Duration::zero()) {
    turns_.resize(network_.size());
    std::iota(turns_.begin(), turns_.end(), 0u);
    lookups_random_->Shuffle(std::span(turns_));
    LookInTurn();
  }
  measure_.BeginWindow();
  if (RunTo(world_.now() + spec_.warm_up)) Measure();

  DhtResult result;
  measure_.AddMetrics(result.metrics);
  if (spec_.late_tables) {
    for (const char* name :
         {"maintenance_bytes_per_s", "sent_bytes_per_s", "datagrams_per_s", "table_contacts"}) {
      result.metrics.erase(name);
    }
  }
  result.metrics["departures"] = static_cast<double>(departures_);
  result.lookups = measure_.TakeLookups();
  for (DhtLookup& lookup : result.lookups) lookup.started = FromBegin(lookup.started);
  result.trace_hash = world_.trace_hash();
  result.events = world_.events();
  result.datagrams = world_.datagrams().counts().sent;
  result.simulated = world_.now() - begin_;
  result.partial = is_stopped_;
  return result;
}

}  // namespace

absl::Status CheckDhtSpec(const DhtSpec& spec) {
  const auto refuse = [](absl::string_view what) { return absl::InvalidArgumentError(what); };
  if (spec.nodes < 2 || spec.nodes > kNodesMax) {
    return refuse(absl::StrCat("nodes: 2 to ", kNodesMax));
  }
  if (spec.bucket_size < 1 || spec.bucket_size > kBucketSizeMax) {
    return refuse(absl::StrCat("bucket_size: 1 to ", kBucketSizeMax));
  }
  if (spec.parallel < 1 || spec.parallel > kParallelMax) {
    return refuse(absl::StrCat("parallel: 1 to ", kParallelMax));
  }
  if (!spec.churn.empty() && !FindSessionModel(spec.churn).has_value()) {
    std::string names;
    for (const SessionProfile& profile : SessionProfiles())
      absl::StrAppend(&names, " ", profile.name);
    return refuse(absl::StrCat("churn: one of", names));
  }
  if (spec.late_tables &&
      (spec.honest_join || !spec.churn.empty() || spec.lookup_every > Duration::zero())) {
    return refuse(
        "late_tables: only in a network that just stands: no churn, no honest_join, no "
        "lookup_every");
  }
  if (spec.query_timeout <= Duration::zero()) return refuse("query_timeout: above 0");
  if (!(spec.loss >= 0 && spec.loss <= 1)) return refuse("loss: 0 to 1");
  if (!(spec.dead_share >= 0 && spec.dead_share <= 0.95)) return refuse("dead_share: 0 to 0.95");
  if ((spec.attackers > 0 || spec.bound_ids) && !spec.churn.empty()) {
    return refuse("attackers, bound_ids: not with churn, whose newcomers have any id");
  }
  if (spec.attackers > 0 && (spec.attackers > spec.nodes / 2 || spec.lookup_every > Duration())) {
    return refuse("attackers: at most half of the nodes, and not with lookup_every");
  }
  if (spec.lookup_every < Duration::zero() || spec.lookup_spacing <= Duration::zero()) {
    return refuse("lookup_every, lookup_spacing: not below 0");
  }
  return absl::OkStatus();
}

DhtResult RunDht(const DhtSpec& spec, uint64_t seed, const DhtWatcher& watcher, Time until) {
  CHECK(CheckDhtSpec(spec).ok());
  return DhtRun(spec, seed, watcher, until).Run();
}

// A full bucket for each bit by which the network can be told apart, and a tail.
uint64_t EstimateDhtMemory(const DhtSpec& spec) {
  constexpr uint64_t kBesidesContacts = 2000;
  const uint64_t k = spec.variant == nullptr ? spec.bucket_size : spec.variant->closest_max();
  const auto bits = static_cast<size_t>(std::bit_width(spec.nodes / k));
  uint64_t contacts = k;
  for (size_t bucket = 0; bucket < bits; ++bucket) {
    contacts += spec.variant == nullptr ? k : spec.variant->BucketSize(bucket);
  }
  contacts = std::min<uint64_t>(spec.nodes, contacts);
  if (spec.late_tables) {
    const uint64_t asked = std::min<uint64_t>(spec.nodes, uint64_t{spec.lookups} * 25);
    return spec.nodes * kBesidesContacts + asked * contacts * sizeof(dht::Contact);
  }
  return spec.nodes * (contacts * sizeof(dht::Contact) + kBesidesContacts);
}

double EstimateDhtCpuSeconds(const DhtSpec& spec) {
  constexpr double kDatagramSeconds = 1.5e-6;
  constexpr double kDatagramsANodeSecond = 0.3;
  const double nodes = static_cast<double>(spec.nodes);
  const bool is_steady = spec.lookup_every > Duration::zero();
  const double seconds_run = ToSeconds(PlannedLength(spec));
  const double lookups = is_steady ? nodes * seconds_run / ToSeconds(spec.lookup_every)
                                   : static_cast<double>(spec.lookups);
  const bool replaces = spec.variant != nullptr && spec.variant->replaces_contacts();
  const double asked = spec.late_tables ? std::min(nodes, lookups * 25) : nodes;
  // A table that prefers some contacts takes many meetings.
  const double tables = asked * (replaces ? 400 : 15) + (nodes - asked) * 4;
  const double starts = spec.honest_join ? nodes * 350 : tables;
  const double upkeep = asked * seconds_run * kDatagramsANodeSecond;
  return (upkeep + lookups * 35 + starts) * kDatagramSeconds;
}

}  // namespace starling::sim
