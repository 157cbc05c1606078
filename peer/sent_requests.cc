#include "peer/sent_requests.h"

#include <algorithm>

namespace starling::peer {

using storage::BlockRequest;

void SentRequests::EraseAt(size_t index) {
  if (!entries_[index].taken_back) --active_;
  if (index == first_) {
    // Peers answer in order, so this is the usual case; the space is reclaimed now and then.
    ++first_;
    if (first_ == entries_.size()) {
      Reset();
    } else if (first_ >= 4 && first_ * 2 >= entries_.size()) {
      entries_.erase(entries_.begin(), entries_.begin() + static_cast<ptrdiff_t>(first_));
      first_ = 0;
    }
    return;
  }
  entries_.erase(entries_.begin() + static_cast<ptrdiff_t>(index));
}

std::optional<SentRequests::Entry> SentRequests::Remove(const BlockRequest& block) {
  for (size_t i = first_; i < entries_.size(); ++i) {
    if (entries_[i].block != block) continue;
    const Entry entry = entries_[i];
    newest_answered_ = std::max(newest_answered_, entry.sent);
    EraseAt(i);
    return entry;
  }
  return std::nullopt;
}

bool SentRequests::Contains(const BlockRequest& block) const {
  return std::any_of(entries_.begin() + static_cast<ptrdiff_t>(first_), entries_.end(),
                     [&](const Entry& entry) { return entry.block == block; });
}

void SentRequests::DropSentBefore(Time time, const std::optional<BlockRequest>& arriving,
                                  std::vector<BlockRequest>* lost) {
  size_t kept = first_;
  for (size_t i = first_; i < entries_.size(); ++i) {
    const Entry entry = entries_[i];
    if (entry.sent >= time || (arriving.has_value() && entry.block == *arriving)) {
      entries_[kept++] = entry;
      continue;
    }
    if (entry.taken_back) continue;
    --active_;
    lost->push_back(entry.block);
  }
  entries_.resize(kept);
}

void SentRequests::Clear(std::vector<BlockRequest>* lost) {
  for (size_t i = first_; i < entries_.size(); ++i) {
    if (!entries_[i].taken_back) lost->push_back(entries_[i].block);
  }
  Reset();
  active_ = 0;
}

void SentRequests::Reset() {
  first_ = 0;
  if (entries_.capacity() > kKeptMax) {
    entries_ = std::vector<Entry>();
  } else {
    entries_.clear();
  }
}

}  // namespace starling::peer
