// The pieces that a choked peer may have all the same (BEP 6, "Allowed Fast Set Generation"): a
// newcomer without any piece gets something to trade with. The set follows from the peer's address,
// so that connecting again does not give other pieces.
#pragma once

#include <cstdint>
#include <vector>

#include "base/endpoint.h"
#include "base/id.h"
#include "base/strong_int.h"

namespace starling::peer {

// How many we offer. A peer that has as many pieces needs no alms and is refused.
inline constexpr uint32_t kAllowedFastCount = 5;
// To how many peers of a torrent at a time. In a flash crowd everybody is a newcomer, and alms for
// all would take the uplink of a lone seed from those whom it serves in turn.
inline constexpr uint32_t kAlmsTakersMax = 4;
// Of those that a peer offers us, the first are kept.
inline constexpr size_t kAllowedFastReceivedMax = 32;

// `count` different pieces for the peer at `address` (fewer if there are fewer). IPv6 addresses are
// cut to their /48 as IPv4 ones are to their /24; BEP 6 knows only the latter.
std::vector<PieceIndex> AllowedFastSet(const InfoHash& info_hash, const Endpoint& address,
                                       uint32_t piece_count, uint32_t count);

}  // namespace starling::peer
