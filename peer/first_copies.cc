#include "peer/first_copies.h"

#include <algorithm>

namespace starling::peer {

// Two seeds of one swarm should not give the same pieces, so each begins somewhere else.
FirstCopies::FirstCopies(uint32_t piece_count, Random& random)
    : given_(piece_count),
      cursor_(piece_count == 0 ? 0 : static_cast<uint32_t>(random.Below(piece_count))) {}

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

void FirstCopies::TakeBack(const std::vector<PieceIndex>& pieces) {
  for (const PieceIndex piece : pieces) given_[piece.value()] = false;
}

void FirstCopies::ForgetWhatIsOut(const Rarity& rarity) {
  const auto forget = [this, &rarity](PieceIndex piece) {
    if (rarity.availability(piece) == 0) return false;
    given_[piece.value()] = false;
    return true;
  };
  for (Served& served : served_) {
    std::erase_if(served.advised, forget);
    std::erase_if(served.taking, forget);
  }
}

bool FirstCopies::FindNext(const Rarity& rarity, PieceIndex* piece) {
  const auto count = static_cast<uint32_t>(given_.size());
  for (uint32_t looked = 0; looked < count; ++looked) {
    *piece = PieceIndex(cursor_);
    cursor_ = cursor_ + 1 == count ? 0 : cursor_ + 1;
    if (!given_[piece->value()] && rarity.availability(*piece) == 0) return true;
  }
  return false;
}

void FirstCopies::Advise(ConnectionId peer, const Rarity& rarity, std::vector<PieceIndex>* pieces) {
  ForgetWhatIsOut(rarity);
  Served& served = FindOrAdd(peer);
  while (served.advised.size() < served.ahead) {
    PieceIndex piece;
    if (!FindNext(rarity, &piece)) {
      // What is advised or being taken is not out, and may still get lost.
      over_ = std::all_of(served_.begin(), served_.end(), [](const Served& other) {
        return other.advised.empty() && other.taking.empty();
      });
      return;
    }
    given_[piece.value()] = true;
    served.advised.push_back(piece);
    pieces->push_back(piece);
  }
}

void FirstCopies::OnBegun(ConnectionId peer, PieceIndex piece) {
  Served& served = FindOrAdd(peer);
  const bool followed = std::erase(served.advised, piece) > 0;
  if (!followed && given_[piece.value()]) {
    // One that asks for what others take has room for more than it was told.
    const bool is_own =
        std::find(served.taking.begin(), served.taking.end(), piece) != served.taking.end();
    if (!is_own) served.ahead = std::min(served.ahead + 1, kAheadMax);
    return;
  }
  if (served.taking.size() >= kTakingMax) {
    given_[served.taking.front().value()] = false;
    served.taking.erase(served.taking.begin());
  }
  given_[piece.value()] = true;
  served.taking.push_back(piece);
}

void FirstCopies::OnChoked(ConnectionId peer) {
  Served* served = Find(peer);
  if (served == nullptr) return;
  TakeBack(served->advised);
  served->advised.clear();
}

void FirstCopies::Forget(ConnectionId peer) {
  const Served* served = Find(peer);
  if (served == nullptr) return;
  TakeBack(served->advised);
  TakeBack(served->taking);
  served_.erase(served_.begin() + (served - served_.data()));
}

}  // namespace starling::peer
