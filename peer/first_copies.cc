#include "peer/first_copies.h"

#include <algorithm>
#include <utility>

namespace starling::peer {
namespace {

// Marks the blocks that a request lies in.
void Mark(const storage::BlockRequest& request, Bitfield* blocks) {
  const uint32_t end = request.offset + request.length;
  for (uint32_t at = request.offset / storage::kBlockSize;
       at < blocks->size() && at * storage::kBlockSize < end; ++at) {
    blocks->Set(PieceIndex(at));
  }
}

}  // namespace

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

const FirstCopies::Served* FirstCopies::Find(ConnectionId peer) const {
  return const_cast<FirstCopies*>(this)->Find(peer);
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
  taking_ -= static_cast<uint32_t>(
      std::erase_if(served.taking, [&forget](const Taken& taken) { return forget(taken.piece); }));
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
  if (served.unheard >= kUnheardMax || served.turn_ends) return;
  PieceIndex piece;
  while (served.advised.size() < served.ahead && FindNext(rarity, &piece)) {
    given_[piece.value()] = true;
    served.advised.push_back(piece);
    ++advised_;
    pieces->push_back(piece);
  }
}

void FirstCopies::OnAsked(ConnectionId peer, const storage::BlockRequest& asked, uint32_t blocks,
                          const Rarity& rarity) {
  const PieceIndex piece = asked.piece;
  if (!have_.Has(piece) || rarity.availability(piece) > 0) return;
  Served& served = FindOrAdd(peer);
  auto taken = std::find_if(served.taking.begin(), served.taking.end(),
                            [piece](const Taken& other) { return other.piece == piece; });
  if (taken == served.taking.end()) {
    if (!Takes(served, asked)) return;
    if (served.taking.size() >= kTakingMax) {
      TakeBack(served.taking.front().piece);
      served.taking.erase(served.taking.begin());
      --taking_;
    }
    given_[piece.value()] = true;
    served.taking.emplace_back(piece, blocks);
    ++taking_;
    taken = std::prev(served.taking.end());
  }
  Mark(asked, &taken->asked);
}

// Does it begin a piece with this that is to count as given to it?
bool FirstCopies::Takes(Served& served, const storage::BlockRequest& asked) {
  if (std::erase(served.advised, asked.piece) > 0) {
    --advised_;
    served.unheard = 0;
    return true;
  }
  if (asked.offset != 0 || served.turn_ends) return false;
  // While our advice was on its way it had room for more, or it does not care.
  if (!served.advised.empty() && ++served.unheard >= kUnheardMax) TakeBackAdvice(served);
  if (!given_[asked.piece.value()]) return true;
  served.ahead = std::min(served.ahead + 1, kAheadMax);
  return false;
}

void FirstCopies::OnSent(ConnectionId peer, const storage::BlockRequest& sent) {
  Served* served = Find(peer);
  if (served == nullptr) return;
  for (Taken& taken : served->taking) {
    if (taken.piece != sent.piece) continue;
    Mark(sent, &taken.sent);
    Mark(sent, &taken.asked);  // perhaps before it was choked
  }
}

void FirstCopies::OnChoked(ConnectionId peer, bool gets_the_rest, const Rarity& rarity) {
  Served* served = Find(peer);
  if (served == nullptr) return;
  TakeBackAdvice(*served);
  ForgetWhatIsOut(*served, rarity);
  const bool had_time = std::exchange(served->turn_ends, false);
  taking_ -= static_cast<uint32_t>(std::erase_if(served->taking, [&](const Taken& taken) {
    const bool was_slow = had_time && !taken.is_asked();
    if (!taken.sent.none() && !was_slow) return false;
    TakeBack(taken.piece);
    return true;
  }));
  for (Taken& taken : served->taking) {
    if (!gets_the_rest || !taken.is_asked()) taken.asked = taken.sent;
  }
}

void FirstCopies::OnUnchoked(ConnectionId peer) {
  Served* served = Find(peer);
  if (served == nullptr) return;
  for (Taken& taken : served->taking) taken.asked = taken.sent;
}

void FirstCopies::SetTurnEnds(ConnectionId peer, bool ends) {
  if (Served* served = Find(peer)) served->turn_ends = ends;
}

bool FirstCopies::DoesTurnEnd(ConnectionId peer) const {
  const Served* served = Find(peer);
  return served != nullptr && served->turn_ends;
}

bool FirstCopies::IsTurnOver(ConnectionId peer, const Rarity& rarity) const {
  const Progress progress = ProgressOf(peer, rarity);
  return progress.turn_ends && !progress.has_part;
}

const FirstCopies::Taken* FirstCopies::FindTaken(ConnectionId peer, PieceIndex piece) const {
  const Served* served = Find(peer);
  if (served == nullptr) return nullptr;
  const auto found = std::find_if(served->taking.begin(), served->taking.end(),
                                  [piece](const Taken& taken) { return taken.piece == piece; });
  return found == served->taking.end() ? nullptr : &*found;
}

bool FirstCopies::IsTaking(ConnectionId peer, PieceIndex piece) const {
  return FindTaken(peer, piece) != nullptr;
}

bool FirstCopies::IsAskedToItsEnd(ConnectionId peer, PieceIndex piece) const {
  const Taken* taken = FindTaken(peer, piece);
  return taken != nullptr && !taken->sent.none() && taken->is_asked();
}

FirstCopies::Progress FirstCopies::ProgressOf(ConnectionId peer, const Rarity& rarity) const {
  const Served* served = Find(peer);
  if (served == nullptr) return {};
  Progress progress;
  progress.turn_ends = served->turn_ends;
  for (const Taken& taken : served->taking) {
    if (taken.sent.none() || rarity.availability(taken.piece) > 0) continue;
    progress.has_begun = true;
    progress.has_part = progress.has_part || !taken.is_asked();
  }
  return progress;
}

void FirstCopies::Forget(ConnectionId peer) {
  dry_ = have_.none();
  Served* served = Find(peer);
  if (served == nullptr) return;
  TakeBackAdvice(*served);
  for (const Taken& taken : served->taking) TakeBack(taken.piece);
  taking_ -= static_cast<uint32_t>(served->taking.size());
  served_.erase(served_.begin() + (served - served_.data()));
}

}  // namespace starling::peer
