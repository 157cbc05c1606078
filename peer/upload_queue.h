// What one peer asked us for: requests that wait, and reads under way at the store. Memory is
// bounded by reading only while what is read or unsent is small (see Connection), the number of
// requests by our `reqq`.
//
// A read cannot be called back. When its request is cancelled or choked away, its ticket is
// forgotten here, and the bytes are dropped when they come.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "peer/extension.h"
#include "storage/piece_store.h"

namespace starling::peer {

class UploadQueue {
 public:
  // Peers that cannot be told of a rejection (no BEP 6) would wait for minutes for what was dropped
  // without a word; some of them ask without end. They may queue more.
  static constexpr uint32_t kNumberMask = 0xff'ffff;
  static constexpr size_t kSilentMax = 16'384;

  // False if the queue is full: the request must be rejected.
  bool Add(const storage::BlockRequest& request, bool can_reject);
  // True if it was found and forgotten, waiting or being read: it is to be rejected (BEP 6).
  bool Cancel(const storage::BlockRequest& request);
  // Forgets all that `which(request)` chooses and appends them to `dropped`.
  template <class Which>
  void Drop(Which which, std::vector<storage::BlockRequest>* dropped);

  bool has_waiting() const { return first_ < waiting_.size(); }
  bool empty() const { return !has_waiting() && reading_.empty(); }
  size_t size() const { return waiting_.size() - first_ + reading_.size(); }
  // The oldest waiting one, which leaves the queue.
  storage::BlockRequest TakeNext();
  // It is being read now; the number, of 24 bits, comes back with the bytes.
  uint32_t BeginRead(const storage::BlockRequest& request);
  // nullopt if the request was forgotten meanwhile.
  std::optional<storage::BlockRequest> FinishRead(uint32_t number);
  uint64_t bytes_reading() const { return bytes_reading_; }

 private:
  struct Reading {
    uint32_t number;
    bool forgotten;
    storage::BlockRequest request;
  };

  std::vector<storage::BlockRequest> waiting_;
  size_t first_ = 0;  // those before it are gone
  std::vector<Reading> reading_;
  uint64_t bytes_reading_ = 0;  // forgotten ones included: their memory is on its way
  uint32_t next_number_ = 0;
};

template <class Which>
void UploadQueue::Drop(Which which, std::vector<storage::BlockRequest>* dropped) {
  for (Reading& reading : reading_) {
    if (reading.forgotten || !which(reading.request)) continue;
    reading.forgotten = true;
    dropped->push_back(reading.request);
  }
  size_t kept = first_;
  for (size_t i = first_; i < waiting_.size(); ++i) {
    const storage::BlockRequest request = waiting_[i];
    if (which(request)) {
      dropped->push_back(request);
    } else {
      waiting_[kept++] = request;
    }
  }
  waiting_.resize(kept);
}

}  // namespace starling::peer
