// Queries in flight, oldest first. A reply counts only with the id that we drew and from the
// endpoint that we asked, so nobody else can answer for it.
//
// A query has two deadlines: after the timeout it is lost; before that, when most nodes would have
// answered (mean and four deviations of our round trips, at least `short_timeout`), it is *slow*
// and its lookup may ask somebody else meanwhile.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/endpoint.h"
#include "base/random.h"
#include "base/time.h"

namespace starling::dht {

enum class QueryKind : uint8_t {
  kSearch,    // a step of a lookup
  kRouter,    // find_node to a router, for a lookup of ourselves
  kAnnounce,  // announce_peer at the end of a lookup
  kVerify,    // does it answer? it may enter the table
  kRefresh,   // does it still answer?
  kPing,      // somebody outside wants to know
  kProbe,     // somebody outside asks more than that
};

struct Transaction {
  uint32_t id = 0;
  QueryKind kind = QueryKind::kVerify;
  bool is_slow : 1 = false;
  bool is_hasty : 1 = false;  // slow_at is earlier than it would be for others
  Endpoint to;
  uint64_t lookup = 0;  // of kSearch, kRouter and kAnnounce
  Time sent{};
  Time slow_at{};
};

class Transactions {
 public:
  static constexpr size_t kInFlightMax = 4096;

  Transactions(Duration timeout, Duration short_timeout, bool adapts = true)
      : timeout_(timeout), short_timeout_(short_timeout), adapts_(adapts) {}

  // Null if too many are in flight.
  const Transaction* Add(Time now, QueryKind kind, const Endpoint& to, uint64_t lookup,
                         Random& random);
  // The transaction that this reply ends, if there is one.
  std::optional<Transaction> Take(Time now, uint32_t id, const Endpoint& from);
  // Call until they return nothing.
  std::optional<Transaction> TakeLost(Time now);
  std::optional<Transaction> NextSlow(Time now);
  // The newest is to be called slow already `after` it was sent, hasty, and once more when others
  // are.
  void Hasten(Duration after);

  Time next_deadline() const;
  bool IsAsking(const Endpoint& endpoint) const;
  size_t CountOf(QueryKind kind) const;
  size_t size() const { return in_flight_.size(); }
  void Prefetch() const { __builtin_prefetch(in_flight_.data()); }
  const Transaction& newest() const { return in_flight_.back(); }
  // Of the round trips seen so far; what a query sent now would be given.
  Duration slow_after() const;
  // Of the round trips seen so far; zero: none.
  Duration mean_round_trip() const { return microseconds(mean_us_); }
  Duration round_trip_deviation() const { return microseconds(deviation_us_); }

 private:
  void FindNextSlow();
  void NoteRoundTrip(Duration round_trip);
  void Shrink();

  Duration timeout_;
  Duration short_timeout_;
  bool adapts_;  // to the round trips seen
  std::vector<Transaction> in_flight_;
  Time next_slow_ = kNever;  // the earliest slow_at of those not yet called slow
  // Integers, because they decide events.
  int64_t mean_us_ = 0;
  int64_t deviation_us_ = 0;
};

}  // namespace starling::dht
