#include "peer/upload_queue.h"

#include <algorithm>

#include "base/check.h"

namespace starling::peer {

using storage::BlockRequest;

bool UploadQueue::Add(const BlockRequest& request, bool can_reject) {
  if (size() >= (can_reject ? size_t{kRequestQueueMax} : kSilentMax)) return false;
  waiting_.push_back(request);
  return true;
}

bool UploadQueue::Cancel(const BlockRequest& request) {
  for (Reading& reading : reading_) {
    if (reading.forgotten || reading.request != request) continue;
    reading.forgotten = true;
    return true;
  }
  const auto at =
      std::find(waiting_.begin() + static_cast<ptrdiff_t>(first_), waiting_.end(), request);
  if (at == waiting_.end()) return false;
  waiting_.erase(at);
  return true;
}

BlockRequest UploadQueue::TakeNext() {
  CHECK(has_waiting());
  const BlockRequest request = waiting_[first_++];
  if (first_ == waiting_.size()) {
    waiting_.clear();
    first_ = 0;
  } else if (first_ >= 64 && first_ * 2 >= waiting_.size()) {
    waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<ptrdiff_t>(first_));
    first_ = 0;
  }
  return request;
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
  bytes_reading_ -= reading.request.length;
  if (reading.forgotten) return std::nullopt;
  return reading.request;
}

}  // namespace starling::peer
