// A DHT node as a routing table remembers it, in 44 bytes: there are 142 of them in a node of a
// large network, and a million nodes in a simulation.
//
// States (BEP 5, "Routing Table"): *good* answered, or answered once and asked us, within 15
// minutes; *questionable* was silent for longer; *bad* left two queries in a row unanswered and is
// dropped at once. A contact that never answered is unverified: we may ask it, nobody else hears
// of it from us.
#pragma once

#include <cstdint>

#include "base/endpoint.h"
#include "base/id.h"
#include "base/time.h"

namespace starling::dht {

// Seconds since the clock's epoch.
uint32_t ToStamp(Time now);

inline constexpr uint32_t kQuestionableAfterS = 15 * 60;
// Asked again before it becomes questionable, so that it can always be handed out.
inline constexpr uint32_t kRefreshAfterS = kQuestionableAfterS - 60;
inline constexpr uint8_t kFailuresMax = 2;

// Round trips on a scale of four steps to the doubling: 1 is below 1 ms, 0 unknown.
uint8_t RttClass(Duration round_trip);
// About the middle of a class; zero for unknown.
Duration RttOfClass(uint8_t rtt_class);

struct Contact {
  static constexpr uint8_t kNeverAnswered = 0xff;

  NodeId id;
  Endpoint endpoint;
  uint8_t failures = kNeverAnswered;  // unanswered queries in a row since the last answer
  uint8_t rtt_class = 0;
  uint32_t last_seen_s = 0;  // when it last proved to be alive

  bool is_verified() const { return failures != kNeverAnswered; }
  bool IsGood(uint32_t now_s) const {
    return failures == 0 && last_seen_s + kQuestionableAfterS > now_s;
  }
};
static_assert(sizeof(Contact) == 44);

}  // namespace starling::dht
