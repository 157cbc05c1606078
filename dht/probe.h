// One question to one node, outside of any lookup: who is near this id, and which info-hashes do
// you hold (BEP 51)? For those who survey the DHT; dht::Node asks and tells a ProbeSink.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/endpoint.h"
#include "base/id.h"
#include "base/time.h"
#include "dht/contact.h"

namespace starling::dht {

enum class Question : uint8_t { kFindNode, kSampleInfohashes };

struct NodeAnswer {
  // Of what a stranger says no more is kept than these.
  static constexpr size_t kVersionSizeMax = 32;
  static constexpr size_t kNodesMax = 100;
  static constexpr size_t kSamplesMax = 100;

  Endpoint node;     // who was asked
  Endpoint seen_as;  // our address as it sees us; port 0: it did not say
  bool is_answered = false;
  bool is_error = false;  // it answered with a KRPC error, which has no id
  bool is_read_only = false;
  NodeId id;
  Duration round_trip{};
  std::string version;         // `v`, raw bytes
  std::vector<Contact> nodes;  // id and endpoint of those that it names, of both families
  // Null if it does not know sample_infohashes.
  std::optional<std::vector<InfoHash>> samples;
  int64_t interval_s = 0;  // until it has other samples, from 0 to 21,600
  int64_t num = 0;         // info-hashes that it holds
};

class ProbeSink {
 public:
  virtual ~ProbeSink() = default;
  // As with all sinks, anything may be destroyed from inside.
  virtual void OnAnswer(Time now, const NodeAnswer& answer) = 0;
};

// A question that is in flight.
struct PendingProbe {
  uint32_t transaction;
  ProbeSink* sink;
};

}  // namespace starling::dht
