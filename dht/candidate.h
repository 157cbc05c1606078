// A node that a lookup knows of, and how far the lookup is with it.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/endpoint.h"
#include "base/id.h"

namespace starling::dht {

struct Candidate {
  // Slow: late, so that its turn went to another, but it may still answer.
  enum class State : uint8_t { kUnasked, kAsked, kSlow, kAnswered, kFailed };
  static constexpr size_t kTokenSizeMax = 30;  // the longest seen in the wild is 20

  NodeId id;
  Endpoint endpoint;
  State state = State::kUnasked;
  uint8_t hops = 1;          // length of the referral chain, our table is 1
  uint32_t answered_ms = 0;  // after the start of the search
  uint8_t token_size = 0;    // 0: it gave none, nothing can be announced to it
  uint8_t rtt_class = 0;     // as our table knows it (dht/contact.h); 0: unknown
  std::byte token[kTokenSizeMax];

  ByteView token_view() const { return {token, token_size}; }
};

}  // namespace starling::dht
