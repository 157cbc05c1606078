// What one peer asked us for: requests that wait, and reads under way at the store. Memory is
// bounded by reading only while what is read or unsent is small (see Connection), the number of
// requests by our `reqq`.
//
// A read cannot be called back. When its request is cancelled or choked away, its ticket is
// forgotten here, and the bytes are dropped when they come. A cancelled request stays in its place,
// marked, and is skipped, until most are such; where many wait, an index finds it, made when the
// first one is cancelled: else a peer that asks and cancels would cost us a search through
// thousands each time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "peer/extension.h"
#include "storage/piece_store.h"

namespace starling::peer {

class UploadQueue {
 public:
  // Peers that cannot be told of a rejection (no BEP 6) would wait for minutes for what was dropped
  // without a word; some of them ask without end. They may queue more.
  static constexpr uint32_t kNumberMask = 0xff'ffff;
  static constexpr size_t kSilentMax = 16'384;
  static constexpr size_t kReadingMax = 512;  // at a time
  static constexpr size_t kIndexedMin = 64;   // requests that are searched without an index
  static constexpr size_t kDeadMax = 64;      // cancelled ones, besides as many as wait

  // False if the queue is full: the request must be rejected.
  bool Add(const storage::BlockRequest& request, bool can_reject);
  // True if it was found and forgotten, waiting or being read: it is to be rejected (BEP 6).
  bool Cancel(const storage::BlockRequest& request);
  // Forgets all that `which(request)` chooses and appends them to `dropped`.
  template <class Which>
  void Drop(Which which, std::vector<storage::BlockRequest>* dropped);

  bool has_waiting() const { return alive_ > 0; }
  bool empty() const { return !has_waiting() && reading_.empty(); }
  size_t size() const { return alive_ + reading_.size(); }
  // What waits, and what was cancelled behind it and not yet cleared away.
  size_t entries() const { return waiting_.size() - first_; }
  // May another read begin?
  bool may_read() const { return reading_.size() < kReadingMax; }
  // The oldest waiting one, which leaves the queue.
  storage::BlockRequest TakeNext();
  // It is being read now; the number, of 24 bits, comes back with the bytes.
  uint32_t BeginRead(const storage::BlockRequest& request);
  // nullopt if the request was forgotten meanwhile.
  std::optional<storage::BlockRequest> FinishRead(uint32_t number);
  uint64_t bytes_reading() const { return bytes_reading_; }
  // The peer is choked and will not ask for a while: no room is kept for it.
  void GiveBackRoom();

 private:
  struct Reading {
    uint32_t number;
    bool forgotten;
    storage::BlockRequest request;
  };
  // By request the place in waiting_, counted from where that began.
  using Index = absl::flat_hash_map<storage::BlockRequest, uint64_t>;

  static bool IsDead(const storage::BlockRequest& request) { return request.length == 0; }
  size_t FindWaiting(const storage::BlockRequest& request);
  void BuildIndex();
  void DropFront();
  void DropDead();

  std::vector<storage::BlockRequest> waiting_;  // length 0: cancelled
  uint32_t first_ = 0;                          // those before it are gone
  uint32_t alive_ = 0;                          // of the others, not cancelled
  uint64_t removed_ = 0;                        // from the front of waiting_, in its life
  std::unique_ptr<Index> index_;
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
    if (IsDead(request)) continue;
    if (which(request)) {
      dropped->push_back(request);
    } else {
      waiting_[kept++] = request;
    }
  }
  waiting_.resize(kept);
  alive_ = static_cast<uint32_t>(kept - first_);
  index_.reset();
  DropFront();
}

}  // namespace starling::peer
