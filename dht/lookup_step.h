// A lookup step by step, for whoever wants to watch one (`starling dht lookup -v`): each query, and
// how it ended, if it did before the lookup.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/endpoint.h"
#include "base/id.h"
#include "base/time.h"

namespace starling::dht {

enum class LookupId : uint64_t;

struct LookupStep {
  enum class Kind : uint8_t {
    kAsked,
    kAnswered,
    kLate,     // others get its turn, but it may still answer
    kSilent,   // until the query's timeout
    kRefused,  // an error, or an answer that does not count
  };
  Kind kind = Kind::kAsked;
  Endpoint node;
  NodeId id;          // as named to us; as it says itself once it has answered
  uint8_t hops = 0;   // length of the referral chain to it; 0: not known any more
  size_t nodes = 0;   // that it named, of those kAnswered
  size_t peers = 0;   // likewise
  Duration waited{};  // since it was asked
};

class LookupWatcher {
 public:
  virtual ~LookupWatcher() = default;
  virtual bool wants_steps() const { return false; }
  // Must not call or destroy the Node inside.
  virtual void OnStep(Time, LookupId, const LookupStep&) {}
};

}  // namespace starling::dht
