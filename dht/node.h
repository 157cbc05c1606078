// A DHT node (BEP 5, BEP 32): events in, datagrams out. It never reads a clock, a socket or a
// random device; time comes with each call, randomness and the port are lent. One Node serves IPv4
// and IPv6 with a table for each.
//
// Everything that can grow has a limit in Options. An idle node takes less than 10 KB, which
// tests/sim/footprint_test checks.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "base/endpoint.h"
#include "base/id.h"
#include "base/random.h"
#include "base/seams.h"
#include "base/time.h"
#include "dht/contact.h"
#include "dht/defences.h"
#include "dht/item_sink.h"
#include "dht/lookup_step.h"
#include "dht/lookup_variant.h"
#include "dht/probe.h"
#include "dht/scrape.h"
#include "dht/secure_id.h"
#include "dht/stats.h"

namespace starling::dht {

enum class LookupId : uint64_t {};  // generation-checked; 0 is none

struct LookupReport {
  int hops = 0;  // length of the referral chain to the first of the closest
  int queries = 0;
  int replies = 0;
  int timeouts = 0;
  uint64_t bytes = 0;  // of its queries and of the answers to them
  int peers = 0;       // distinct peers handed out
  int announced = 0;   // nodes that accepted our announce
  Duration elapsed{};
  bool had_nobody_to_ask = false;  // the table was empty
  Duration first{};                // until the first of the closest answered
  Duration nearest{};              // until the nearest of all did
  // The closest that answered, nearest first, those of IPv4 before those of IPv6. Ends with OnDone.
  std::span<const Contact> closest;
  const ScrapeCount* count = nullptr;  // of a Scrape; ends with OnDone
};

// Who looks for peers. May destroy or cancel anything from inside.
class PeerSink : public LookupWatcher {
 public:
  virtual void OnPeers(Time now, LookupId lookup, std::span<const Endpoint> peers) = 0;
  virtual void OnDone(Time now, LookupId lookup, const LookupReport& report) = 0;
};

// Hears of every announce that others store with us: whoever shares a torrent that we have can be
// met at once, without waiting for our next lookup. Must not call or destroy the Node inside.
class AnnounceListener {
 public:
  virtual ~AnnounceListener() = default;
  virtual void OnAnnounce(Time now, const InfoHash& info_hash, const Endpoint& peer) = 0;
};

class PingSink {
 public:
  virtual ~PingSink() = default;
  // `id` is null when no answer came in time.
  virtual void OnPing(Time now, const Endpoint& node, const NodeId* id, Duration round_trip) = 0;
};

struct Options {
  NodeId id;                                  // zero: drawn at random
  bool ipv4 = true;                           // take part with IPv4
  bool ipv6 = true;                           // take part with IPv6 (BEP 32)
  bool read_only = false;                     // BEP 43: ask, never answer
  IdSecurity security = IdSecurity::kPrefer;  // BEP 42
  // Of each public network (/24 of IPv4, /48 of IPv6) one node in the table and in a lookup's
  // answers: many addresses are cheap where they lie side by side.
  bool one_per_network = true;
  // BEP 42: once enough networks agree on what our address is, and whenever that changes, our id is
  // drawn anew to belong to it, `id` or not.
  bool follows_address = false;
  // Remembers some who left the table, and asks one of them every quarter of an hour: so that a
  // network which fell apart comes together again (dht/acquaintances.h).
  bool remembers_acquaintances = true;
  // Announces and puts go so many disjoint paths (dht/lookup_paths.h), so that one hostile node
  // cannot say where they end; 1: as BEP 5 has it.
  uint8_t announce_paths = 2;
  Defences defences;
  // How lookups go and whom tables keep, shared by any number of nodes; by name:
  // dht/variant_registry.h. Empty: plain, with these two.
  LookupVariantPointer variant;
  size_t bucket_size = 8;   // k
  int lookup_parallel = 3;  // alpha
  Duration query_timeout = seconds(2);
  // After this, or mean + 4 deviations of our round trips if more, a silent node no longer holds
  // up its lookup; 0: only after query_timeout.
  Duration short_timeout = milliseconds(500);
  bool short_timeout_adapts = true;  // false: short_timeout and nothing else
  size_t stored_infohashes_max = 2000;
  size_t stored_peers_per_infohash_max = 500;
  size_t lookups_max = 256;
  // Per source address, for answers: so that a forged source gains nothing.
  uint32_t queries_per_second_max = 100;
  uint32_t answer_bytes_per_second_max = 20'000;
  // Of all sources together, 0: unlimited. A hundred times what a node of the public DHT is asked.
  uint32_t all_queries_per_second_max = 50'000;
  // Read-only as well while no stranger asks us, which only a network of at least so many nodes can
  // tell (dht/strangers.h); 0: never.
  uint32_t strangers_expected_from = 0;
};

class Node {
 public:
  Node(const Options& options, DatagramPort& port, Random& random);
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  // Events.
  void OnDatagram(Time now, const Endpoint& from, ByteView bytes);
  void OnDeadline(Time now);
  Time next_deadline() const;

  // Keeps `routers` and asks them for our own neighbourhood now, and again by itself whenever the
  // table runs empty. Call again to add more (torrent `nodes`, names that were resolved).
  void Bootstrap(Time now, std::span<const Endpoint> routers);
  // A node heard of elsewhere (PORT message): is pinged, enters the table when it answers.
  void Hear(Time now, const Endpoint& node);
  // Answers come later, also when there is nobody to ask: while the table is empty and
  // Bootstrap was called, it first waits up to 5 s for the first contact. `sink` must live until
  // OnDone or Cancel. When `lookups_max` are running the id is 0 and nothing follows: ask again
  // later.
  LookupId GetPeers(Time now, const InfoHash& target, PeerSink& sink);
  // As GetPeers, then tells the closest nodes that we serve `target` on TCP `port`; 0: implied.
  // `is_seed`: we have all of it (BEP 33).
  LookupId Announce(Time now, const InfoHash& target, uint16_t port, PeerSink& sink,
                    bool is_seed = false);
  // As GetPeers, and counts the swarm (BEP 33).
  LookupId Scrape(Time now, const InfoHash& target, PeerSink& sink);
  void Cancel(LookupId lookup);
  // Items (BEP 44); as with GetPeers the id is 0 when too many lookups run. `salt` is that of a
  // mutable item, else empty. An immutable item ends its lookup as soon as it came.
  LookupId GetItem(Time now, const ItemTarget& target, absl::string_view salt, ItemSink& sink);
  // As GetItem, then stores what `put` composes at the closest nodes.
  LookupId PutItem(Time now, ItemPut put, ItemSink& sink);
  // Puts `item` again every hour; false if there are too many. Whoever keeps an item puts it first.
  bool KeepItem(Time now, const Item& item);
  void ForgetItem(const ItemTarget& target);
  // `sink` must live until OnPing.
  void Ping(Time now, const Endpoint& node, PingSink& sink);
  // Asks `node` alone; `sink` must live until OnAnswer.
  void Probe(Time now, const Endpoint& node, Question question, const NodeId& target,
             ProbeSink& sink);
  void SetAnnounceListener(AnnounceListener& listener);  // outlives the Node

  const NodeId& id() const;
  // Read-only by itself now, since no stranger asks us (dht/strangers.h).
  bool is_unreachable() const;
  Stats stats() const;
  // The table at rest: own id and good contacts, bencoded. Restore() takes damaged text with
  // false and no harm; restored contacts are verified before they count as good. The id is taken
  // over if Options named none and nothing has happened yet.
  std::string Save(Time now) const;
  bool Restore(Time now, absl::string_view snapshot);
  // A ready table for simulations: a node that knows nobody takes contacts as they are, as if
  // learned before. They must be different participants.
  void Adopt(Time now, std::span<const Contact> contacts);
  // Fetches into the cache what the next event will need: step 0 what the Node points to, step 1
  // what that points to for a datagram, step 2 the same for a deadline. For hosts of so many nodes
  // that each event finds a cold one.
  void Prefetch(int step) const;
  // Verified and alive, of both families; for reports and checks.
  std::vector<Contact> contacts() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace starling::dht
