// Whom a node remembers beyond its table: nodes that once were good contacts, whether they still
// answer or not. A table forgets within minutes whom it cannot reach; when the network falls apart
// and is whole again later, each part knows nobody of the other any more and would stay alone for
// good. Now and then one of these is asked for our own neighbourhood, which brings both parts
// together: it takes one node that remembers one of the other side.
//
// Drawn from the table at a steady rate and forgotten at random: of what was known before an
// outage half is remembered three hours later, and among a thousand nodes somebody remembers
// somebody after a day.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "base/endpoint.h"
#include "base/random.h"

namespace starling::dht {

class Acquaintances {
 public:
  static constexpr size_t kMax = 16;

  // `endpoint`, which answered us, pushes out anybody if there are too many.
  void Remember(const Endpoint& endpoint, Random& random);
  // Whom to ask now: one of those remembered or, seldom, one of `routers`, who have more to do.
  std::optional<Endpoint> Choose(std::span<const Endpoint> routers, Random& random) const;

  std::span<const Endpoint> known() const { return known_; }
  bool empty() const { return known_.empty(); }

 private:
  std::vector<Endpoint> known_;
};

}  // namespace starling::dht
