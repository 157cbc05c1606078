#include "peer/first_copies.h"

#include <algorithm>
#include <utility>

namespace starling::peer {

// Two seeds of one swarm should not give the same pieces, so each begins somewhere else.
FirstCopies::FirstCopies(Bitfield have, Random& random)
    : have_(std::move(have)),
      given_(have_.size()),
      cursor_(have_.size() == 0 ? 0 : static_cast<uint32_t>(random.Below(have_.size()))),
      dry_(have_.none()) {}

FirstCopies::Served* FirstCopies::Find(ConnectionId peer) {
  const auto found = std::find_if(served_.begin(), served_.end(),
                                  [peer](const Served& served) { return served.peer == peer; });
  return found == served_.end() ? nullptr : &*found;
}

FirstCopies::Served& FirstCopies::FindOrAdd(ConnectionId peer) {
  if (Served* served = Find(peer)) return *served;
  served_.emplace_back().peer = peer;
  return served_.back();
}

void FirstCopies::TakeBack(PieceIndex piece) {
  given_[piece.value()] = false;
  dry_ = false;
}

void FirstCopies::TakeBackAdvice(Served& served) {
  for (const PieceIndex piece : served.advised) TakeBack(piece);
  advised_ -= static_cast<uint32_t>(served.advised.size());
  served.advised.clear();
}

void FirstCopies::ForgetWhatIsOut(Served& served, const Rarity& rarity) {
  const auto forget = [this, &rarity](PieceIndex piece) {
    if (rarity.availability(piece) == 0) return false;
    given_[piece.value()] = false;
    return true;
  };
  advised_ -= static_cast<uint32_t>(std::erase_if(served.advised, forget));
  std::erase_if(served.taking, [&forget](const Taken& taken) { return forget(taken.piece); });
}

// One walk over all pieces finds that there is none; until something changes nobody walks again.
bool FirstCopies::FindNext(const Rarity& rarity, PieceIndex* piece) {
  const uint32_t count = dry_ ? 0 : have_.size();
  for (uint32_t looked = 0; looked < count; ++looked) {
    *piece = PieceIndex(cursor_);
    cursor_ = cursor_ + 1 == count ? 0 : cursor_ + 1;
    if (have_.Has(*piece) && !given_[piece->value()] && rarity.availability(*piece) == 0) {
      return true;
    }
  }
  dry_ = true;
  return false;
}

void FirstCopies::Advise(ConnectionId peer, const Rarity& rarity, std::vector<PieceIndex>* pieces) {
  Served& served = FindOrAdd(peer);
  ForgetWhatIsOut(served, rarity);
  if (served.unheard >= kUnheardMax) return;
  PieceIndex piece;
  while (served.advised.size() < served.ahead && FindNext(rarity, &piece)) {
    given_[piece.value()] = true;
    served.advised.push_back(piece);
    ++advised_;
    pieces->push_back(piece);
  }
}

void FirstCopies::OnAsked(ConnectionId peer, PieceIndex piece, bool is_first) {
  if (!have_.Has(piece)) return;
  Served& served = FindOrAdd(peer);
  const bool followed = std::erase(served.advised, piece) > 0;
  if (followed) {
    --advised_;
    served.unheard = 0;
  } else {
    const bool is_own = std::any_of(served.taking.begin(), served.taking.end(),
                                    [piece](const Taken& taken) { return taken.piece == piece; });
    if (!is_first || is_own) return;
    // While our advice was on its way it had room for more, or it does not care.
    if (!served.advised.empty() && ++served.unheard >= kUnheardMax) TakeBackAdvice(served);
    if (given_[piece.value()]) {
      served.ahead = std::min(served.ahead + 1, kAheadMax);
      return;
    }
  }
  if (served.taking.size() >= kTakingMax) {
    TakeBack(served.taking.front().piece);
    served.taking.erase(served.taking.begin());
  }
  given_[piece.value()] = true;
  served.taking.push_back({piece});
}

void FirstCopies::OnSent(ConnectionId peer, PieceIndex piece) {
  Served* served = Find(peer);
  if (served == nullptr) return;
  for (Taken& taken : served->taking) taken.sent = taken.sent || taken.piece == piece;
}

void FirstCopies::OnChoked(ConnectionId peer) {
  Served* served = Find(peer);
  if (served == nullptr) return;
  TakeBackAdvice(*served);
  std::erase_if(served->taking, [this](const Taken& taken) {
    if (!taken.sent) TakeBack(taken.piece);
    return !taken.sent;
  });
}

bool FirstCopies::HasPartOfPiece(ConnectionId peer, const Rarity& rarity) const {
  return std::any_of(served_.begin(), served_.end(), [peer, &rarity](const Served& served) {
    return served.peer == peer &&
           std::any_of(served.taking.begin(), served.taking.end(), [&rarity](const Taken& taken) {
             return taken.sent && rarity.availability(taken.piece) == 0;
           });
  });
}

void FirstCopies::Forget(ConnectionId peer) {
  dry_ = have_.none();
  Served* served = Find(peer);
  if (served == nullptr) return;
  TakeBackAdvice(*served);
  for (const Taken& taken : served->taking) TakeBack(taken.piece);
  served_.erase(served_.begin() + (served - served_.data()));
}

}  // namespace starling::peer
