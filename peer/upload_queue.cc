#include "peer/upload_queue.h"

#include <algorithm>

#include "base/check.h"

namespace starling::peer {

using storage::BlockRequest;

bool UploadQueue::Add(const BlockRequest& request, bool can_reject) {
  if (size() >= (can_reject ? size_t{kRequestQueueMax} : kSilentMax)) return false;
  CHECK(!IsDead(request));
  // Of two equal requests the older one is found; that is the one which is answered first.
  if (index_ != nullptr) index_->try_emplace(request, removed_ + waiting_.size());
  waiting_.push_back(request);
  ++alive_;
  return true;
}

void UploadQueue::BuildIndex() {
  index_ = std::make_unique<Index>();
  for (size_t i = first_; i < waiting_.size(); ++i) {
    if (!IsDead(waiting_[i])) index_->try_emplace(waiting_[i], removed_ + i);
  }
}

// Its place in waiting_, or past the end.
size_t UploadQueue::FindWaiting(const BlockRequest& request) {
  if (alive_ >= kIndexedMin && index_ == nullptr) BuildIndex();
  if (index_ == nullptr) {
    const auto begin = waiting_.begin() + static_cast<ptrdiff_t>(first_);
    return static_cast<size_t>(std::find(begin, waiting_.end(), request) - waiting_.begin());
  }
  const auto found = index_->find(request);
  return found == index_->end() ? waiting_.size() : static_cast<size_t>(found->second - removed_);
}

bool UploadQueue::Cancel(const BlockRequest& request) {
  if (IsDead(request)) return false;
  for (Reading& reading : reading_) {
    if (reading.forgotten || reading.request != request) continue;
    reading.forgotten = true;
    return true;
  }
  const size_t at = FindWaiting(request);
  if (at == waiting_.size()) return false;
  if (index_ != nullptr) index_->erase(request);
  waiting_[at].length = 0;
  --alive_;
  DropFront();
  if (entries() > alive_ * size_t{2} + kDeadMax) DropDead();
  return true;
}

// A first one that waits for long would keep all that was asked and cancelled behind it.
void UploadQueue::DropDead() {
  waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<ptrdiff_t>(first_));
  std::erase_if(waiting_, IsDead);
  if (waiting_.capacity() > waiting_.size() * 4 + kDeadMax) waiting_.shrink_to_fit();
  first_ = 0;
  index_.reset();
}

BlockRequest UploadQueue::TakeNext() {
  CHECK(has_waiting());
  const BlockRequest request = waiting_[first_++];
  if (index_ != nullptr) index_->erase(request);
  --alive_;
  DropFront();
  return request;
}

// The first one is alive, or there is none; space is reclaimed now and then.
void UploadQueue::DropFront() {
  constexpr uint32_t kReclaimMin = 8;
  while (first_ < waiting_.size() && IsDead(waiting_[first_])) ++first_;
  if (alive_ == 0) {
    removed_ += waiting_.size();
    first_ = 0;
    index_.reset();
    if (waiting_.capacity() > kReclaimMin) {
      waiting_ = std::vector<BlockRequest>();
    } else {
      waiting_.clear();
    }
  } else if (first_ >= kReclaimMin && first_ * size_t{2} >= waiting_.size()) {
    waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<ptrdiff_t>(first_));
    removed_ += first_;
    first_ = 0;
  }
}

void UploadQueue::GiveBackRoom() {
  if (alive_ == 0) waiting_ = std::vector<BlockRequest>();
  if (reading_.empty()) reading_ = std::vector<Reading>();
}

uint32_t UploadQueue::BeginRead(const BlockRequest& request) {
  reading_.push_back({next_number_, false, request});
  bytes_reading_ += request.length;
  const uint32_t number = next_number_;
  next_number_ = (next_number_ + 1) & kNumberMask;
  return number;
}

std::optional<BlockRequest> UploadQueue::FinishRead(uint32_t number) {
  const auto at = std::find_if(reading_.begin(), reading_.end(), [number](const Reading& reading) {
    return reading.number == number;
  });
  if (at == reading_.end()) return std::nullopt;
  const Reading reading = *at;
  reading_.erase(at);
  if (reading_.empty() && reading_.capacity() > 8) reading_ = std::vector<Reading>();
  bytes_reading_ -= reading.request.length;
  if (reading.forgotten) return std::nullopt;
  return reading.request;
}

}  // namespace starling::peer
