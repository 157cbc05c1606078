// What a seed gives first: every piece once before any piece twice, which is what super-seeding
// (BEP 16) is for. Whoever is served is advised (BEP 6, suggest piece) to take pieces that no peer
// is known to have and nobody else was advised to take. Peers see only what their own neighbours
// have, so left alone they fetch from the seed what others have already: with 2,600 of them it sent
// 2.3 copies before each piece was out once.
//
// It is advice: nothing is hidden, and who does not follow it is served as ever. Where every piece
// is out there is nothing to say. Pure: it is told who is served, what is asked for and what is
// sent.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bitfield.h"
#include "base/random.h"
#include "base/strong_int.h"
#include "peer/choker.h"
#include "peer/rarity.h"
#include "storage/piece_store.h"

namespace starling::peer {

class FirstCopies {
 public:
  // Pieces that a peer is advised to take beyond those that it has begun.
  static constexpr uint32_t kAheadMax = 4;
  // Pieces a peer may be taking for all we know: who tells of none is not waited for.
  static constexpr size_t kTakingMax = 64;
  // Who begins so many others in a row does not listen.
  static constexpr uint32_t kUnheardMax = 16;

  // `have`: the pieces that we can give.
  FirstCopies(Bitfield have, Random& random);

  // What `peer`, which is served, should take beyond what it was told: appended to `pieces`.
  void Advise(ConnectionId peer, const Rarity& rarity, std::vector<PieceIndex>* pieces);
  // It asks for bytes of a piece of `blocks` blocks.
  void OnAsked(ConnectionId peer, const storage::BlockRequest& asked, uint32_t blocks,
               const Rarity& rarity);
  // They go to it.
  void OnSent(ConnectionId peer, const storage::BlockRequest& sent);
  // The peer is choked. What it has a part of it goes on with when its turn comes again, unless it
  // was given the time for that and did not take it; the rest others may have. `gets_the_rest`: of
  // what it has asked for to its end (IsAskedToItsEnd).
  void OnChoked(ConnectionId peer, bool gets_the_rest, const Rarity& rarity);
  // It is unchoked again: what was asked for and did not come is to be asked for again.
  void OnUnchoked(ConnectionId peer);
  // Whether it is served only until it has asked for all of what it has begun: there is no more
  // advice for it then.
  void SetTurnEnds(ConnectionId peer, bool ends);
  bool DoesTurnEnd(ConnectionId peer) const;
  // Its turn was to end so, and has.
  bool IsTurnOver(ConnectionId peer, const Rarity& rarity) const;
  bool IsTaking(ConnectionId peer, PieceIndex piece) const;
  // It has a part of the piece, and nothing of it is left to ask for.
  bool IsAskedToItsEnd(ConnectionId peer, PieceIndex piece) const;
  // The peer is gone, and with it perhaps the only copy of a piece.
  void Forget(ConnectionId peer);
  struct Progress {
    bool has_part =
        false;  // of a piece that nobody is known to have, and has more of it to ask for
    bool has_begun = false;  // such a piece, whatever is left of it
    bool turn_ends = false;
  };
  Progress ProgressOf(ConnectionId peer, const Rarity& rarity) const;
  // There is nothing to say until somebody leaves or is choked.
  bool idle() const { return dry_ && advised_ == 0 && taking_ == 0; }

 private:
  struct Taken {
    Taken(PieceIndex of, uint32_t blocks) : piece(of), asked(blocks), sent(blocks) {}
    bool is_asked() const { return asked.all(); }
    PieceIndex piece;
    Bitfield asked;  // a bit a block
    Bitfield sent;
  };
  struct Served {
    ConnectionId peer{};
    uint32_t ahead = 1;
    uint32_t unheard = 0;  // pieces begun in a row that it was not advised to
    bool turn_ends = false;
    std::vector<PieceIndex> advised;  // and not begun
    std::vector<Taken> taking;        // begun, and not known to be out
  };
  Served* Find(ConnectionId peer);
  const Taken* FindTaken(ConnectionId peer, PieceIndex piece) const;
  const Served* Find(ConnectionId peer) const;
  Served& FindOrAdd(ConnectionId peer);
  bool FindNext(const Rarity& rarity, PieceIndex* piece);
  bool Takes(Served& served, const storage::BlockRequest& asked);
  void ForgetWhatIsOut(Served& served, const Rarity& rarity);
  void TakeBack(PieceIndex piece);
  void TakeBackAdvice(Served& served);

  const Bitfield have_;
  std::vector<Served> served_;
  std::vector<bool> given_;  // pieces that somebody was advised to take or is taking
  uint32_t cursor_;          // pieces are gone through in order, from a random one on
  uint32_t advised_ = 0;     // in all lists of that name
  uint32_t taking_ = 0;
  bool dry_ = false;  // at the last look every piece was out or given
};

}  // namespace starling::peer
