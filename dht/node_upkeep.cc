// Upkeep: how a node finds its place in the network and keeps its tables filled and fresh.
//
// Entries are kept fresh by pings, which cost a quarter of what refreshing each bucket by a lookup
// costs (BEP 5 proposes lookups). Lookups remain for what pings cannot do: finding new neighbours
// and filling sparse buckets. They begin 5 s after the first contact and wait four times as long
// each time, up to 15 minutes, while they still find somebody.

#include <algorithm>

#include "dht/address.h"
#include "dht/node_state.h"

namespace starling::dht {
namespace {

constexpr size_t kRoutersMax = 64;
constexpr size_t kVerifiesInFlightMax = 8;
constexpr size_t kHeardInFlightMax = 8;  // places that no flood of queries can take
constexpr Duration kBootstrapPauseMin = seconds(1);
constexpr Duration kBootstrapPauseMax = seconds(60);
// While only one address family has contacts: the other may not exist here.
constexpr Duration kHalfBootstrapPauseMax = minutes(15);
constexpr Duration kUpkeepPauseMin = seconds(5);
constexpr Duration kUpkeepPauseMax = minutes(15);
constexpr int kUpkeepGrowth = 4;

// At once, while nobody is known.
constexpr size_t kAcquaintancesAsked = 2;

constexpr size_t kRefreshBatchMax = 8;
constexpr Duration kRefreshPause = seconds(20);
constexpr Duration kRefreshPauseBehind = seconds(2);
constexpr Duration kRefreshPauseCutOff = seconds(30);

bool IsDueForRefresh(const Contact& contact, uint32_t now_s) {
  return contact.failures != 0 || contact.last_seen_s + kRefreshAfterS <= now_s;
}

}  // namespace

// `from` answered us under `id`.
void Node::State::Learn(Time now, const Endpoint& from, const NodeId& answerer,
                        Duration round_trip) {
  Family& family = families[FamilyOf(from)];
  const bool was_empty = HasNoContacts();
  if (!MayEnter(family.table, answerer, from)) return;
  if (!family.table.OnAnswer(ToStamp(now), answerer, from, RttClass(round_trip))) return;
  if (family.refresh_at == kNever) family.refresh_at = now + seconds(kRefreshAfterS);
  if (!was_empty) return;
  upkeep_pause = kUpkeepPauseMin;
  const bool is_bootstrapping = searches.Find(bootstrap) != nullptr;
  upkeep_at = std::min(upkeep_at, is_bootstrapping ? now + upkeep_pause : now);
}

// A node that we heard of: it may enter the table when it answers, if there is room for it.
void Node::State::Consider(Time now, const NodeId& heard, const Endpoint& endpoint) {
  RoutingTable& table = families[FamilyOf(endpoint)].table;
  if (heard == id || IsRefused(heard, endpoint) || !table.HasRoom(heard)) return;
  if (!options.defences.verification) table.AddUnverified(heard, endpoint);
  const bool is_known =
      table.Find(heard) != nullptr ||
      std::any_of(table.contacts().begin(), table.contacts().end(), [&](const Contact& contact) {
        return contact.failures == 0 && IsSameParticipant(contact.endpoint, endpoint);
      });
  if (!is_known || !options.defences.identities) Verify(now, endpoint, kVerifiesInFlightMax);
}

// Few at a time: a stranger decides whom we ping.
void Node::State::Verify(Time now, const Endpoint& endpoint, size_t in_flight_max) {
  if (transactions.CountOf(QueryKind::kVerify) >= in_flight_max) return;
  if (transactions.IsAsking(endpoint)) return;
  Query(now, QueryKind::kVerify, endpoint, LookupId{}, krpc::Ping{id});
}

void Node::Hear(Time now, const Endpoint& node) {
  if (!state_->IsOurFamily(node)) return;
  for (const Contact& contact : state_->families[FamilyOf(node)].table.contacts()) {
    if (contact.failures == 0 && contact.endpoint == node) return;
  }
  state_->Verify(now, node, kVerifiesInFlightMax + kHeardInFlightMax);
}

void Node::Bootstrap(Time now, std::span<const Endpoint> routers) {
  state_->expects_routers = true;
  std::vector<Endpoint> added;
  state_->AddRouters(routers, added);
  state_->bootstrap_pause = kBootstrapPauseMin;
  if (state_->HasNoContacts()) added = state_->routers;
  if (!added.empty()) state_->StartBootstrap(now, state_->WhomToAsk(added));
}

void Node::State::AddRouters(std::span<const Endpoint> endpoints, std::vector<Endpoint>& added) {
  for (const Endpoint& endpoint : endpoints) {
    if (routers.size() >= kRoutersMax || !IsOurFamily(endpoint)) continue;
    if (std::find(routers.begin(), routers.end(), endpoint) != routers.end()) continue;
    routers.push_back(endpoint);
    added.push_back(endpoint);
  }
}

// Of these routers all; where that defence is off, one after another.
std::span<const Endpoint> Node::State::WhomToAsk(const std::vector<Endpoint>& candidates) {
  if (options.defences.all_routers || candidates.empty()) return candidates;
  return std::span(candidates).subspan(next_router++ % candidates.size(), 1);
}

// Looks for our own neighbourhood, with the help of those `asked` and of whom we know.
void Node::State::StartBootstrap(Time now, std::span<const Endpoint> asked) {
  Search* search = searches.Find(bootstrap);
  const bool is_new = search == nullptr;
  if (is_new) {
    search = &StartOwnSearch(now, id);
    bootstrap = search->id;
  }
  bootstrap_at = kNever;
  bootstrap_from = now + bootstrap_pause;
  for (const Endpoint& router : asked) AskForUs(now, *search, router);
  if (!is_new) return;
  const bool is_lost = HasNoContacts() || is_cut_off();
  for (size_t i = 0; i < kAcquaintancesAsked && is_lost; ++i) AskAcquaintance(now, *search);
  // After an outage the last whom we knew may be the only ones there are.
  for (size_t family = 0; family < families.size(); ++family) {
    if (!families[family].table.empty()) continue;
    for (const Contact& contact : families[family].table.replacements()) {
      search->lookups[family].AddFound(contact.id, contact.endpoint, 1);
    }
  }
  // Our contacts are asked one by one meanwhile.
  if (is_cut_off() && !HasNoContacts()) {
    search->phase = Search::Phase::kAsking;
    Advance(now, *search);
  } else {
    Seed(now, *search);
  }
}

// Asks `node` outside of the lookup's order for our own neighbourhood as it knows it.
void Node::State::AskForUs(Time now, Search& search, const Endpoint& node) {
  const krpc::Want want{.v4 = families[0].is_enabled, .v6 = families[1].is_enabled};
  if (transactions.IsAsking(node)) return;
  if (Query(now, QueryKind::kRouter, node, search.id, krpc::FindNode{id, id, want})) {
    ++search.pending;
  }
}

// So that two networks which do not know of each other any more become one.
void Node::State::AskAcquaintance(Time now, Search& search) {
  if (acquaintances == nullptr) return;
  if (const auto chosen = acquaintances->Choose(routers, random)) AskForUs(now, search, *chosen);
}

void Node::State::Remember(const Endpoint& endpoint) {
  if (!options.remembers_acquaintances) return;
  if (acquaintances == nullptr) acquaintances = std::make_unique<Acquaintances>();
  acquaintances->Remember(endpoint, random);
}

// One of our good contacts, any of them: nobody gets a larger part of the memory than of the table.
void Node::State::RememberSomebody(Time now) {
  size_t place = static_cast<size_t>(random.Below(CountContacts()));
  for (const Family& family : families) {
    const std::span<const Contact> contacts = family.table.contacts();
    if (place < contacts.size()) {
      if (contacts[place].IsGood(ToStamp(now))) Remember(contacts[place].endpoint);
      return;
    }
    place -= contacts.size();
  }
}

// Could asking the routers, or whom we once knew, bring this family back?
bool Node::State::IsStarved(size_t family) const {
  if (!families[family].is_enabled) return false;
  if (!families[family].table.empty() && !is_cut_off()) return false;
  const auto is_of_family = [family](const Endpoint& node) { return FamilyOf(node) == family; };
  if (acquaintances != nullptr && (HasNoContacts() || is_cut_off())) {
    const std::span<const Endpoint> known = acquaintances->known();
    if (std::any_of(known.begin(), known.end(), is_of_family)) return true;
  }
  return !families[family].table.replacements().empty() ||
         std::any_of(routers.begin(), routers.end(), is_of_family);
}

void Node::State::PlanBootstrap(Time now) {
  if (bootstrap_at != kNever || searches.Find(bootstrap) != nullptr) return;
  if (IsStarved(0) || IsStarved(1)) bootstrap_at = std::max(now, bootstrap_from);
}

void Node::State::OnBootstrapDue(Time now) {
  bootstrap_at = kNever;
  if (searches.Find(bootstrap) != nullptr) return;
  std::vector<Endpoint> asked;
  for (const Endpoint& router : routers) {
    if (IsStarved(FamilyOf(router))) asked.push_back(router);
  }
  if (!IsStarved(0) && !IsStarved(1)) return;
  const bool is_lost = HasNoContacts() || is_cut_off();
  const Duration pause_max = is_lost ? kBootstrapPauseMax : kHalfBootstrapPauseMax;
  bootstrap_pause = std::min(2 * bootstrap_pause, pause_max);
  StartBootstrap(now, WhomToAsk(asked));
}

Search& Node::State::StartOwnSearch(Time now, const NodeId& target) {
  Search& search =
      searches.Add(std::make_unique<Search>(Search::Purpose::kFindNode, target, options, now));
  // A family without contacts learns of some from the other one (BEP 32, "Bootstrapping").
  search.wants_both = families[0].is_enabled && families[1].is_enabled &&
                      (families[0].table.empty() || families[1].table.empty()) &&
                      upkeep_pause < kUpkeepPauseMax;
  return search;
}

void Node::State::OnOwnSearchDone(Time now, LookupId own) {
  if (own == bootstrap) {
    bootstrap = {};
    PlanBootstrap(now);
    if (!IsStarved(0) && !IsStarved(1)) bootstrap_pause = kBootstrapPauseMin;
    return;
  }
  if (own != upkeep) return;
  upkeep = {};
  const bool is_learning =
      CountContacts() > upkeep_contacts || CountContacts() < 2 * options.bucket_size;
  upkeep_pause =
      is_learning ? std::min(kUpkeepGrowth * upkeep_pause, kUpkeepPauseMax) : kUpkeepPauseMax;
  const uint64_t jitter = random.Below(static_cast<uint64_t>(upkeep_pause.count() / 8));
  upkeep_at = now + upkeep_pause + microseconds(jitter);
}

void Node::State::OnUpkeepDue(Time now) {
  upkeep_at = kNever;
  if (HasNoContacts()) {
    PlanBootstrap(now);
    return;
  }
  JudgeStrangers(now);
  if (searches.Find(upkeep) != nullptr) return;
  SearchSparseBucket(now);
  Search& search = StartOwnSearch(now, id);
  upkeep = search.id;
  upkeep_contacts = static_cast<uint32_t>(CountContacts());
  // While much is new there is enough to ask, and more to remember.
  const bool is_settled = upkeep_pause == kUpkeepPauseMax;
  if (is_settled) AskAcquaintance(now, search);
  for (int i = 0; i < (is_settled ? 1 : 2); ++i) RememberSomebody(now);
  Seed(now, search);
}

// Fills one bucket that could be full and is not, another one each time.
void Node::State::SearchSparseBucket(Time now) {
  for (Family& family : families) {
    const std::optional<size_t> bucket = family.table.FindSparseBucket(family.filled_bucket);
    if (!bucket.has_value()) continue;
    family.filled_bucket = *bucket;
    // An id that shares exactly so many bits with ours.
    NodeId target = random.NextId<NodeId>();
    for (size_t bit = 0; bit <= *bucket; ++bit) {
      const std::byte mask{static_cast<uint8_t>(0x80 >> (bit % 8))};
      const bool wanted = id.bit(bit) != (bit == *bucket);
      std::byte& byte = target.bytes[bit / 8];
      byte = wanted ? byte | mask : byte & ~mask;
    }
    Seed(now, StartOwnSearch(now, target));
    return;
  }
}

// Somebody answered.
void Node::State::NoteAnswer(Time now) {
  last_reply = now;
  const bool was_cut_off = is_cut_off();
  losses_in_a_row = 0;
  if (!was_cut_off) return;
  // The network is back, and who knows how long it was away: look at everybody again.
  for (Family& family : families) {
    if (!family.table.empty()) family.refresh_at = now;
  }
  upkeep_pause = kUpkeepPauseMin;
  upkeep_at = std::min(upkeep_at, now + upkeep_pause);
}

// While nobody answers one contact is asked now and then, any of them, and nobody is given up.
void Node::State::RefreshCutOff(Time now, Family& family) {
  const std::span<const Contact> contacts = family.table.contacts();
  const Contact& contact = contacts[static_cast<size_t>(random.Below(contacts.size()))];
  if (!transactions.IsAsking(contact.endpoint)) {
    Query(now, QueryKind::kRefresh, contact.endpoint, LookupId{}, krpc::Ping{id});
  }
  family.refresh_at = now + kRefreshPauseCutOff;
}

void Node::State::Refresh(Time now, Family& family) {
  if (is_cut_off() && !family.table.empty()) return RefreshCutOff(now, family);
  const uint32_t now_s = ToStamp(now);
  std::array<Endpoint, kRefreshBatchMax> due;
  size_t due_count = 0;
  bool is_behind = false;
  uint32_t oldest_s = now_s;
  for (const Contact& contact : family.table.contacts()) {
    if (!IsDueForRefresh(contact, now_s)) {
      oldest_s = std::min(oldest_s, contact.last_seen_s);
    } else if (transactions.IsAsking(contact.endpoint)) {
      continue;  // its answer or its loss will tell
    } else if (due_count < due.size()) {
      due[due_count++] = contact.endpoint;
    } else {
      is_behind = true;
    }
  }
  for (size_t i = 0; i < due_count; ++i) {
    Query(now, QueryKind::kRefresh, due[i], LookupId{}, krpc::Ping{id});
  }
  const Duration until_next = seconds(int64_t{oldest_s} + kRefreshAfterS - now_s);
  family.refresh_at =
      now + (is_behind ? kRefreshPauseBehind : std::max<Duration>(until_next, kRefreshPause));
  if (family.table.empty()) family.refresh_at = kNever;
}

void Node::Adopt(Time now, std::span<const Contact> contacts) {
  for (size_t index = 0; index < state_->families.size(); ++index) {
    Family& family = state_->families[index];
    if (!family.is_enabled) continue;
    family.table.Fill(
        contacts, [index](const Contact& contact) { return FamilyOf(contact.endpoint) == index; });
    if (family.table.empty()) continue;
    uint32_t oldest_s = ToStamp(now);
    for (const Contact& contact : family.table.contacts()) {
      oldest_s = std::min(oldest_s, contact.last_seen_s);
    }
    family.refresh_at = std::max(now, Time(seconds(int64_t{oldest_s} + int64_t{kRefreshAfterS})));
  }
  // Nodes that begin together do not all look around at the same moment.
  const auto spread = static_cast<uint64_t>(Duration(kUpkeepPauseMax).count());
  state_->upkeep_pause = kUpkeepPauseMax;
  state_->upkeep_at = now + microseconds(state_->random.Below(spread));
}

}  // namespace starling::dht
