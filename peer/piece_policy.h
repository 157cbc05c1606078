// Which piece to begin next, as a policy that others may write: it is asked whenever the picker has
// no started piece for a peer (or one that may be worth less than a rare one), sees what the peer
// has and what nobody works on, and names one piece. Finishing what was started, the end game and
// the limits are the picker's.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "base/bitfield.h"
#include "base/random.h"
#include "base/strategy_registry.h"
#include "peer/rarity.h"

namespace starling::peer {

// What a policy may know. Pieces to choose from are those in both `theirs` and `unopened`.
struct PieceChoice {
  const Bitfield& theirs;    // the peer has them
  const Bitfield& unopened;  // we want them, and nobody was asked for them yet
  const Rarity& rarity;      // lists the unopened, and counts who has what
  uint32_t had = 0;          // how many pieces we have
};

// When all that is missing was asked for: of how many peers one block may be asked at a time, and
// how many such blocks one peer may be asked for. More copies cost more than they gain.
struct EndGame {
  uint32_t peers_a_block = 2;
  uint32_t blocks_a_peer = 4;
};

class PiecePolicy {
 public:
  virtual ~PiecePolicy() = default;
  // A piece in both `theirs` and `unopened`; nullopt: none that this peer should be asked for.
  virtual std::optional<PieceIndex> Choose(const PieceChoice& choice, Random& random) = 0;
  // Pieces are wanted in order of position and from nowhere else: what peers suggest or give while
  // they choke us is not taken.
  virtual bool in_order() const { return false; }
  // Of `had` pieces so far: are started pieces finished before any other is begun, the oldest
  // first? Else each peer goes on with what it brings, and rare pieces go before common ones.
  virtual bool FinishesFirst(uint32_t /*had*/) const { return true; }
  virtual EndGame end_game() const { return {}; }
};

// A torrent makes its policy from this; empty where one may be chosen: rarest first.
using PiecePolicyFactory = std::function<std::unique_ptr<PiecePolicy>()>;

// The rarest piece among those of the connected peers, ties at random; the first `first_random`
// pieces of a torrent at random, so that there is soon something to give.
std::unique_ptr<PiecePolicy> MakeRarestFirst(uint32_t first_random = 4);
// Rarest first as clients did it when the published experiments were made (simulation targets,
// section 4): what was started goes before anything else, however rare that is, and in the end game
// the rest is asked of everyone.
std::unique_ptr<PiecePolicy> MakeClassic(uint32_t first_random = 4);
std::unique_ptr<PiecePolicy> MakeSequential();
std::unique_ptr<PiecePolicy> MakeRandomPieces();
// The rarest of the first `pieces` that are not begun, for who reads along and shares too.
std::unique_ptr<PiecePolicy> MakeWindow(uint32_t pieces);

// What policies are built of: pieces in both `theirs` and `unopened`.
// The first one at or after `start`.
std::optional<PieceIndex> FirstFrom(const PieceChoice& choice, uint32_t start);
// One of all, each as likely as any other.
std::optional<PieceIndex> AnyOf(const PieceChoice& choice, Random& random);
std::optional<PieceIndex> RarestOf(const PieceChoice& choice, Random& random);

using PiecePolicyKind = StrategyKind<PiecePolicyFactory>;

class PiecePolicyRegistry : public StrategyRegistry<PiecePolicyFactory> {
 public:
  PiecePolicyRegistry();  // with rarest-first, classic, random, sequential and window
};

}  // namespace starling::peer
