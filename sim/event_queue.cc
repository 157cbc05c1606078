#include "sim/event_queue.h"

#include <algorithm>
#include <bit>

#include "base/check.h"

namespace starling::sim {
namespace {

// So many events can be seen in advance, if they lie within so many slots.
constexpr size_t kAhead = 16;
constexpr int64_t kSlotsAhead = 8;

// Puts the earliest on top of the std heap functions, which put the largest there.
bool Later(const Event& a, const Event& b) { return b.Before(a); }

}  // namespace

EventQueue::EventQueue(int slot_bits) : slot_bits_(slot_bits), ring_(kSlots, kNone) {}

void EventQueue::Push(Time time, EventKind kind, uint32_t target, uint32_t payload) {
  CHECK(time >= now_);
  CHECK(time < kNever);
  const Event event{time, sequence_++ << 8 | static_cast<uint64_t>(kind), target, payload};
  ++size_;
  const int64_t slot = SlotOf(time);
  if (slot <= open_slot_) {
    late_.push_back(event);
    std::push_heap(late_.begin(), late_.end(), Later);
  } else if (slot < open_slot_ + kSlots) {
    PushToSlot(event, slot);
  } else {
    PushFar(event);
  }
}

Event EventQueue::Pop() {
  CHECK(size_ > 0);
  if (IsOpenEmpty()) OpenNextSlot(INT64_MAX);
  --size_;
  if (next_ == sorted_.size() || (!late_.empty() && late_.front().Before(sorted_[next_]))) {
    std::pop_heap(late_.begin(), late_.end(), Later);
    const Event event = late_.back();
    late_.pop_back();
    now_ = event.time;
    return event;
  }
  const Event event = sorted_[next_++];
  now_ = event.time;
  if (sorted_.size() - next_ < kAhead) OpenAhead();
  return event;
}

Time EventQueue::next_time() {
  if (size_ == 0) return kNever;
  if (IsOpenEmpty()) OpenNextSlot(INT64_MAX);
  if (next_ == sorted_.size()) return late_.front().time;
  return late_.empty() ? sorted_[next_].time : std::min(sorted_[next_].time, late_.front().time);
}

void EventQueue::AdvanceTo(Time time) {
  CHECK(time <= next_time());
  now_ = std::max(now_, time);
}

uint32_t EventQueue::TakeChunk() {
  if (free_chunk_ == kNone) {
    const uint32_t first = static_cast<uint32_t>(blocks_.size()) * kChunksABlock;
    blocks_.push_back(std::make_unique<Chunk[]>(kChunksABlock));
    for (uint32_t i = kChunksABlock; i-- > 0;) {
      chunk(first + i).next = free_chunk_;
      free_chunk_ = first + i;
    }
  }
  const uint32_t index = free_chunk_;
  free_chunk_ = chunk(index).next;
  chunk(index).size = 0;
  return index;
}

void EventQueue::PushToSlot(const Event& event, int64_t slot) {
  const size_t place = static_cast<size_t>(slot % kSlots);
  uint32_t head = ring_[place];
  if (head == kNone || chunk(head).size == chunk(head).events.size()) {
    const uint32_t fresh = TakeChunk();
    chunk(fresh).next = head;
    ring_[place] = head = fresh;
    filled_[place / 64] |= uint64_t{1} << (place % 64);
  }
  Chunk& into = chunk(head);
  into.events[into.size++] = event;
  ++ring_size_;
}

void EventQueue::PushFar(const Event& event) {
  size_t at = far_.size();
  far_.push_back(event);
  while (at > 0) {
    const size_t parent = (at - 1) / 4;
    if (!event.Before(far_[parent])) break;
    far_[at] = far_[parent];
    at = parent;
  }
  far_[at] = event;
}

Event EventQueue::PopFar() {
  const Event top = far_.front();
  const Event last = far_.back();
  far_.pop_back();
  if (far_.empty()) return top;
  size_t at = 0;
  for (;;) {
    const size_t first = 4 * at + 1;
    if (first >= far_.size()) break;
    size_t least = first;
    for (size_t child = first + 1; child < std::min(first + 4, far_.size()); ++child) {
      if (far_[child].Before(far_[least])) least = child;
    }
    if (!far_[least].Before(last)) break;
    far_[at] = far_[least];
    at = least;
  }
  far_[at] = last;
  return top;
}

// The next filled slot after the open one. All slots of the ring lie less than one turn ahead, so
// the place in the ring tells which slot it is.
int64_t EventQueue::NextRingSlot() const {
  if (ring_size_ == 0) return INT64_MAX;
  const size_t start = static_cast<size_t>((open_slot_ + 1) % kSlots);
  for (size_t i = 0; i <= filled_.size(); ++i) {
    const size_t word = (start / 64 + i) % filled_.size();
    uint64_t bits = filled_[word];
    if (i == 0) bits &= ~uint64_t{0} << (start % 64);
    if (bits == 0) continue;
    const size_t place = word * 64 + static_cast<size_t>(std::countr_zero(bits));
    const size_t ahead =
        (place + static_cast<size_t>(kSlots) - start) % static_cast<size_t>(kSlots);
    return open_slot_ + 1 + static_cast<int64_t>(ahead);
  }
  return INT64_MAX;
}

// Opens slots until enough events can be seen, but not far ahead: the heap of late ones would grow.
void EventQueue::OpenAhead() {
  // What was popped is forgotten in one go.
  sorted_.erase(sorted_.begin(), sorted_.begin() + static_cast<std::ptrdiff_t>(next_));
  next_ = 0;
  const int64_t last = SlotOf(now_) + kSlotsAhead;
  while (sorted_.size() < kAhead && open_slot_ < last) {
    if (!OpenNextSlot(last)) return;
  }
}

// False if there are no events up to the slot `last`.
bool EventQueue::OpenNextSlot(int64_t last) {
  const int64_t ring_slot = NextRingSlot();
  const int64_t far_slot = far_.empty() ? INT64_MAX : SlotOf(far_.front().time);
  if (std::min(ring_slot, far_slot) > last) return false;
  open_slot_ = std::min(ring_slot, far_slot);
  const auto begin = static_cast<std::ptrdiff_t>(sorted_.size());
  if (ring_slot == open_slot_) {
    const size_t place = static_cast<size_t>(open_slot_ % kSlots);
    for (uint32_t index = ring_[place]; index != kNone;) {
      Chunk& from = chunk(index);
      sorted_.insert(sorted_.end(), from.events.begin(), from.events.begin() + from.size);
      ring_size_ -= from.size;
      const uint32_t next = from.next;
      from.next = free_chunk_;
      free_chunk_ = index;
      index = next;
    }
    ring_[place] = kNone;
    filled_[place / 64] &= ~(uint64_t{1} << (place % 64));
  }
  while (!far_.empty() && SlotOf(far_.front().time) == open_slot_) sorted_.push_back(PopFar());
  std::sort(sorted_.begin() + begin, sorted_.end(),
            [](const Event& a, const Event& b) { return a.Before(b); });
  return true;
}

}  // namespace starling::sim
