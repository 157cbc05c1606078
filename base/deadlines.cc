#include "base/deadlines.h"

#include <utility>

#include "base/check.h"

namespace starling {

Deadlines::~Deadlines() { CHECK(heap_.empty()); }

Time Deadlines::earliest() const { return heap_.empty() ? kNever : heap_.front()->when_; }

bool Deadlines::Before(const Deadline* a, const Deadline* b) const {
  return a->when_ != b->when_ ? a->when_ < b->when_ : a->sequence_ < b->sequence_;
}

void Deadlines::RunDue(Time now) {
  // What is set during this run has a later number and waits for the next one, so that an owner
  // that asks for "now" again cannot keep the loop from turning.
  const uint64_t last = sequence_;
  while (!heap_.empty() && heap_.front()->when_ <= now && heap_.front()->sequence_ < last) {
    Deadline* entry = heap_.front();
    Remove(entry);
    entry->when_ = kNever;
    entry->owner_.OnDeadline(now);
  }
}

void Deadlines::Place(Deadline* entry, Time when) {
  entry->when_ = when;
  entry->sequence_ = sequence_++;
  if (entry->position_ == Deadline::kNowhere) {
    entry->position_ = heap_.size();
    heap_.push_back(entry);
    SiftUp(entry->position_);
    return;
  }
  SiftUp(entry->position_);
  SiftDown(entry->position_);
}

void Deadlines::Remove(Deadline* entry) {
  const size_t index = std::exchange(entry->position_, Deadline::kNowhere);
  Deadline* last = heap_.back();
  heap_.pop_back();
  if (last == entry) return;
  heap_[index] = last;
  last->position_ = index;
  SiftUp(index);
  SiftDown(last->position_);
}

void Deadlines::SiftUp(size_t index) {
  Deadline* entry = heap_[index];
  while (index > 0) {
    const size_t parent = (index - 1) / 2;
    if (!Before(entry, heap_[parent])) break;
    heap_[index] = heap_[parent];
    heap_[index]->position_ = index;
    index = parent;
  }
  heap_[index] = entry;
  entry->position_ = index;
}

void Deadlines::SiftDown(size_t index) {
  Deadline* entry = heap_[index];
  while (true) {
    size_t child = 2 * index + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && Before(heap_[child + 1], heap_[child])) ++child;
    if (!Before(heap_[child], entry)) break;
    heap_[index] = heap_[child];
    heap_[index]->position_ = index;
    index = child;
  }
  heap_[index] = entry;
  entry->position_ = index;
}

void Deadline::Set(Time when) {
  if (when == when_) return;
  if (when == kNever) {
    if (position_ != kNowhere) heap_.Remove(this);
    when_ = kNever;
    return;
  }
  heap_.Place(this, when);
}

}  // namespace starling
