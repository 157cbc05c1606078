#include "peer/uploads.h"

#include <algorithm>
#include <utility>

#include "peer/allowed_fast.h"

namespace starling::peer {

using storage::BlockRequest;

void Uploads::SetFast(std::vector<PieceIndex> allowed) {
  fast_ = true;
  allowed_fast_ = std::move(allowed);
}

bool Uploads::IsAllowedFast(PieceIndex piece) const {
  return std::find(allowed_fast_.begin(), allowed_fast_.end(), piece) != allowed_fast_.end();
}

std::optional<BlockRequest> Uploads::DropReserved() {
  const std::optional<BlockRequest> dropped = std::exchange(reserved_, std::nullopt);
  if (dropped.has_value()) {
    GiveBackAll({&own_limit_, &swarm_.up, &swarm_.node_up}, dropped->length);
  }
  return dropped;
}

void Uploads::Reject(const BlockRequest& request) {
  if (fast_) link_.Write(peer::Reject{request});
}

void Uploads::SetChoking(Time now, bool choking) {
  if (choking == choking_) return;
  choking_ = choking;
  if (!choking) {
    last_unchoked_at_ = now;
    link_.Write(Unchoke{});
    return;
  }
  link_.Write(Choke{});
  std::vector<BlockRequest> dropped;
  const auto goes = [this](const BlockRequest& request) { return !IsAllowedFast(request.piece); };
  if (reserved_.has_value() && goes(*reserved_)) {
    dropped.push_back(*DropReserved());
  }
  queue_.Drop(goes, &dropped);
  for (const BlockRequest& request : dropped) Reject(request);
}

bool Uploads::OnRequest(const BlockRequest& request, uint32_t peer_pieces) {
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
  const bool allowed =
      !choking_ || (peer_pieces < kAllowedFastCount && IsAllowedFast(request.piece));
  if (!allowed || !pieces.have().Has(request.piece) || !queue_.Add(request, fast_)) {
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

std::optional<Uploads::Read> Uploads::NextRead(Time now) {
  if (!reserved_.has_value()) {
    if (!queue_.has_waiting()) return std::nullopt;
    const uint64_t ahead = std::clamp(rate_.PerSecond(now) / 4, kAheadMin, kAheadMax);
    if (queue_.bytes_reading() + link_.unsent() >= ahead) return std::nullopt;
    reserved_ = queue_.TakeNext();
    reserved_until_ =
        ReserveAll({&own_limit_, &swarm_.up, &swarm_.node_up}, now, reserved_->length);
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
