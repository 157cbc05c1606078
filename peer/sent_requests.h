// What we asked one peer for and have not got: in the order of asking, with the time of it. An
// entry that was taken back (its block may be asked of others) stays until the peer answers it in
// some way, since what is on its way is still welcome; but it no longer counts as in flight.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/time.h"
#include "storage/piece_store.h"

namespace starling::peer {

class SentRequests {
 public:
  struct Entry {
    storage::BlockRequest block;
    bool taken_back = false;
    Time sent{};
  };

  void Add(Time now, const storage::BlockRequest& block) {
    entries_.push_back({block, false, now});
    ++active_;
  }
  // Removes the oldest entry for this block.
  std::optional<Entry> Remove(const storage::BlockRequest& block);
  bool Contains(const storage::BlockRequest& block) const;

  // In flight: neither answered nor taken back.
  uint32_t active() const { return active_; }
  size_t size() const { return entries_.size() - first_; }
  // When the oldest entry was sent; there must be one.
  Time oldest() const { return entries_[first_].sent; }

  // Takes back all that are in flight and that `which(block)` chooses; appends them to `taken`.
  template <class Which>
  void TakeBack(Which which, std::vector<storage::BlockRequest>* taken);
  // Forgets all entries sent before `time`, but `arriving`; those in flight are appended to `lost`.
  void DropSentBefore(Time time, const std::optional<storage::BlockRequest>& arriving,
                      std::vector<storage::BlockRequest>* lost);
  // The latest time at which a request was sent that is answered by now. Peers answer in order, so
  // what was sent before it and has no answer was overtaken.
  Time newest_answered() const { return newest_answered_; }
  // Forgets everything; those in flight are appended to `lost`.
  void Clear(std::vector<storage::BlockRequest>* lost);

 private:
  // So much room an idle connection keeps; of a thousand torrents most connections are idle.
  static constexpr size_t kKeptMax = 8;

  void EraseAt(size_t index);
  void Reset();

  std::vector<Entry> entries_;
  size_t first_ = 0;  // those before it are gone
  uint32_t active_ = 0;
  Time newest_answered_{};
};

template <class Which>
void SentRequests::TakeBack(Which which, std::vector<storage::BlockRequest>* taken) {
  for (size_t i = first_; i < entries_.size(); ++i) {
    if (entries_[i].taken_back || !which(entries_[i].block)) continue;
    entries_[i].taken_back = true;
    --active_;
    taken->push_back(entries_[i].block);
  }
}

}  // namespace starling::peer
