// What a seed gives first: every piece once before any piece twice, which is what super-seeding
// (BEP 16) is for. Whoever is served is advised (BEP 6, suggest piece) to take pieces that no peer
// is known to have and nobody else was advised to take. Peers see only what their own neighbours
// have, so left alone they fetch from the seed what others have already: with 2,600 of them it sent
// 2.3 copies before each piece was out once.
//
// It is advice: nothing is hidden, and who does not follow it is served as ever. Once every piece
// is out there is nothing left to say. Pure: it is told who is served and what is asked for.
#pragma once

#include <cstdint>
#include <vector>

#include "base/random.h"
#include "base/strong_int.h"
#include "peer/choker.h"
#include "peer/rarity.h"

namespace starling::peer {

class FirstCopies {
 public:
  // Pieces that a peer is advised to take beyond those that it has begun.
  static constexpr uint32_t kAheadMax = 4;
  // Pieces a peer may be taking for all we know: who tells of none is not waited for.
  static constexpr size_t kTakingMax = 64;

  FirstCopies(uint32_t piece_count, Random& random);

  // What `peer`, which is served, should take beyond what it was told: appended to `pieces`.
  void Advise(ConnectionId peer, const Rarity& rarity, std::vector<PieceIndex>* pieces);
  // It asks for the first block of a piece.
  void OnBegun(ConnectionId peer, PieceIndex piece);
  // The peer is served no more for now: what it has not begun, others may. What it has, it goes on
  // with when its turn comes again: of a slow seed a piece can take several.
  void OnChoked(ConnectionId peer);
  // The peer is gone.
  void Forget(ConnectionId peer);
  // At the last look every piece was out.
  bool over() const { return over_; }

 private:
  struct Served {
    ConnectionId peer{};
    uint32_t ahead = 1;
    std::vector<PieceIndex> advised;  // and not begun
    std::vector<PieceIndex> taking;   // begun, and not known to be out
  };
  Served* Find(ConnectionId peer);
  Served& FindOrAdd(ConnectionId peer);
  bool FindNext(const Rarity& rarity, PieceIndex* piece);
  void ForgetWhatIsOut(const Rarity& rarity);
  void TakeBack(const std::vector<PieceIndex>& pieces);

  std::vector<Served> served_;
  std::vector<bool> given_;  // pieces that somebody was advised to take or is taking
  uint32_t cursor_;          // pieces are gone through in order, from a random one on
  bool over_ = false;
};

}  // namespace starling::peer
