// What each message of a peer does, and what we write to it. The rest of Connection, its life and
// its deadlines, is in connection.cc.
#include <algorithm>
#include <utility>

#include "base/check.h"
#include "peer/allowed_fast.h"
#include "peer/connection.h"

namespace starling::peer {

using storage::BlockRequest;

void Connection::Ask(Time now, const BlockRequest& block) {
  if (state_ != State::kOpen) return;
  link_.Write(Request{block});
  downloads_.OnSent(now, block);
  deadline_.SetEarlier(std::max(downloads_.next_deadline(), now + seconds(1)));
}

void Connection::CancelRequest(const BlockRequest& block) {
  if (state_ != State::kOpen || !downloads_.OnCancel(block)) return;
  link_.Write(Cancel{block});
}

void Connection::SetInterested(bool interested) {
  if (state_ != State::kOpen || interested == interested_) return;
  interested_ = interested;
  if (interested) {
    link_.Write(Interested{});
  } else {
    link_.Write(NotInterested{});
  }
  NoteUse(link_.last_received());
}

void Connection::Apply(Time now, const Verdict& verdict) {
  if (state_ != State::kOpen) return;
  uploads_.SetRateLimit(now, verdict.rate_limit);
  uploads_.SetDeficitMax(verdict.deficit_max);
  const bool changes = uploads_.choking() == verdict.unchoke;
  // Whoever can be told what is rejected still gets what its turn was to end with.
  const auto keeps = [this](PieceIndex piece) {
    return fast_ && swarm_.first_copies != nullptr &&
           swarm_.first_copies->IsAskedToItsEnd(id(), piece);
  };
  uploads_.SetChoking(now, !verdict.unchoke, keeps);
  if (changes && verdict.unchoke && swarm_.first_copies != nullptr) {
    swarm_.first_copies->OnUnchoked(id());
  }
  if (changes) AdviseFirstCopies();
  if (uploads_.has_requests()) PumpReads(now);  // a new limit may let them go
}

// What the peer should take of us while it is served (peer/first_copies.h).
void Connection::AdviseFirstCopies() {
  FirstCopies* const copies = swarm_.first_copies.get();
  if (copies == nullptr) return;
  const Rarity& rarity = swarm_.pieces->rarity();
  if (choking()) return copies->OnChoked(id(), /*gets_the_rest=*/fast_, rarity);
  if (!fast_ || copies->idle()) return;
  std::vector<PieceIndex> advice;
  copies->Advise(id(), rarity, &advice);
  for (const PieceIndex piece : advice) link_.Write(Suggest{piece});
}

// Once it has asked for half of a piece it may know the next one: not sooner, or a peer that
// follows every advice at once would begin many and finish none.
void Connection::NoteForFirstCopies(Time now, const BlockRequest& asked) {
  FirstCopies* const copies = swarm_.first_copies.get();
  if (copies == nullptr || copies->idle() || choking()) return;
  const PieceGeometry& geometry = swarm_.pieces->geometry();
  const Rarity& rarity = swarm_.pieces->rarity();
  copies->OnAsked(id(), asked, geometry.BlocksIn(asked.piece), rarity);
  if (copies->IsTurnOver(id(), rarity)) return handler_.OnTurnOver(now);
  if (asked.offset + asked.length > geometry.PieceSize(asked.piece) / 2) AdviseFirstCopies();
}

// Its turn ends with what it has begun; what it would begin now is of no use to anybody until its
// next one.
bool Connection::IsPastItsTurn(PieceIndex piece) const {
  const FirstCopies* const copies = swarm_.first_copies.get();
  return copies != nullptr && !copies->idle() && fast_ && !choking() && copies->DoesTurnEnd(id()) &&
         !copies->IsTaking(id(), piece);
}

void Connection::SendHave(PieceIndex piece) {
  if (state_ == State::kOpen) link_.Write(Have{piece});
}

void Connection::OnHad(PieceIndex piece) {
  const bool is_news = early_ != nullptr || !pieces_.have.Has(piece);
  if (is_news || swarm_.got.size() - haves_told_ > kHavesHeldMax) TellHaves();
}

void Connection::TellHaves() {
  if (state_ != State::kOpen) return;
  while (haves_told_ < swarm_.got.size()) link_.Write(Have{swarm_.got[haves_told_++]});
}

void Connection::LearnPieceCount() { reader_.SetPieceCount(swarm_.metainfo->piece_count()); }

void Connection::LearnPieces(Time now) {
  if (state_ != State::kOpen || early_ == nullptr) return;
  CHECK(swarm_.pieces != nullptr);
  const uint32_t count = swarm_.pieces->count();
  const std::unique_ptr<EarlyPieces> early = std::move(early_);
  Bitfield have(count, early->all);
  if (!early->bitfield.empty()) {
    std::optional<Bitfield> parsed = Bitfield::FromWire(early->bitfield.view(), count);
    if (!parsed.has_value()) {
      Violate(now, "malformed bitfield");
      return;
    }
    if (!early->all) have = *std::move(parsed);
  }
  said_pieces_ = true;
  for (const PieceIndex piece : early->haves) {
    if (piece.value() >= count) {
      Violate(now, "have of a piece that does not exist");
      return;
    }
    have.Set(piece);
  }
  const auto out_of_range = [count](PieceIndex piece) { return piece.value() >= count; };
  allowed_fast_.erase(std::remove_if(allowed_fast_.begin(), allowed_fast_.end(), out_of_range),
                      allowed_fast_.end());
  suggested_.clear();
  TakePieces(now, std::move(have));
}

void Connection::TakePieces(Time now, Bitfield have) {
  swarm_.picker->RemovePeer(pieces_);
  pieces_.have = std::move(have);
  swarm_.picker->AddPeer(pieces_);
  if (pieces_.have.count() >= kAllowedFastCount) uploads_.EndAlms();
  handler_.OnPeerPieces(now, *this);
}

void Connection::PauseReading(Time now, Link::Reason reason) {
  if (state_ == State::kOpen) link_.PauseReading(now, reason);
}

void Connection::ResumeReading(Time now, Link::Reason reason) {
  if (reason == Link::kRateLimit) resume_at_ = kNever;
  if (state_ != State::kOpen || !link_.IsPausedFor(reason)) return;
  link_.ResumeReading(now, reason);
  downloads_.OnResume(now);
}

void Connection::PauseReadingUntil(Time now, Time until) {
  if (state_ != State::kOpen) return;
  resume_at_ = until;
  link_.PauseReading(now, Link::kRateLimit);
  deadline_.SetEarlier(until);
}

std::optional<Endpoint> Connection::listens_at() const {
  if (!incoming_) return remote_;
  if (extensions_.peer().port == 0) return std::nullopt;
  Endpoint endpoint = remote_;
  endpoint.port = extensions_.peer().port;
  return endpoint;
}

bool Connection::is_seed() const {
  if (early_ != nullptr) return early_->all;
  return pieces_.have.size() > 0 && pieces_.have.all();
}

void Connection::NoteUse(Time now) {
  const bool useful = interested_ || peer_interested_;
  if (useful) {
    useless_since_ = kNever;
  } else if (useless_since_ == kNever) {
    useless_since_ = now;
  }
}

// What is on its way may still come, or with BEP 6 be rejected; meanwhile others may be asked.
void Connection::On(Time now, const Choke&) {
  if (peer_choking_) return;
  peer_choking_ = true;
  peer_choke_changed_at_ = now;
  std::vector<BlockRequest> lost;
  downloads_.sent().TakeBack(
      [this](const BlockRequest& block) {
        return std::find(allowed_fast_.begin(), allowed_fast_.end(), block.piece) ==
               allowed_fast_.end();
      },
      &lost);
  if (!lost.empty()) handler_.OnLost(now, *this, lost);
  suggested_.clear();  // by now others may have been advised to take it
}

void Connection::On(Time now, const Unchoke&) {
  if (!peer_choking_) return;
  peer_choking_ = false;
  peer_choke_changed_at_ = now;
  if (fast_) return;
  // Without BEP 6 a choke forgets all requests, so what has not come by now never will.
  std::vector<BlockRequest> lost;
  downloads_.sent().Clear(&lost);
  if (!lost.empty()) handler_.OnLost(now, *this, lost);
}

void Connection::On(Time now, const Interested&) {
  if (peer_interested_) return;
  peer_interested_ = true;
  NoteUse(now);
  handler_.OnPeerInterest(now, *this);
}

void Connection::On(Time now, const NotInterested&) {
  if (!peer_interested_) return;
  peer_interested_ = false;
  NoteUse(now);
  handler_.OnPeerInterest(now, *this);
}

void Connection::On(Time now, const Have& message) {
  if (early_ != nullptr) {
    if (early_->haves.size() < kEarlyHavesMax) early_->haves.push_back(message.piece);
    return;
  }
  if (message.piece.value() >= pieces_.have.size()) {
    Violate(now, "have of a piece that does not exist");
    return;
  }
  if (pieces_.have.Has(message.piece)) return;
  ++haves_heard_;
  swarm_.picker->AddPiece(pieces_, message.piece);
  if (pieces_.have.count() >= kAllowedFastCount) uploads_.EndAlms();
  handler_.OnPeerPieces(now, *this);
}

// BEP 3 wants the pieces told once, at the start; aria2 sends its bitfield again in place of a run
// of have messages. What it adds is taken; nothing that was said is taken back.
void Connection::AddPieces(Time now, const Bitfield& have) {
  if (!std::exchange(said_pieces_, true)) {
    TakePieces(now, have);
    return;
  }
  if (!pieces_.have.LacksAnyOf(have)) return;
  for (uint32_t index = 0; index < have.size(); ++index) {
    const PieceIndex piece(index);
    if (have.Has(piece) && !pieces_.have.Has(piece)) swarm_.picker->AddPiece(pieces_, piece);
  }
  handler_.OnPeerPieces(now, *this);
}

void Connection::On(Time now, const BitfieldMessage& message) {
  if (early_ != nullptr) {
    early_->bitfield = message.bytes;
    return;
  }
  const std::optional<Bitfield> have =
      Bitfield::FromWire(message.bytes.view(), pieces_.have.size());
  if (have.has_value()) {
    AddPieces(now, *have);
  } else {
    Violate(now, "malformed bitfield");
  }
}

void Connection::On(Time now, const HaveAll&) {
  if (early_ != nullptr) {
    early_->all = true;
    return;
  }
  if (!said_pieces_ || !pieces_.have.all()) {
    AddPieces(now, Bitfield(pieces_.have.size(), true));
  }
}

void Connection::On(Time, const HaveNone&) { said_pieces_ = true; }

void Connection::On(Time now, const Request& message) {
  const bool is_late = IsPastItsTurn(message.block.piece);
  if (!uploads_.OnRequest(message.block, pieces_.have.count(), is_late)) {
    Violate(now, "request out of range");
  } else if (uploads_.floods()) {
    Violate(now, "asks for much and reads nothing");
  } else if (!is_late) {
    NoteForFirstCopies(now, message.block);
  } else if (swarm_.first_copies->IsTurnOver(id(), swarm_.pieces->rarity())) {
    handler_.OnTurnOver(now);
  }
}

void Connection::On(Time now, Piece& message) {
  const BlockRequest block = message.block();
  const bool asked = downloads_.OnBlock(now, block).has_value();
  const Time resume = ReserveAll({&swarm_.down, &swarm_.node_down}, now, block.length);
  if (resume > now) PauseReadingUntil(now, resume);
  if (asked) {
    handler_.OnBlock(now, *this, block, std::move(message.payload));
    return;
  }
  handler_.OnUnaskedBlock(now, *this, block.length);
  if (downloads_.floods()) Violate(now, "sends what nobody asked for");
}

void Connection::On(Time now, const Cancel& message) {
  if (!uploads_.OnCancel(message.block)) Violate(now, "cancels what it never asked for");
}

void Connection::On(Time now, const Port& message) {
  if (message.port != 0) handler_.OnDhtPort(now, *this, message.port);
}

void Connection::On(Time now, const Suggest& message) {
  if (early_ != nullptr) return;
  if (message.piece.value() >= pieces_.have.size()) {
    Violate(now, "suggestion of a piece that does not exist");
    return;
  }
  if (suggested_.size() < kSuggestedMax) suggested_.push_back(message.piece);
}

void Connection::On(Time now, const Reject& message) {
  if (!downloads_.OnReject(now, message.block)) return;
  deadline_.SetEarlier(std::max(downloads_.next_deadline(), now + seconds(1)));
  // A peer that rejects an allowed piece would be asked for it again and again, and then for the
  // next one. But it gives only to those who have nothing (BEP 6), and we have something by now.
  if (peer_choking_) allowed_fast_.clear();
  handler_.OnLost(now, *this, std::span(&message.block, 1));
}

void Connection::On(Time now, const AllowedFast& message) {
  if (early_ == nullptr && message.piece.value() >= pieces_.have.size()) {
    Violate(now, "allowed fast of a piece that does not exist");
    return;
  }
  const auto known = std::find(allowed_fast_.begin(), allowed_fast_.end(), message.piece);
  if (known != allowed_fast_.end() || allowed_fast_.size() >= kAllowedFastReceivedMax) return;
  allowed_fast_.push_back(message.piece);
}

void Connection::On(Time now, const Extended& message) {
  if (!extensions_.enabled()) {
    Violate(now, "extended message without the extension protocol");
    return;
  }
  if (message.id == kExtensionHandshakeId) {
    if (!extensions_.OnHandshake(remote_, message.payload)) {
      Violate(now, "malformed extension handshake");
      return;
    }
    if (extensions_.peer().request_queue != 0) {
      downloads_.window().SetQueueMax(extensions_.peer().request_queue);
    }
    handler_.OnExtensionHandshake(now, *this);
  } else if (message.id == kMetadataExtensionId) {
    OnMetadataMessage(now, message.payload);
  } else if (message.id == kPeerExchangeExtensionId) {
    const std::optional<PexMessage> peers = extensions_.OnPeers(now, message.payload);
    if (peers.has_value()) handler_.OnPeers(now, *this, *peers);
  }
}

void Connection::OnMetadataMessage(Time now, const Slice& payload) {
  const std::optional<MetadataMessage> message = ParseMetadataMessage(payload.view());
  if (!message.has_value()) {
    Violate(now, "malformed metadata message");
  } else if (message->kind != MetadataMessage::Kind::kRequest) {
    handler_.OnMetadata(now, *this, *message);
  } else if (!extensions_.OnMetadataRequest(now, message->piece)) {
    Violate(now, "floods with metadata requests");
  }
}

}  // namespace starling::peer
