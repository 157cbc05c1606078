// Encodes KRPC messages straight into the space that a DatagramPort lends; krpc.h says which
// BEPs. Each function returns the size, or 0 if it does not fit, which sends nothing. Keys go out
// sorted, as bencoding demands.
#pragma once

#include <optional>
#include <span>

#include "dht/contact.h"
#include "dht/krpc.h"

namespace starling::dht::krpc {

// What every message has around its body. Empty parts are left out.
struct Envelope {
  ByteView transaction_id;
  absl::string_view version;
  std::optional<Endpoint> seen_as;  // replies and errors: the address that the query came from
  bool is_read_only = false;        // queries
};

size_t Write(ByteSpan space, const Envelope& envelope, const Ping& query);
size_t Write(ByteSpan space, const Envelope& envelope, const FindNode& query);
size_t Write(ByteSpan space, const Envelope& envelope, const GetPeers& query);
size_t Write(ByteSpan space, const Envelope& envelope, const AnnouncePeer& query);
size_t Write(ByteSpan space, const Envelope& envelope, const SampleInfohashes& query);

// What sample_infohashes is answered with (BEP 51).
struct Samples {
  std::span<const InfoHash> hashes;
  int64_t interval_s = 0;
  int64_t num = 0;
};

// Nodes are written only if present; a present but empty list is said as such.
struct Answer {
  NodeId id;
  std::optional<std::span<const Contact* const>> nodes;
  std::optional<std::span<const Contact* const>> nodes6;
  ByteView token;
  std::span<const Endpoint> values;
  // Of a scrape (BEP 33): both or none, BloomFilter::kSize bytes each.
  ByteView seeds_filter;
  ByteView peers_filter;
  std::optional<Samples> samples;
};
size_t Write(ByteSpan space, const Envelope& envelope, const Answer& answer);
size_t Write(ByteSpan space, const Envelope& envelope, const Error& error);

// How many bytes one peer takes in `values`.
inline constexpr size_t kValueV4Size = 2 + kCompactV4Size;
inline constexpr size_t kValueV6Size = 3 + kCompactV6Size;
// At most what an Answer with these parts takes, peers and samples not counted.
size_t AnswerSizeMax(const Envelope& envelope, const Answer& answer);

}  // namespace starling::dht::krpc
