#include "peer/peer_priority.h"

#include <algorithm>
#include <span>

#include "base/bytes.h"
#include "base/crc32c.h"

namespace starling::peer {
namespace {

constexpr std::byte kPartMask{0x55};

uint32_t PriorityOfPorts(uint16_t a, uint16_t b) {
  std::array<std::byte, 4> sorted;
  StoreBig<uint16_t>(sorted.data(), std::min(a, b));
  StoreBig<uint16_t>(sorted.data() + 2, std::max(a, b));
  return Crc32c(sorted);
}

// `kept` leading bytes of an address count in full, of the others every second bit.
void Mask(std::span<std::byte> address, size_t kept) {
  for (size_t i = kept; i < address.size(); ++i) address[i] &= kPartMask;
}

// Within a private network each address speaks for itself.
bool IsOneNetwork(const Endpoint& a, const Endpoint& b) {
  return a.is_private() ? a.SameAddress(b) : a.prefix() == b.prefix();
}

}  // namespace

uint32_t PeerPriority(const Endpoint& a, const Endpoint& b) {
  if (a.SameAddress(b)) return PriorityOfPorts(a.port, b.port);
  const size_t from = a.is_v4() ? 12 : 0;
  const size_t size = a.address.size() - from;
  const size_t kept_min = a.is_v4() ? 2 : 6;
  const auto differs =
      std::mismatch(a.address.begin() + from, a.address.end(), b.address.begin() + from);
  const auto shared = static_cast<size_t>(differs.first - (a.address.begin() + from));
  // One byte more than they share: the whole address where they are neighbours.
  const size_t kept = shared < kept_min ? kept_min : std::min(shared + 1, size);
  std::array<std::byte, 32> both;
  const std::span<std::byte> first = std::span(both).first(size);
  const std::span<std::byte> second = std::span(both).subspan(size, size);
  std::copy(a.address.begin() + from, a.address.end(), first.begin());
  std::copy(b.address.begin() + from, b.address.end(), second.begin());
  Mask(first, kept);
  Mask(second, kept);
  if (std::lexicographical_compare(second.begin(), second.end(), first.begin(), first.end())) {
    std::swap_ranges(first.begin(), first.end(), second.begin());
  }
  return Crc32c(ByteView(both).first(2 * size));
}

size_t OwnAddress::KindOf(const Endpoint& address) {
  return (address.is_v4() ? 0u : 2u) + (address.is_private() ? 1u : 0u);
}

void OwnAddress::Hear(const Endpoint& from, const Endpoint& seen) {
  if (KindOf(from) != KindOf(seen) || seen.is_unspecified() || seen.is_loopback()) return;
  Kind& kind = kinds_[KindOf(seen)];
  const auto before = std::find_if(kind.votes.begin(), kind.votes.end(),
                                   [&](const Vote& vote) { return IsOneNetwork(vote.from, from); });
  if (before != kind.votes.end()) {
    kind.votes.erase(before);
  } else if (kind.votes.size() == kVotesMax) {
    kind.votes.erase(kind.votes.begin());
  }
  kind.votes.push_back({from, seen});
  const auto agreeing = std::count_if(kind.votes.begin(), kind.votes.end(),
                                      [&](const Vote& vote) { return vote.seen == seen; });
  if (agreeing < kVotesMin || 2 * static_cast<size_t>(agreeing) <= kind.votes.size()) return;
  if (kind.known == seen) return;
  kind.known = seen;
  changed_ = true;
}

const Endpoint* OwnAddress::Towards(const Endpoint& peer) const {
  const Kind& kind = kinds_[KindOf(peer)];
  return kind.known.has_value() ? &*kind.known : nullptr;
}

}  // namespace starling::peer
