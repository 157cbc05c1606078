// Whom one torrent is connected to, kept as a journal, so that what changed since a peer was last
// told costs as much as there are changes, and what a peer was told is two numbers instead of a
// list (BEP 11). Every coming has a number, and so has every going; the present are in the order
// in which they came.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/endpoint.h"
#include "peer/peer_exchange.h"

namespace starling::peer {

class PeerJournal {
 public:
  // Of those who left so many are remembered. Who was not told of an older one finds out when he
  // dials it.
  static constexpr size_t kGoneMax = 64;

  // How much one receiver was told: all comings and goings up to these numbers.
  struct Mark {
    uint32_t came = 0;
    uint32_t went = 0;
    bool operator==(const Mark&) const = default;
  };

  // We are connected to a peer that listens at `endpoint`. Twice is possible, for a moment.
  void Come(const Endpoint& endpoint, uint8_t flags);
  void Go(const Endpoint& endpoint);
  void SetSeed(const Endpoint& endpoint);

  // How much happened since, at most.
  uint32_t CountNews(const Mark& mark) const {
    return now_.came - mark.came + (now_.went - mark.went);
  }
  bool HasNews(const Mark& mark) const { return mark != now_; }
  // The difference since `mark`, at most kPexSentMax of each kind, and moves the mark behind it.
  // Whoever came and went in between is not mentioned, nor is `receiver`.
  PexMessage Since(const Endpoint& receiver, Mark* mark) const;
  size_t size() const { return present_.size(); }

 private:
  struct Present {
    Endpoint endpoint;
    uint8_t flags = 0;
    uint8_t connections = 1;
    uint32_t came = 0;
  };
  struct Gone {
    Endpoint endpoint;
    uint32_t came = 0;
    uint32_t went = 0;
  };
  std::vector<Present>::iterator Find(const Endpoint& endpoint);
  bool IsPresent(const Endpoint& endpoint) const;

  std::vector<Present> present_;  // in the order of coming
  std::vector<Gone> gone_;        // in the order of going
  Mark now_;
};

}  // namespace starling::peer
