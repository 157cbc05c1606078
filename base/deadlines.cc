#include "base/deadlines.h"

#include "base/check.h"

namespace starling {

Deadlines::~Deadlines() { CHECK(heap_.empty()); }

void Deadlines::RunDue(Time now) {
  // What is set during this run has a later number and waits for the next one, so that an owner
  // that asks for "now" again cannot keep the loop from turning.
  const uint64_t last = sequence_;
  while (!heap_.empty() && heap_.front().when <= now && heap_.front().sequence < last) {
    Deadline* deadline = heap_.front().deadline;
    Remove(0);
    deadline->when_ = kNever;
    deadline->owner_.OnDeadline(now);
  }
}

void Deadlines::Place(Deadline* deadline, Time when) {
  deadline->when_ = when;
  const Entry entry{when, sequence_++, deadline};
  if (deadline->position_ == Deadline::kNowhere) {
    heap_.push_back(entry);
    SiftUp(heap_.size() - 1, entry);
    return;
  }
  const size_t index = deadline->position_;
  if (entry.Before(heap_[index])) {
    SiftUp(index, entry);
  } else {
    SiftDown(index, entry);
  }
}

void Deadlines::Remove(size_t index) {
  heap_[index].deadline->position_ = Deadline::kNowhere;
  const Entry last = heap_.back();
  heap_.pop_back();
  if (index == heap_.size()) return;
  if (index > 0 && last.Before(heap_[(index - 1) / 2])) {
    SiftUp(index, last);
  } else {
    SiftDown(index, last);
  }
}

void Deadlines::Put(size_t index, const Entry& entry) {
  heap_[index] = entry;
  entry.deadline->position_ = index;
}

// Both find the place of `entry`, beginning at `index`, whose content is not looked at.
void Deadlines::SiftUp(size_t index, Entry entry) {
  while (index > 0) {
    const size_t parent = (index - 1) / 2;
    if (!entry.Before(heap_[parent])) break;
    Put(index, heap_[parent]);
    index = parent;
  }
  Put(index, entry);
}

void Deadlines::SiftDown(size_t index, Entry entry) {
  while (true) {
    size_t child = 2 * index + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && heap_[child + 1].Before(heap_[child])) ++child;
    if (!heap_[child].Before(entry)) break;
    Put(index, heap_[child]);
    index = child;
  }
  Put(index, entry);
}

void Deadline::Set(Time when) {
  if (when == when_) return;
  if (when == kNever) {
    if (position_ != kNowhere) heap_.Remove(position_);
    when_ = kNever;
    return;
  }
  heap_.Place(this, when);
}

}  // namespace starling
