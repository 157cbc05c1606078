// Searches: from GetPeers and Announce to OnDone (architecture, "One get_peers, step by step").

#include <algorithm>

#include "dht/address.h"
#include "dht/closest_secure.h"
#include "dht/node_state.h"

namespace starling::dht {
namespace {

constexpr Duration kWaitForContacts = seconds(5);
constexpr size_t kReseedMax = 24;
constexpr size_t kStoredPeersOffered = 100;

}  // namespace

LookupId Node::GetPeers(Time now, const InfoHash& target, PeerSink& sink) {
  Search* search = state_->StartSearch(now, Search::Purpose::kGetPeers, target, sink);
  return search == nullptr ? LookupId{} : state_->BeginSearch(now, *search);
}

LookupId Node::Announce(Time now, const InfoHash& target, uint16_t port, PeerSink& sink,
                        bool is_seed) {
  Search* search = state_->StartSearch(now, Search::Purpose::kAnnounce, target, sink);
  if (search == nullptr) return LookupId{};
  search->announced_port = port;
  search->is_seed = is_seed;
  return state_->BeginSearch(now, *search);
}

LookupId Node::Scrape(Time now, const InfoHash& target, PeerSink& sink) {
  Search* search = state_->StartSearch(now, Search::Purpose::kGetPeers, target, sink);
  if (search == nullptr) return LookupId{};
  search->scrape = std::make_unique<dht::Scrape>();
  // In a small network we may be one of the closest ourselves.
  for (Family& family : state_->families) {
    BloomFilter seeds;
    BloomFilter peers;
    if (family.peers.Count(now, target, seeds, peers)) search->scrape->AddOwn(seeds, peers);
  }
  return state_->BeginSearch(now, *search);
}

Search* Node::State::StartSearch(Time now, Search::Purpose purpose, const InfoHash& target,
                                 PeerSink& sink) {
  if (searches.size() >= options.lookups_max) return nullptr;
  Search& search =
      searches.Add(std::make_unique<Search>(purpose, NodeId::From(target), options, now));
  search.sink = &sink;
  return &search;
}

LookupId Node::State::BeginSearch(Time now, Search& search) {
  const LookupId lookup = search.id;
  OfferStoredPeers(now, search, InfoHash::From(search.target()));
  Launch(now, search);
  return lookup;
}

void Node::State::Launch(Time now, Search& search) {
  // Somebody may be about to enter the empty table: a router, a node that is being verified.
  if (HasNoContacts() && (expects_routers || transactions.size() > 0)) {
    search.wait_until = now + kWaitForContacts;
    searches_due = std::min(searches_due, search.wait_until);
  } else {
    Seed(now, search);
  }
  // What is there to tell already is told from the event loop.
  if (!notices.empty()) searches_due = now;
}

// In a small network we may be one of the closest ourselves, and hold what we look for.
void Node::State::OfferStoredPeers(Time now, Search& search, const InfoHash& target) {
  Notice notice(Notice::Kind::kPeers);
  notice.lookup = search.id;
  notice.peers_begin = found.size();
  for (Family& family : families) {
    for (const Endpoint& peer : family.peers.Sample(now, target, random, kStoredPeersOffered)) {
      if (search.seen_peers.insert(peer).second) found.push_back(peer);
    }
  }
  notice.peers_end = found.size();
  if (notice.peers_end == notice.peers_begin) return;
  search.report.peers = static_cast<int>(notice.peers_end - notice.peers_begin);
  notices.push_back(notice);
}

// The first candidates: from the tables, and whom the running bootstrap has heard of.
void Node::State::Seed(Time now, Search& search) {
  search.phase = Search::Phase::kAsking;
  std::array<const Contact*, LookupVariant::kSeedsMax> closest;
  const size_t seeds = std::min(options.variant->seeds(), closest.size());
  for (size_t family = 0; family < families.size(); ++family) {
    LookupPaths& lookup = search.lookups[family];
    const RoutingTable& table = families[family].table;
    const size_t wanted = std::min(seeds * lookup.size(), closest.size());
    if (options.variant->uses_reach()) lookup.SetReach(table.ReachOf(options.bucket_size));
    const size_t count = table.FindClosest(search.target(), std::span(closest).first(wanted));
    for (size_t i = 0; i < count; ++i) {
      lookup.AddOwn(closest[i]->id, closest[i]->endpoint, closest[i]->rtt_class);
    }
    SeedFromOthers(search, family);
    const Search* known = searches.Find(bootstrap);
    if (known == nullptr || known == &search) continue;
    for (const Candidate& candidate : known->lookups[family].path(0).candidates()) {
      if (candidate.state == Candidate::State::kFailed) continue;
      lookup.AddFound(candidate.id, candidate.endpoint, candidate.hops);
    }
  }
  Advance(now, search);
}

// What lookups before and beside this one have found lies nearer than the table reaches, where the
// targets are alike.
void Node::State::SeedFromOthers(Search& search, size_t family) {
  LookupPaths& lookup = search.lookups[family];
  if (remembered != nullptr) {
    for (const Contact& contact : remembered->contacts()) {
      if (FamilyOf(contact.endpoint) == family) lookup.AddFound(contact.id, contact.endpoint, 1);
    }
  }
  if (!options.variant->shares_work()) return;
  for (size_t slot = 0; slot < searches.slots(); ++slot) {
    const Search* other = searches.at(slot);
    if (other == nullptr || other == &search) continue;
    for (const Candidate& candidate : other->lookups[family].path(0).candidates()) {
      if (candidate.state != Candidate::State::kAnswered) continue;
      lookup.AddFound(candidate.id, candidate.endpoint, candidate.hops, candidate.rtt_class);
    }
  }
}

// A lookup that found too few may have begun with too few: the table has more.
bool Node::State::Reseed(Search& search, size_t family) {
  LookupPaths& lookup = search.lookups[family];
  if (lookup.answered() >= options.bucket_size) return false;
  std::array<const Contact*, kReseedMax> closest;
  const size_t count = families[family].table.FindClosest(search.target(), closest);
  bool is_new = false;
  for (size_t i = 0; i < count; ++i) {
    if (lookup.AddOwn(closest[i]->id, closest[i]->endpoint)) is_new = true;
  }
  return is_new;
}

void Node::State::Advance(Time now, Search& search) {
  if (search.phase == Search::Phase::kAsking) {
    const auto ask = [&](const Candidate& candidate) { return Ask(now, search, candidate); };
    for (size_t family = 0; family < families.size(); ++family) {
      LookupPaths& lookup = search.lookups[family];
      if (search.has_enough) break;
      lookup.Step(ask);
      if (lookup.done() && !is_cut_off() && Reseed(search, family)) lookup.Step(ask);
    }
    if (!search.is_done()) return;
    BeginAnnounce(now, search);
  }
  if (search.phase == Search::Phase::kAnnouncing && search.pending == 0) Finish(now, search);
}

bool Node::State::Ask(Time now, Search& search, const Candidate& candidate) {
  const Endpoint& to = candidate.endpoint;
  krpc::Want want;
  if (search.wants_both) want = {.v4 = true, .v6 = true};
  const uint64_t bytes_before = stats.bytes_out;
  bool is_sent = false;
  if (search.item != nullptr) {
    is_sent = AskForItem(now, search, to, want);
  } else if (search.purpose == Search::Purpose::kFindNode) {
    is_sent =
        Query(now, QueryKind::kSearch, to, search.id, krpc::FindNode{id, search.target(), want});
  } else {
    is_sent =
        Query(now, QueryKind::kSearch, to, search.id,
              krpc::GetPeers{id, InfoHash::From(search.target()), want, search.scrape != nullptr});
  }
  if (is_sent) {
    ++search.report.queries;
    Watch(now, search, LookupStep::Kind::kAsked, to, now, nullptr);
    const Duration usual = transactions.slow_after();
    const RoundTrips seen{transactions.mean_round_trip(), transactions.round_trip_deviation()};
    const Duration late = options.variant->LateAfter(candidate, seen, usual);
    if (late != usual) transactions.Hasten(late);
  }
  search.report.bytes += stats.bytes_out - bytes_before;
  return is_sent;
}

void Node::State::BeginAnnounce(Time now, Search& search) {
  search.phase = Search::Phase::kAnnouncing;
  if (search.purpose == Search::Purpose::kPutItem) BeginPut(now, search);
  if (search.purpose != Search::Purpose::kAnnounce) return;
  for (const LookupPaths& lookup : search.lookups) {
    for (const Candidate* candidate : ChooseClosest(lookup, options.bucket_size, security, true)) {
      krpc::AnnouncePeer query;
      query.id = id;
      query.info_hash = InfoHash::From(search.target());
      query.port = search.announced_port;
      query.implied_port = search.announced_port == 0;
      query.token = candidate->token_view();
      query.seed = search.is_seed;
      if (Query(now, QueryKind::kAnnounce, candidate->endpoint, search.id, query)) {
        ++search.pending;
      }
    }
  }
}

void Node::State::Finish(Time now, Search& search) {
  LookupReport& report = search.report;
  report.elapsed = now - search.started;
  report.had_nobody_to_ask = report.queries == 0;
  uint32_t first_ms = 0xffff'ffff;
  const Candidate* nearest = nullptr;
  for (const LookupPaths& lookup : search.lookups) {
    for (size_t path = 0; path < lookup.size(); ++path) {
      for (const Candidate* candidate : lookup.path(path).closest()) {
        if (nearest == nullptr || IsCloser(search.target(), candidate->id, nearest->id)) {
          nearest = candidate;
          report.nearest = milliseconds(nearest->answered_ms);
        }
        if (candidate->answered_ms >= first_ms && report.hops != 0) continue;
        first_ms = candidate->answered_ms;
        report.hops = candidate->hops;
        report.first = milliseconds(first_ms);
      }
    }
    report.timeouts += lookup.given_up();
  }
  search.phase = Search::Phase::kFinished;
  Remember(search);
  ConsiderUnasked(now, search);
  if (search.sink == nullptr) {
    const LookupId own = search.id;
    searches.Take(own);
    OnOwnSearchDone(now, own);
    return;
  }
  Notice notice(Notice::Kind::kDone);
  notice.lookup = search.id;
  notices.push_back(notice);
}

// Who was named but not asked may still have a place in our table.
void Node::State::ConsiderUnasked(Time now, const Search& search) {
  for (const LookupPaths& lookup : search.lookups) {
    for (size_t path = 0; path < lookup.size(); ++path) {
      for (const Candidate& candidate : lookup.path(path).candidates()) {
        if (candidate.state != Candidate::State::kUnasked) continue;
        Consider(now, candidate.id, candidate.endpoint);
      }
    }
  }
}

void Node::State::Remember(const Search& search) {
  const size_t lookups_max = options.variant->remembered_lookups();
  if (lookups_max == 0 || search.sink == nullptr) return;
  if (remembered == nullptr) remembered = std::make_unique<LookupMemory>(lookups_max);
  for (const LookupPaths& lookup : search.lookups) remembered->Add(lookup.path(0).closest());
}

void Node::State::StartWaiting(Time now) {
  if (searches_due == kNever || HasNoContacts()) return;
  for (size_t slot = 0; slot < searches.slots(); ++slot) {
    Search* search = searches.at(slot);
    if (search != nullptr && search->phase == Search::Phase::kWaiting) Seed(now, *search);
  }
}

void Node::State::OnSearchesDue(Time now) {
  searches_due = kNever;
  if (keeper != nullptr) TendItems(now);
  for (size_t slot = 0; slot < searches.slots(); ++slot) {
    Search* search = searches.at(slot);
    if (search == nullptr || search->phase != Search::Phase::kWaiting) continue;
    if (now >= search->wait_until) {
      Seed(now, *search);
    } else {
      searches_due = std::min(searches_due, search->wait_until);
    }
  }
}

void Node::State::TellDone(Time now, LookupId lookup) {
  const std::unique_ptr<Search> search = searches.Take(lookup);
  std::vector<Contact> closest;
  for (const LookupPaths& family : search->lookups) {
    for (const Candidate* candidate : ChooseClosest(family, options.bucket_size, security)) {
      closest.push_back({candidate->id, candidate->endpoint, 0, 0, ToStamp(now)});
    }
  }
  search->report.closest = closest;
  std::optional<ScrapeCount> count;
  if (search->scrape != nullptr) search->report.count = &count.emplace(search->scrape->Finish());
  search->sink->OnDone(now, lookup, search->report);
}

}  // namespace starling::dht
