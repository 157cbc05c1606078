// What is known of each address of a peer set, as small as it goes: 12 bytes for IPv4 and 24 for
// IPv6, sorted by address. There may be a thousand of them in each of ten thousand nodes.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/endpoint.h"
#include "peer/torrent.h"

namespace starling::peer {

struct CandidateState {
  uint16_t draw_high = 0;  // two halves, so that the whole needs no alignment of four
  uint16_t draw_low = 0;
  uint8_t failures = 0;
  PeerSource source : 4 = PeerSource::kPeerExchange;
  bool in_use : 1 = false;
  bool seed : 1 = false;
  bool own : 1 = false;
  bool waits : 1 = false;  // it failed: when it may be tried again is kept elsewhere

  uint32_t draw() const { return uint32_t{draw_high} << 16 | draw_low; }
  void set_draw(uint32_t draw) {
    draw_high = static_cast<uint16_t>(draw >> 16);
    draw_low = static_cast<uint16_t>(draw);
  }
};

// Addresses whose compact form (BEP 5, 32) has kSize bytes: 6 or 18. No other may be asked for.
template <size_t kSize>
class CandidateTable {
 public:
  struct Entry {
    std::array<std::byte, kSize> compact;
    CandidateState state;
    Endpoint endpoint() const { return *ReadCompact(compact); }
  };

  size_t size() const { return entries_.size(); }
  const std::vector<Entry>& entries() const { return entries_; }
  std::vector<Entry>& entries() { return entries_; }

  // Null if it is not known.
  CandidateState* Find(const Endpoint& endpoint) {
    const Compact compact = CompactOf(endpoint);
    const auto at = Place(compact);
    return at == entries_.end() || at->compact != compact ? nullptr : &at->state;
  }
  // One that is not known yet. `max`: so many there are never, and room is made for no more.
  void Insert(const Endpoint& endpoint, const CandidateState& state, size_t max) {
    if (entries_.size() == entries_.capacity()) {
      entries_.reserve(std::min(max, entries_.size() + entries_.size() / 4 + 8));
    }
    const Compact compact = CompactOf(endpoint);
    entries_.insert(Place(compact), {compact, state});
  }
  void Erase(const Endpoint& endpoint) {
    const Compact compact = CompactOf(endpoint);
    const auto at = Place(compact);
    if (at != entries_.end() && at->compact == compact) entries_.erase(at);
  }

 private:
  using Compact = std::array<std::byte, kSize>;

  static Compact CompactOf(const Endpoint& endpoint) {
    Compact compact;
    WriteCompact(endpoint, compact.data());
    return compact;
  }
  static bool Before(const Compact& a, const Compact& b) {
    const auto a_head = LoadBig<uint32_t>(a.data());
    const auto b_head = LoadBig<uint32_t>(b.data());
    return a_head != b_head ? a_head < b_head : a < b;
  }
  auto Place(const Compact& compact) {
    return std::lower_bound(
        entries_.begin(), entries_.end(), compact,
        [](const Entry& entry, const Compact& wanted) { return Before(entry.compact, wanted); });
  }

  std::vector<Entry> entries_;
};

using V4Candidates = CandidateTable<kCompactV4Size>;
using V6Candidates = CandidateTable<kCompactV6Size>;
static_assert(sizeof(V4Candidates::Entry) == 12 && sizeof(V6Candidates::Entry) == 24);

}  // namespace starling::peer
