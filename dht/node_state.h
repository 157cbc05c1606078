// What stands behind dht::Node: its parts, and the four things it does with them, each in a file
// of its own: node.cc takes events and tells sinks, node_searches.cc runs lookups and announces,
// node_items.cc gets and puts items, node_upkeep.cc keeps the tables filled and fresh.
//
// Sinks are told only at the very end of an event (Deliver), from a queue. So whatever a sink does
// (start, cancel, destroy the node) happens while nothing of ours is in the middle of anything.
#pragma once

#include <optional>
#include <vector>

#include "dht/acquaintances.h"
#include "dht/address_votes.h"
#include "dht/family.h"
#include "dht/item_keeper.h"
#include "dht/krpc.h"
#include "dht/lookup_memory.h"
#include "dht/node.h"
#include "dht/outbox.h"
#include "dht/search.h"
#include "dht/server.h"
#include "dht/strangers.h"
#include "dht/transactions.h"

namespace starling::dht {

// Wide enough for every variant that was published; an answer must fit into a datagram.
inline constexpr size_t kBucketSizeMax = LookupVariant::kClosestMax;
inline constexpr int kLookupParallelMax = 16;

struct Node::State {
  // `options` as WithinLimits leaves them: with a variant.
  State(const Options& options, DatagramPort& port, Random& random);
  ~State();

  // Events (node.cc).
  void OnDatagram(Time now, const Endpoint& from, ByteView bytes);
  void OnQuery(Time now, const Endpoint& from, const krpc::Message& message);
  void OnReply(Time now, const Endpoint& from, const krpc::Message& message, size_t size);
  void OnError(Time now, const Endpoint& from, const krpc::Message& message);
  void OnDeadline(Time now);
  void OnLost(Time now, const Transaction& transaction);
  Time next_deadline() const;
  // Calls the sinks. The last thing an event does: afterwards the state may be gone.
  void Deliver(Time now);

  // Sends a query and remembers it; false if too many are in flight.
  template <class Body>
  bool Query(Time now, QueryKind kind, const Endpoint& to, LookupId lookup, const Body& body);
  std::optional<Transaction> TakeTransaction(Time now, const Endpoint& from,
                                             const krpc::Message& message);
  bool IsOurFamily(const Endpoint& endpoint) const {
    return endpoint.is_usable() && families[FamilyOf(endpoint)].is_enabled;
  }

  // Searches (node_searches.cc).
  // Null if there are too many.
  Search* StartSearch(Time now, Search::Purpose purpose, const InfoHash& target, PeerSink& sink);
  LookupId BeginSearch(Time now, Search& search);
  void Launch(Time now, Search& search);
  void OfferStoredPeers(Time now, Search& search, const InfoHash& target);
  void Seed(Time now, Search& search);
  void SeedFromOthers(Search& search, size_t family);
  bool Reseed(Search& search, size_t family);
  // Does what the search can do now. The search may be gone afterwards.
  void Advance(Time now, Search& search);
  bool Ask(Time now, Search& search, const Candidate& candidate);
  void BeginAnnounce(Time now, Search& search);
  void Finish(Time now, Search& search);
  void ConsiderUnasked(Time now, const Search& search);
  void Remember(const Search& search);
  void StartWaiting(Time now);
  void OnSearchesDue(Time now);
  void TellDone(Time now, LookupId id);

  // Answers to searches (node_answers.cc).
  void OnSearchReply(Time now, const Transaction& transaction, const krpc::Reply& reply,
                     size_t size);
  void OnSearchFailure(Time now, const Transaction& transaction, bool is_timeout);
  void OnSearchSlow(Time now, const Transaction& transaction);
  void TakeNodes(const Endpoint& from, const krpc::Reply& reply, uint8_t hops, Search& search);
  void TakePeers(const Endpoint& from, const krpc::Reply& reply, Search& search);
  void Watch(Time now, const Search& search, LookupStep::Kind kind, const Endpoint& node,
             Time asked, const krpc::Reply* reply);

  // Items (node_items.cc).
  LookupId StartItemSearch(Time now, ItemPut put, ItemSink& sink);
  bool AskForItem(Time now, Search& search, const Endpoint& to, const krpc::Want& want);
  void NoteItem(const Search& search);
  void TakeItem(const Endpoint& from, const krpc::Reply& reply, Search& search);
  void BeginPut(Time now, Search& search);
  void OnPutRefused(const Transaction& transaction, const krpc::Error& error);
  void TendItems(Time now);

  // Upkeep (node_upkeep.cc).
  void Learn(Time now, const Endpoint& from, const NodeId& id, Duration round_trip);
  void Consider(Time now, const NodeId& id, const Endpoint& endpoint);
  void Verify(Time now, const Endpoint& endpoint, size_t in_flight_max);
  void RememberSomebody(Time now);
  void Remember(const Endpoint& endpoint);
  void AskAcquaintance(Time now, Search& search);
  void AskForUs(Time now, Search& search, const Endpoint& node);
  void AddRouters(std::span<const Endpoint> endpoints, std::vector<Endpoint>& added);
  void StartBootstrap(Time now, std::span<const Endpoint> asked);
  std::span<const Endpoint> WhomToAsk(const std::vector<Endpoint>& candidates);
  void PlanBootstrap(Time now);
  void OnBootstrapDue(Time now);
  bool IsStarved(size_t family) const;
  Search& StartOwnSearch(Time now, const NodeId& target);
  void OnOwnSearchDone(Time now, LookupId id);
  void OnUpkeepDue(Time now);
  void SearchSparseBucket(Time now);
  void Refresh(Time now, Family& family);
  // Nobody answers any more, however many are asked: the fault is ours, or the network's.
  static constexpr uint8_t kLossesOfAnOutage = 8;
  bool is_cut_off() const {
    return losses_in_a_row >= kLossesOfAnOutage && options.defences.outages;
  }
  void NoteAnswer(Time now);
  void RefreshCutOff(Time now, Family& family);
  bool HasNoContacts() const { return families[0].table.empty() && families[1].table.empty(); }
  size_t CountContacts() const { return families[0].table.size() + families[1].table.size(); }

  // Something to tell a sink.
  struct Notice {
    enum class Kind : uint8_t { kPeers, kDone, kPing, kItem, kProbe };
    explicit Notice(Kind kind) : kind(kind) {}
    Kind kind;
    LookupId lookup{};
    size_t peers_begin = 0;  // in `found`
    size_t peers_end = 0;
    PingSink* ping = nullptr;
    Endpoint node;
    std::optional<NodeId> node_id;
    Duration round_trip{};
    ProbeSink* probe = nullptr;
    std::shared_ptr<const NodeAnswer> answer;
  };
  struct PendingPing {
    uint32_t transaction;
    PingSink* sink;
  };
  void Tell(Time now, const Notice& notice, std::span<const Endpoint> peers);
  void TellPing(const Transaction& transaction, const NodeId* node_id, Duration round_trip);

  // Probes (node_probes.cc).
  void TellProbe(const Transaction& transaction, const krpc::Message* message, Duration round_trip);
  void NoteProbe(ProbeSink& sink, const Transaction& transaction, const krpc::Message* message,
                 Duration round_trip);

  // Identity (node_identity.cc).
  bool IsRefused(const NodeId& heard, const Endpoint& endpoint) const;
  bool MayCount(const LookupPaths& lookup, const NodeId& heard, const Endpoint& endpoint) const;
  bool MayEnter(RoutingTable& table, const NodeId& answerer, const Endpoint& from);
  void NoteSeenAs(Time now, const Endpoint& from, const krpc::Message& message);
  void MoveTo(Time now, const NodeId& new_id);
  void JudgeStrangers(Time now);
  // In each family that has contacts.
  bool is_unreachable() const;
  // Do we say that we are (BEP 43) to those of a family?
  bool IsReadOnly(size_t family) const {
    return is_read_only || (rare != nullptr && rare->strangers[family].are_missing());
  }
  // What most simulated nodes do without.
  struct Rare {
    std::vector<PendingProbe> probes;
    std::array<AddressVotes, 2> votes;  // on our address, by family
    std::array<Strangers, 2> strangers;
    bool is_moving = false;
    Time move_from = Time::min();
  };

  // What most events touch comes first and close together: up to the head of the IPv4 table.
  Random& random;
  NodeId id;
  bool is_id_chosen;  // by Options
  bool is_read_only;
  IdSecurity security;
  bool is_delivering = false;
  uint8_t losses_in_a_row = 0;
  uint8_t next_router = 0;       // where not all are asked at once
  bool expects_routers = false;  // Bootstrap was called; it may name them later
  uint32_t upkeep_contacts = 0;  // in the tables when the search `upkeep` began
  Stats stats;
  Outbox outbox;
  Time last_reply = Time::min();
  Time bootstrap_at = kNever;
  Time upkeep_at = kNever;
  Time searches_due = kNever;
  Transactions transactions;
  Searches searches;
  std::vector<Notice> notices;
  Server server;
  Families families;

  Options options;
  std::vector<PendingPing> pings;
  std::unique_ptr<Rare> rare;  // of a node that follows its address or probed somebody
  std::vector<Endpoint> found;
  std::unique_ptr<ItemKeeper> keeper;  // null until there is something to keep
  bool* destroyed = nullptr;

  // Bootstrap and upkeep.
  std::vector<Endpoint> routers;
  LookupId bootstrap{};   // the running search for ourselves that routers take part in
  LookupId upkeep{};      // the running search for ourselves that contacts take part in
  Time bootstrap_from{};  // not before
  std::unique_ptr<LookupMemory> remembered;      // only for a variant that wants it
  std::unique_ptr<Acquaintances> acquaintances;  // null until there are some
  Duration bootstrap_pause;
  Duration upkeep_pause;
};

template <class Body>
bool Node::State::Query(Time now, QueryKind kind, const Endpoint& to, LookupId lookup,
                        const Body& body) {
  const Transaction* transaction =
      transactions.Add(now, kind, to, static_cast<uint64_t>(lookup), random);
  if (transaction == nullptr) return false;
  std::array<std::byte, 4> transaction_id;
  StoreBig<uint32_t>(transaction_id.data(), transaction->id);
  krpc::Envelope envelope;
  envelope.transaction_id = transaction_id;
  envelope.version = krpc::kClientVersion;
  envelope.is_read_only = IsReadOnly(FamilyOf(to));
  outbox.Send(now, to, envelope, body);
  ++stats.queries_out;
  if (rare != nullptr) rare->strangers[FamilyOf(to)].OnAsked(to);
  return true;
}

}  // namespace starling::dht
