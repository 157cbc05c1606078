#include "peer/first_copies.h"

#include <algorithm>

namespace starling::peer {

// Two seeds of one swarm should not give the same pieces, so each begins somewhere else.
FirstCopies::FirstCopies(uint32_t piece_count, Random& random)
    : given_(piece_count),
      cursor_(piece_count == 0 ? 0 : static_cast<uint32_t>(random.Below(piece_count))),
      left_(piece_count) {}

FirstCopies::Served* FirstCopies::Find(ConnectionId peer) {
  const auto found = std::find_if(served_.begin(), served_.end(),
                                  [peer](const Served& served) { return served.peer == peer; });
  return found == served_.end() ? nullptr : &*found;
}

// What was given and is still not out comes again: who took it may be gone.
void FirstCopies::BeginTurn() {
  left_ = static_cast<uint32_t>(given_.size());
  given_.assign(given_.size(), false);
  for (const Served& served : served_) {
    for (const PieceIndex piece : served.advised) given_[piece.value()] = true;
    for (const PieceIndex piece : served.taking) given_[piece.value()] = true;
  }
}

bool FirstCopies::FindNext(const Rarity& rarity, PieceIndex* piece) {
  const auto count = static_cast<uint32_t>(given_.size());
  for (uint32_t looked = 0; looked < count; ++looked) {
    if (left_ == 0) BeginTurn();
    *piece = PieceIndex(cursor_);
    cursor_ = cursor_ + 1 == count ? 0 : cursor_ + 1;
    --left_;
    if (!given_[piece->value()] && rarity.availability(*piece) == 0) return true;
  }
  return false;
}

void FirstCopies::Advise(ConnectionId peer, const Rarity& rarity, std::vector<PieceIndex>* pieces) {
  if (Find(peer) == nullptr) served_.emplace_back().peer = peer;
  for (Served& served : served_) {
    const auto is_out = [&rarity](PieceIndex piece) { return rarity.availability(piece) > 0; };
    std::erase_if(served.advised, is_out);
    std::erase_if(served.taking, is_out);
  }
  Served& served = *Find(peer);
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
  const bool was_given = given_[piece.value()];
  given_[piece.value()] = true;
  Served* served = Find(peer);
  if (served == nullptr) return;
  // One that asks for what others take has room for more than it was told.
  const bool followed = std::erase(served->advised, piece) > 0;
  if (!followed && was_given) served->ahead = std::min(served->ahead + 1, kAheadMax);
  if (!was_given || followed) {
    if (served->taking.size() >= kTakingMax) served->taking.erase(served->taking.begin());
    served->taking.push_back(piece);
  }
}

void FirstCopies::Forget(ConnectionId peer) {
  std::erase_if(served_, [peer](const Served& served) { return served.peer == peer; });
}

}  // namespace starling::peer
