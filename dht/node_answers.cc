// What the answers to a search's queries do to it, and what their absence does.

#include <algorithm>

#include "dht/address.h"
#include "dht/node_state.h"

namespace starling::dht {
namespace {

using Kind = LookupStep::Kind;

constexpr size_t kNodesPerReplyMax = 20;
constexpr size_t kPeersPerSearchMax = 2000;
constexpr uint8_t kHopsMax = 100;
constexpr std::array<size_t, 2> kNodeSizes = {krpc::kNodeV4Size, krpc::kNodeV6Size};

uint32_t MillisecondsSince(Time start, Time now) {
  const auto elapsed = std::chrono::duration_cast<milliseconds>(now - start).count();
  return static_cast<uint32_t>(std::clamp<int64_t>(elapsed, 0, 0xffff'ffff));
}

}  // namespace

void Node::State::OnSearchReply(Time now, const Transaction& transaction, const krpc::Reply& reply,
                                size_t size) {
  Search* search = searches.Find(static_cast<LookupId>(transaction.lookup));
  if (search == nullptr) return;
  search->report.bytes += size;
  if (transaction.kind == QueryKind::kSearch) {
    LookupPaths& lookup = search->lookups[FamilyOf(transaction.to)];
    ++search->report.replies;
    uint8_t hops = 0;
    if (MayCount(lookup, reply.id, transaction.to)) {
      const uint32_t elapsed_ms = MillisecondsSince(search->started, now);
      hops = lookup.OnReply(transaction.to, reply.id, reply.token, elapsed_ms);
    } else {
      lookup.OnFailure(transaction.to);
    }
    Watch(now, *search, hops == 0 ? Kind::kRefused : Kind::kAnswered, transaction.to,
          transaction.sent, &reply);
    if (hops == 0) {
      Advance(now, *search);
      return;
    }
    if (search->scrape != nullptr) search->scrape->OnReply(reply);
    if (search->item != nullptr) {
      TakeItem(transaction.to, reply, *search);
      if (search->item->is_satisfied()) return Finish(now, *search);
    } else {
      TakePeers(transaction.to, reply, *search);
    }
    TakeNodes(transaction.to, reply, hops, *search);
  } else if (transaction.kind == QueryKind::kRouter) {
    --search->pending;
    TakeNodes(transaction.to, reply, 1, *search);
  } else if (transaction.kind == QueryKind::kAnnounce) {
    --search->pending;
    ++search->report.announced;
  }
  Advance(now, *search);
}

void Node::State::OnSearchFailure(Time now, const Transaction& transaction, bool is_timeout) {
  Search* search = searches.Find(static_cast<LookupId>(transaction.lookup));
  if (search == nullptr) return;
  bool is_new = true;
  if (transaction.kind == QueryKind::kSearch) {
    is_new = search->lookups[FamilyOf(transaction.to)].OnFailure(transaction.to);
    Watch(now, *search, is_timeout ? Kind::kSilent : Kind::kRefused, transaction.to,
          transaction.sent, nullptr);
  } else {
    --search->pending;
  }
  if (is_timeout && is_new) ++search->report.timeouts;
  Advance(now, *search);
}

void Node::State::TakeNodes(const Endpoint& from, const krpc::Reply& reply, uint8_t hops,
                            Search& search) {
  const std::array<ByteView, 2> lists = {reply.nodes, reply.nodes6};
  const uint8_t next_hops = std::min<uint8_t>(static_cast<uint8_t>(hops + 1), kHopsMax);
  for (size_t family = 0; family < families.size(); ++family) {
    if (!families[family].is_enabled) continue;
    const size_t count =
        std::min(krpc::CountNodes(lists[family], kNodeSizes[family]), kNodesPerReplyMax);
    for (size_t i = 0; i < count; ++i) {
      const krpc::Node node = krpc::NodeAt(lists[family], kNodeSizes[family], i);
      if (node.id == id || !node.endpoint.is_usable() || FamilyOf(node.endpoint) != family ||
          !CanReach(from, node.endpoint) ||
          !MayCount(search.lookups[family], node.id, node.endpoint)) {
        continue;
      }
      search.lookups[family].AddNamed(from, node.id, node.endpoint, next_hops);
    }
  }
}

void Node::State::TakePeers(const Endpoint& from, const krpc::Reply& reply, Search& search) {
  if (!reply.values.has_value() || search.sink == nullptr) return;
  Notice notice(Notice::Kind::kPeers);
  notice.lookup = search.id;
  notice.peers_begin = found.size();
  for (const bencode::Value& value : *reply.values) {
    const std::optional<absl::string_view> text = value.string();
    if (!text.has_value() || search.seen_peers.size() >= kPeersPerSearchMax) continue;
    const std::optional<Endpoint> peer = ReadCompact(AsBytes(*text));
    if (!peer.has_value() || !peer->is_usable() || !CanReach(from, *peer)) continue;
    if (search.seen_peers.insert(*peer).second) found.push_back(*peer);
  }
  notice.peers_end = found.size();
  if (notice.peers_end == notice.peers_begin) return;
  search.report.peers += static_cast<int>(notice.peers_end - notice.peers_begin);
  search.has_enough = search.purpose == Search::Purpose::kGetPeers &&
                      options.variant->IsEnough(search.report.peers);
  notices.push_back(notice);
}

// Late: its turn goes to another; at the second time it may be given up.
void Node::State::OnSearchSlow(Time now, const Transaction& transaction) {
  Search* search = searches.Find(static_cast<LookupId>(transaction.lookup));
  if (search == nullptr || transaction.kind != QueryKind::kSearch) return;
  LookupPaths& lookup = search->lookups[FamilyOf(transaction.to)];
  const Candidate* candidate = lookup.Find(transaction.to);
  const bool is_first = candidate != nullptr && candidate->state == Candidate::State::kAsked;
  if (lookup.OnSlow(transaction.to)) ++search->report.timeouts;
  if (is_first) Watch(now, *search, Kind::kLate, transaction.to, transaction.sent, nullptr);
  Advance(now, *search);
}

// `reply` is null where none came.
void Node::State::Watch(Time now, const Search& search, LookupStep::Kind kind, const Endpoint& node,
                        Time asked, const krpc::Reply* reply) {
  if (search.sink == nullptr || !search.sink->wants_steps()) return;
  LookupStep step;
  step.kind = kind;
  step.node = node;
  step.waited = now - asked;
  if (const Candidate* candidate = search.lookups[FamilyOf(node)].Find(node)) {
    step.id = candidate->id;
    step.hops = candidate->hops;
  }
  if (reply != nullptr) step.id = reply->id;
  if (kind == Kind::kAnswered) {
    step.nodes = krpc::CountNodes(reply->nodes, krpc::kNodeV4Size) +
                 krpc::CountNodes(reply->nodes6, krpc::kNodeV6Size);
    if (reply->values.has_value()) {
      for ([[maybe_unused]] const bencode::Value& peer : *reply->values) ++step.peers;
    }
  }
  search.sink->OnStep(now, search.id, step);
}

}  // namespace starling::dht
