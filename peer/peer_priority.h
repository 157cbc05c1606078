// Which connections a full torrent keeps (BEP 40): each pair of addresses has a priority that both
// sides compute alike, and that nobody chooses who does not choose his address. Where everybody
// keeps the pairs of highest priority, a swarm becomes one random graph; where everybody keeps whom
// he met first, those who came together stay among themselves, and what the first ones have takes
// long to reach the last ones.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/endpoint.h"

namespace starling::peer {

// Higher is better. Both are of one family. Of one and the same address the ports count, so that
// the sides differ where one of them is that of an outgoing connection.
uint32_t PeerPriority(const Endpoint& a, const Endpoint& b);

// Our own addresses, as peers say that they see them (BEP 10, `yourip`): one of each family towards
// the internet and one of each within private networks. A hint: each network has one vote, the last
// eight count, most of them must agree, and nothing but the choice among peers follows from it.
class OwnAddress {
 public:
  static constexpr size_t kVotesMax = 8;
  static constexpr int kVotesMin = 2;

  // `from` sees us as `seen`, which here has the port at which we listen.
  void Hear(const Endpoint& from, const Endpoint& seen);
  // The one that `peer` should see; null if it is not known.
  const Endpoint* Towards(const Endpoint& peer) const;
  // Has anything changed since the last call?
  bool TakeChange() { return std::exchange(changed_, false); }

 private:
  struct Vote {
    Endpoint from;
    Endpoint seen;
  };
  struct Kind {
    std::optional<Endpoint> known;
    std::vector<Vote> votes;  // the oldest first
  };
  static size_t KindOf(const Endpoint& address);

  std::array<Kind, 4> kinds_;
  bool changed_ = false;
};

}  // namespace starling::peer
