// KRPC, the wire format of the DHT (BEP 5, "KRPC Protocol"; `want`, `nodes6` of BEP 32; `scrape` of
// BEP 33; `ip` of BEP 42; `ro` of BEP 43; `get` and `put` of BEP 44; sample_infohashes of BEP 51).
// Parse() reads a datagram in place: all views point into it, nothing is allocated. krpc_writer.h
// is the other direction.
//
//   const std::optional<krpc::Message> message = krpc::Parse(datagram);
//   if (!message) return;                                      // no KRPC: count and drop
//   if (const auto* reply = std::get_if<krpc::Reply>(&message->body)) ...
#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "base/bencode.h"
#include "base/endpoint.h"
#include "base/id.h"
#include "dht/item.h"

namespace starling::dht::krpc {

// Longer ones are not echoed: ours have 4 bytes, nobody needs more than a few.
inline constexpr size_t kTransactionIdSizeMax = 32;
inline constexpr size_t kTokenSizeMax = 64;
// What we call ourselves in `v`: two letters of the client, two bytes of its version (BEP 5).
inline constexpr absl::string_view kClientVersion("SG\x01\x00", 4);
inline constexpr size_t kNodeV4Size = NodeId::kSize + kCompactV4Size;
inline constexpr size_t kNodeV6Size = NodeId::kSize + kCompactV6Size;

// Which families of nodes an answer should hold. Neither: that of the datagram.
struct Want {
  bool v4 = false;
  bool v6 = false;
  bool operator==(const Want&) const = default;
};

struct Ping {
  NodeId id;
};
struct FindNode {
  NodeId id;
  NodeId target;
  Want want;
};
struct GetPeers {
  NodeId id;
  InfoHash info_hash;
  Want want;
  bool scrape = false;  // asks for the bloom filters of the swarm (BEP 33)
  bool noseed = false;  // would rather hear of peers that are no seeds (BEP 33)
};
// BEP 51: which info-hashes do you hold?
struct SampleInfohashes {
  NodeId id;
  NodeId target;
  Want want;
};
struct AnnouncePeer {
  NodeId id;
  InfoHash info_hash;
  uint16_t port = 0;
  bool implied_port = false;  // the port that the query came from counts instead
  ByteView token;
  bool seed = false;  // has all of it (BEP 33)
};

// BEP 44. `seq`: the value is wanted only if its sequence number is greater.
struct Get {
  NodeId id;
  ItemTarget target;
  std::optional<int64_t> seq;
  Want want;
};
struct Put {
  static constexpr size_t kSizeMax = 1400;  // a value of 1,000 bytes and all that proves it

  NodeId id;
  ByteView token;
  ItemView item;
  std::optional<int64_t> cas;  // only if the stored sequence number is this
};

inline constexpr int kGenericError = 201;
inline constexpr int kServerError = 202;
inline constexpr int kProtocolError = 203;
inline constexpr int kMethodUnknown = 204;

// A query that cannot be served, and the error that says so.
struct BadQuery {
  int code = kProtocolError;
  absl::string_view why;
};

// The union of what all replies hold; which query it answers, only the transaction tells.
struct Reply {
  NodeId id;
  ByteView nodes;   // kNodeV4Size each
  ByteView nodes6;  // kNodeV6Size each
  ByteView token;
  std::optional<bencode::List> values;
  ItemView item;               // of `get`; whether it is genuine, nobody has looked at yet
  std::optional<int64_t> seq;  // also without an item: how new the stored one is
  // Of a scrape: BloomFilter::kSize bytes each, or empty.
  ByteView seeds_filter;
  ByteView peers_filter;
  // Of sample_infohashes: info-hashes one after another; null if the node does not know BEP 51.
  std::optional<ByteView> samples;
  std::optional<int64_t> interval;  // seconds until there are other samples
  std::optional<int64_t> num;       // info-hashes that it holds
};

struct Error {
  int64_t code = 0;
  absl::string_view text;
};

struct Message {
  ByteView transaction_id;
  absl::string_view version;        // `v`: which client
  std::optional<Endpoint> seen_as;  // `ip`: our address as the sender sees it
  bool is_read_only = false;        // `ro`: never ask it anything
  std::variant<Ping, FindNode, GetPeers, AnnouncePeer, Get, Put, SampleInfohashes, BadQuery, Reply,
               Error>
      body;
};

std::optional<Message> Parse(ByteView datagram);

// A node in `nodes` or `nodes6`.
struct Node {
  NodeId id;
  Endpoint endpoint;
};
inline size_t CountNodes(ByteView compact, size_t node_size) { return compact.size() / node_size; }
Node NodeAt(ByteView compact, size_t node_size, size_t index);

}  // namespace starling::dht::krpc
