// All deadlines of one Client in one indexed heap. A state machine owns a `Deadline` entry and
// sets it whenever its next moment changes; entries at kNever cost nothing. The host asks for
// `earliest()` after each event and arms its one timer; waking too early is harmless.
//
// There are no timer objects, no cancellation and no callback that outlives its owner: destroying
// the entry removes it, also inside OnDeadline. Entries due at the same time run in the order in
// which they were set, so that a simulation repeats exactly.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/time.h"

namespace starling {

class DeadlineHandler {
 public:
  virtual void OnDeadline(Time now) = 0;

 protected:
  ~DeadlineHandler() = default;
};

class Deadline;

class Deadlines {
 public:
  Deadlines() = default;
  ~Deadlines();
  Deadlines(const Deadlines&) = delete;
  Deadlines& operator=(const Deadlines&) = delete;

  Time earliest() const { return heap_.empty() ? kNever : heap_.front().when; }
  // Calls every entry that is due at `now`, each at most once; before its call an entry is set to
  // kNever. Entries that are set to a due time during the run are called in the next run.
  void RunDue(Time now);
  size_t size() const { return heap_.size(); }

 private:
  friend class Deadline;
  // What decides stands in the heap itself: the owners lie all over the memory.
  struct Entry {
    Time when;
    uint64_t sequence;
    Deadline* deadline;
    bool Before(const Entry& other) const {
      return when != other.when ? when < other.when : sequence < other.sequence;
    }
  };
  void Place(Deadline* deadline, Time when);
  void Remove(size_t index);
  void SiftUp(size_t index, Entry entry);
  void SiftDown(size_t index, Entry entry);
  void Put(size_t index, const Entry& entry);

  std::vector<Entry> heap_;
  uint64_t sequence_ = 0;
};

class Deadline {
 public:
  Deadline(Deadlines& heap, DeadlineHandler& owner) : heap_(heap), owner_(owner) {}
  ~Deadline() { Set(kNever); }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  void Set(Time when);
  // Sets it only if that is earlier than what is set.
  void SetEarlier(Time when) {
    if (when < when_) Set(when);
  }
  Time when() const { return when_; }

 private:
  friend class Deadlines;
  static constexpr size_t kNowhere = ~size_t{0};
  Deadlines& heap_;
  DeadlineHandler& owner_;
  Time when_ = kNever;
  size_t position_ = kNowhere;
};

}  // namespace starling
