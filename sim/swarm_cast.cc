#include "sim/swarm_cast.h"

#include <algorithm>
#include <numeric>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "sim/samplers.h"
#include "sim/watch.h"

namespace starling::sim {
namespace {

constexpr char kRouterName[] = "router.sim";

// A span drawn from an exponential distribution, whole microseconds.
Duration DrawSpan(Random& random, double mean_s) {
  return Duration(static_cast<int64_t>(DrawExponential(random) * mean_s * 1e6));
}

Traffic Sum(const Traffic& a, const Traffic& b) {
  return {a.downloaded + b.downloaded, a.uploaded + b.uploaded,   a.wasted + b.wasted,
          a.link_up + b.link_up,       a.link_down + b.link_down, a.dht_queries + b.dht_queries};
}

}  // namespace

SwarmCast::SwarmCast(const Scenario& scenario, World& world,
                     std::vector<std::shared_ptr<const SharedContent>> contents)
    : scenario_(scenario),
      world_(world),
      contents_(std::move(contents)),
      random_(SeededRandom::For(world.seed(), 0, static_cast<uint64_t>(Purpose::kScenario))) {}

absl::Status SwarmCast::Prepare(const Strategies& strategies, const RunOptions& options) {
  options_ = options;
  absl::StatusOr<std::vector<Troupe>> troupes =
      MakeTroupes(scenario_, strategies, world_.seed(), random_, world_.groups());
  if (!troupes.ok()) return troupes.status();
  troupes_ = *std::move(troupes);
  for (const Troupe& troupe : troupes_) {
    const StayKind stay = troupe.spec->stay.kind;
    const bool counts = troupe.spec->measured && !troupe.spec->seeds;
    if (counts && stay != StayKind::kSession && stay != StayKind::kRejoin) {
      expected_ += troupe.count;
    }
  }
  return absl::OkStatus();
}

absl::Status SwarmCast::Recast(const Strategies& strategies) {
  for (Troupe& troupe : troupes_) {
    const absl::Status found = FindStrategies(strategies, &troupe);
    if (!found.ok()) return found;
  }
  for (Member& member : members_) {
    const Troupe& troupe = troupes_[member.population];
    if (member.has_entered() || !troupe.uplinks.empty()) continue;
    member.up = troupe.spec->up;
    member.down = troupe.spec->down;
  }
  return absl::OkStatus();
}

void SwarmCast::Begin(Time start) {
  start_ = start;
  for (uint32_t population = 0; population < troupes_.size(); ++population) {
    const Troupe& troupe = troupes_[population];
    const JoinSpec& join = troupe.spec->join;
    if (join.kind == JoinKind::kPoisson) {
      PlanPoisson(population, start + join.at);
      continue;
    }
    const bool from_the_beginning = troupe.spec->seeds && join.at == Duration::zero();
    for (uint32_t i = 0; i < troupe.count; ++i) {
      Time when = start + join.at;
      if (join.over > Duration::zero()) {
        when +=
            Duration(static_cast<int64_t>(random_.Below(static_cast<uint64_t>(join.over.count()))));
      }
      if (from_the_beginning) when = start - kSeedLead;
      Plan(population, when);
    }
  }
  founders_ = static_cast<uint32_t>(members_.size());
}

Member& SwarmCast::Plan(uint32_t population, Time when) {
  Troupe& troupe = troupes_[population];
  const PopulationSpec& spec = *troupe.spec;
  Member& member = members_.emplace_back();
  member.number = static_cast<uint32_t>(members_.size() - 1);
  member.population = population;
  member.is_seed = spec.seeds;
  member.up = spec.up;
  member.down = spec.down;
  if (!troupe.uplinks.empty()) {
    member.up = troupe.uplinks[troupe.next_uplink++ % troupe.uplinks.size()];
    member.down = static_cast<uint64_t>(static_cast<double>(member.up) * spec.down_factor);
  }
  const uint32_t number = member.number;
  world_.At(when, [this, number](Time) { Enter(number); });
  return member;
}

void SwarmCast::PlanPoisson(uint32_t population, Time when) {
  const PopulationSpec& spec = *troupes_[population].spec;
  const Time next = when + DrawSpan(random_, 1 / spec.join.rate);
  if (next > start_ + scenario_.until) return;
  world_.At(next, [this, population](Time now) {
    const PopulationSpec& of = *troupes_[population].spec;
    const uint64_t came =
        static_cast<uint64_t>(std::count_if(members_.begin(), members_.end(), [&](const Member& m) {
          return m.population == population;
        }));
    if (of.count > 0 && came >= of.count) return;
    Plan(population, now);
    PlanPoisson(population, now);
  });
}

Reachability SwarmCast::DrawReach(const PopulationSpec& spec, const Member& member) const {
  if (spec.reach == "public" || (spec.reach.empty() && spec.seeds)) return Reachability::kPublic;
  if (spec.reach == "cone") return Reachability::kCone;
  if (spec.reach == "blocked") return Reachability::kBlocked;
  const bool real = scenario_.network.reach == "real";
  return DrawReachability(real ? kRealReachability : kIdealReachability, world_.seed(),
                          NodeIndex(member.number), 0);
}

ClientHostOptions SwarmCast::HostOptions(const Troupe& troupe, const Member& member) {
  const PopulationSpec& spec = *troupe.spec;
  ClientHostOptions host;
  ClientOptions& client = host.client;
  client.dht = scenario_.discovery == Discovery::kDht;
  client.dht_routers = {{kRouterName, kSimulatedPort}};
  client.trackers =
      scenario_.discovery == Discovery::kTracker ? TrackerRule::kAlways : TrackerRule::kNever;
  client.peers_per_torrent_max = spec.connections;
  client.peers_max = spec.connections * static_cast<uint32_t>(contents_.size());
  client.up_rate = spec.up_limit;
  if (spec.up_limit_share > 0) {
    client.up_rate = static_cast<uint64_t>(static_cast<double>(member.up) * spec.up_limit_share);
  }
  client.choker = troupe.choker;
  client.piece_policy = troupe.pieces;
  client.first_copies = spec.first_copies;
  host.behaviour = troupe.behaviour;
  if (options_.watch == member.number && options_.on_watched) {
    host.behaviour = Watched(troupe.behaviour, [this](Time now, absl::string_view line) {
      options_.on_watched(now - start_, line);
    });
  }
  host.rates = {member.up, member.down};
  host.disk = {spec.disk_latency, spec.disk_rate};
  host.listens = scenario_.discovery != Discovery::kServer || spec.seeds;
  const uint32_t number = member.number;
  host.on_event = [this, number](Time now, const starling::Event& event) {
    OnEvent(members_[number], now, event);
  };
  return host;
}

void SwarmCast::AddTorrents(ClientHost& host, bool is_seed) const {
  for (const std::shared_ptr<const SharedContent>& content : contents_) {
    TorrentOptions torrent;
    torrent.metainfo = content->metainfo();
    if (scenario_.discovery == Discovery::kServer && !is_seed) {
      for (const Member& member : members_) {
        if (member.is_seed && member.host != nullptr) {
          torrent.peers.push_back(world_.endpoint(member.node));
        }
      }
    }
    if (is_seed) host.disk().Fill(*content);
    host.AddTorrent(torrent);
  }
}

// All but one piece at most, so that nobody is done before it began.
void SwarmCast::FillPart(SimDisk& disk, const PopulationSpec& spec) {
  const double most = std::max(spec.has, spec.has_max);
  if (most == 0) return;
  const double share = spec.has + (most - spec.has) * DrawUniform(random_);
  for (const std::shared_ptr<const SharedContent>& content : contents_) {
    std::vector<uint32_t> pieces(content->metainfo()->piece_count());
    std::iota(pieces.begin(), pieces.end(), 0);
    random_.Shuffle(std::span(pieces));
    const auto wanted = static_cast<size_t>(share * static_cast<double>(pieces.size()));
    pieces.resize(std::min(wanted, pieces.size() - 1));
    for (const uint32_t piece : pieces) disk.Fill(*content, PieceIndex(piece));
  }
}

void SwarmCast::Enter(uint32_t number) {
  Member& member = members_[number];
  const Troupe& troupe = troupes_[member.population];
  if (free_nodes_.empty()) {
    member.node = world_.AddHost();
  } else {
    member.node = free_nodes_.back();
    free_nodes_.pop_back();
    world_.Renew(member.node);
  }
  if (by_node_.size() <= member.node.value()) by_node_.resize(member.node.value() + 1);
  by_node_[member.node.value()] = number + 1;
  auto host = std::make_unique<ClientHost>(world_, member.node, HostOptions(troupe, member));
  member.host = host.get();
  member.honest = troupe.behaviour({})->is_honest();
  member.joined = world_.now();
  member.link_base.link_up = world_.streams().bytes_sent(member.node);
  member.link_base.link_down = world_.streams().bytes_received(member.node);
  world_.SetParticipant(member.node, std::move(host));
  world_.SetReachability(member.node, DrawReach(*troupe.spec, member));
  if (!troupe.groups.empty()) {
    world_.groups().Put(member.node, troupe.groups[number % troupe.groups.size()]);
  }
  AddTorrents(*member.host, member.is_seed);
  if (number < founders_) FillPart(member.host->disk(), *troupe.spec);
  world_.PowerOn(member.node);
  if (troupe.churn.has_value()) {
    const NodeIndex who(number);
    const Duration length =
        number < founders_ ? troupe.churn->AtStart(who).remaining : troupe.churn->SessionOf(who, 1);
    PlanDeparture(member, world_.now() + length, /*replaced=*/true);
  }
}

void SwarmCast::OnEvent(Member& member, Time now, const starling::Event& event) {
  if (std::holds_alternative<PieceFailedEvent>(event)) ++member.pieces_failed;
  if (std::holds_alternative<PeerBannedEvent>(event)) ++member.peers_banned;
  if (!std::holds_alternative<CompleteEvent>(event) || member.is_seed) return;
  if (HasEverything(member)) OnDone(member, now);
}

bool SwarmCast::HasEverything(const Member& member) const {
  return std::all_of(contents_.begin(), contents_.end(),
                     [&](const std::shared_ptr<const SharedContent>& content) {
                       const Bitfield* have = member.host->disk().have(content->info_hash());
                       return have != nullptr && have->all();
                     });
}

void SwarmCast::OnDone(Member& member, Time now) {
  if (member.is_done()) return;  // it crashed since, and found everything on its disk
  member.done = now;
  const PopulationSpec& spec = *troupes_[member.population].spec;
  if (spec.measured) ++done_;
  switch (spec.stay.kind) {
    case StayKind::kStay:
    case StayKind::kSession:
      return;
    case StayKind::kLeave:
      return PlanDeparture(member, now, /*replaced=*/false);
    case StayKind::kSeed:
      return PlanDeparture(member, now + DrawSpan(random_, ToSeconds(spec.stay.seeding)),
                           /*replaced=*/false);
    case StayKind::kRejoin:
      return PlanDeparture(member, now, /*replaced=*/true);
  }
}

// Later, because the Client that said so is still at work.
void SwarmCast::PlanDeparture(Member& member, Time when, bool replaced) {
  const uint32_t number = member.number;
  world_.At(when, [this, number, replaced](Time now) {
    Member& leaver = members_[number];
    if (leaver.left != kNever) return;
    const double silent_share = troupes_[leaver.population].spec->stay.silent_share;
    const bool done = leaver.is_done();
    Leave(leaver, !done && DrawUniform(random_) < silent_share);
    if (!replaced) return;
    // Another one with the same link takes its place.
    const uint64_t up = leaver.up;
    const uint64_t down = leaver.down;
    Member& successor = Plan(leaver.population, now);
    successor.up = up;
    successor.down = down;
  });
}

void SwarmCast::Leave(Member& member, bool silent) {
  ++departures_;
  member.before = TrafficOf(member);
  member.left = world_.now();
  if (member.host->is_on()) {
    if (silent) {
      world_.Crash(member.node);
    } else {
      member.host->client().Stop(world_.now());
      world_.PowerOff(member.node);
    }
  }
  world_.SetParticipant(member.node, nullptr);
  member.host = nullptr;
  by_node_[member.node.value()] = 0;
  free_nodes_.push_back(member.node);
}

void SwarmCast::Crash(Member& member, Duration off) {
  if (!member.is_here()) return;
  const Traffic whole = TrafficOf(member);
  world_.Crash(member.node);
  // What its link carried stays with the link; the rest was the Client's, and is lost with it.
  member.before = whole;
  member.before.link_up = 0;
  member.before.link_down = 0;
  if (off == Duration::zero()) return;
  const uint32_t number = member.number;
  world_.At(world_.now() + off, [this, number](Time) {
    Member& back = members_[number];
    if (back.host == nullptr || back.host->is_on()) return;
    world_.PowerOn(back.node);
  });
}

const Member* SwarmCast::FindByNode(NodeIndex node) const {
  if (node.value() >= by_node_.size() || by_node_[node.value()] == 0) return nullptr;
  return &members_[by_node_[node.value()] - 1];
}

Traffic SwarmCast::TrafficOfHost(const Member& member) const {
  Traffic traffic;
  traffic.link_up = world_.streams().bytes_sent(member.node) - member.link_base.link_up;
  traffic.link_down = world_.streams().bytes_received(member.node) - member.link_base.link_down;
  if (!member.host->is_on()) return traffic;
  const ClientStatus status = member.host->client().status(world_.now());
  traffic.downloaded = status.downloaded;
  traffic.uploaded = status.uploaded;
  traffic.wasted = status.wasted;
  traffic.dht_queries = status.dht.queries_out;
  return traffic;
}

Traffic SwarmCast::TrafficOf(const Member& member) const {
  if (member.host == nullptr) return member.before;
  return Sum(member.before, TrafficOfHost(member));
}

bool SwarmCast::HonestHaveAll(const SharedContent& content) const {
  Bitfield together(content.metainfo()->piece_count());
  for (const Member& member : members_) {
    if (!member.honest || !member.is_here()) continue;
    const Bitfield* have = member.host->disk().have(content.info_hash());
    for (PieceIndex piece(0); have != nullptr && piece.value() < have->size(); ++piece) {
      if (have->Has(piece)) together.Set(piece);
    }
    if (together.all()) return true;
  }
  return false;
}

uint64_t SwarmCast::Owed() const {
  for (const std::shared_ptr<const SharedContent>& content : contents_) {
    if (!HonestHaveAll(*content)) return 0;
  }
  return static_cast<uint64_t>(
      std::count_if(members_.begin(), members_.end(), [&](const Member& member) {
        return member.honest && member.is_here() && !member.is_seed && !member.is_done() &&
               troupes_[member.population].spec->measured;
      }));
}

uint32_t SwarmCast::CopiesOutside() const {
  uint32_t fewest = ~uint32_t{0};
  for (const std::shared_ptr<const SharedContent>& content : contents_) {
    std::vector<uint32_t> copies(content->metainfo()->piece_count());
    for (const Member& member : members_) {
      if (member.host == nullptr || member.is_seed) continue;
      const Bitfield* have = member.host->disk().have(content->info_hash());
      for (PieceIndex piece(0); have != nullptr && piece.value() < have->size(); ++piece) {
        copies[piece.value()] += have->Has(piece) ? 1 : 0;
      }
    }
    fewest = std::min(fewest, *std::min_element(copies.begin(), copies.end()));
  }
  return fewest;
}

}  // namespace starling::sim
