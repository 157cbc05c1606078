#include "peer/uploads.h"

#include <algorithm>
#include <utility>

#include "peer/allowed_fast.h"

namespace starling::peer {

using storage::BlockRequest;

void Uploads::SetFast(std::vector<PieceIndex> allowed) {
  fast_ = true;
  if (allowed.empty()) return;
  alms_ = std::make_unique<Alms>();
  for (const PieceIndex piece : allowed) {
    alms_->bytes_left += swarm_.pieces->geometry().PieceSize(piece);
  }
  alms_->pieces = std::move(allowed);
  ++swarm_.alms_takers;
}

void Uploads::EndAlms() {
  if (alms_ == nullptr || alms_->ended) return;
  alms_->ended = true;
  --swarm_.alms_takers;
}

bool Uploads::IsAllowedFast(PieceIndex piece) const {
  return alms_ != nullptr &&
         std::find(alms_->pieces.begin(), alms_->pieces.end(), piece) != alms_->pieces.end();
}

// Whoever has as many pieces as we give needs no alms; who says he has none gets them all the same
// only once.
bool Uploads::IsAllowed(const BlockRequest& request, uint32_t peer_pieces) {
  if (!choking_) return true;
  if (peer_pieces >= kAllowedFastCount || !IsAllowedFast(request.piece)) return false;
  if (alms_->ended || request.length > alms_->bytes_left) return false;
  alms_->bytes_left -= request.length;
  return true;
}

std::optional<BlockRequest> Uploads::DropReserved() {
  const std::optional<BlockRequest> dropped = std::exchange(reserved_, std::nullopt);
  if (dropped.has_value()) {
    GiveBackAll({own_limit(), &swarm_.up, &swarm_.node_up}, dropped->length);
  }
  return dropped;
}

void Uploads::Reject(const BlockRequest& request) {
  if (fast_) link_.Write(peer::Reject{request});
}

void Uploads::SetChoking(Time now, bool choking, absl::FunctionRef<bool(PieceIndex)> keeps) {
  if (choking == choking_) return;
  choking_ = choking;
  if (!choking) {
    last_unchoked_at_ = now;
    link_.Write(Unchoke{});
    return;
  }
  link_.Write(Choke{});
  std::vector<BlockRequest> dropped;
  uint32_t kept = 0;
  const auto goes = [&](const BlockRequest& request) {
    if (IsAllowedFast(request.piece)) return false;
    const bool is_kept =
        kept < kKeptMax && request.length <= storage::kBlockSize && keeps(request.piece);
    kept += is_kept ? 1 : 0;
    return !is_kept;
  };
  if (reserved_.has_value() && goes(*reserved_)) {
    dropped.push_back(*DropReserved());
  }
  queue_.Drop(goes, &dropped);
  queue_.GiveBackRoom();
  for (const BlockRequest& request : dropped) Reject(request);
}

bool Uploads::OnRequest(const BlockRequest& request, uint32_t peer_pieces, bool is_late) {
  if (swarm_.pieces == nullptr) {
    Reject(request);  // we have nothing yet, and cannot know what it means
    return true;
  }
  const Pieces& pieces = *swarm_.pieces;
  if (request.piece.value() >= pieces.count() || request.length == 0 ||
      request.length > kRequestLengthMax) {
    return false;
  }
  const uint32_t size = pieces.geometry().PieceSize(request.piece);
  if (request.offset >= size || request.length > size - request.offset) return false;
  if (is_late || !IsAllowed(request, peer_pieces) || !pieces.have().Has(request.piece) ||
      !queue_.Add(request, fast_)) {
    Reject(request);
  }
  return true;
}

bool Uploads::OnCancel(const BlockRequest& request) {
  if (reserved_ == request) {
    DropReserved();
    Reject(request);
  } else if (queue_.Cancel(request)) {
    Reject(request);
  } else {
    return ++late_cancels_ <= kLateCancelsMax;
  }
  return true;
}

void Uploads::Reserve(Time now) {
  reserved_until_ = ReserveAll({own_limit(), &swarm_.up, &swarm_.node_up}, now, reserved_->length);
}

void Uploads::SetRateLimit(Time now, uint64_t rate) {
  if (rate == rate_limit()) return;
  if (own_limit_ == nullptr) own_limit_ = std::make_unique<TokenBucket>();
  // A block that waits under the old limit waits under the new one instead.
  const std::optional<BlockRequest> waiting = DropReserved();
  own_limit_->SetRate(now, rate);
  if (!waiting.has_value()) return;
  reserved_ = waiting;
  Reserve(now);
}

std::optional<Uploads::Read> Uploads::NextRead(Time now, uint64_t received) {
  if (!reserved_.has_value()) {
    if (!queue_.has_waiting() || !queue_.may_read()) return std::nullopt;
    if (IsOverDeficit(received)) return std::nullopt;
    const uint64_t ahead = std::clamp(rate_.PerSecond(now) / 4, kAheadMin, kAheadMax);
    if (queue_.bytes_reading() + link_.unsent() >= ahead) return std::nullopt;
    reserved_ = queue_.TakeNext();
    Reserve(now);
  }
  if (reserved_until_ > now) return std::nullopt;
  const BlockRequest request = *reserved_;
  reserved_.reset();
  return Read{request, queue_.BeginRead(request)};
}

uint32_t Uploads::OnRead(Time now, uint32_t number, absl::StatusOr<Slice> bytes) {
  const std::optional<BlockRequest> request = queue_.FinishRead(number);
  if (!request.has_value()) return 0;
  if (!bytes.ok() || bytes->size() != request->length) {
    Reject(*request);
    return 0;
  }
  Piece piece{request->piece, request->offset, {}};
  piece.payload.push_back(*std::move(bytes));
  link_.Write(piece);
  rate_.Add(now, request->length);
  if (late_cancels_ > 0) --late_cancels_;
  return request->length;
}

}  // namespace starling::peer
