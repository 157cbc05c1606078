// What happens next: the heart of the simulator. Events are plain 24-byte structs without closures;
// they leave in the order of (time, sequence), so that equal times keep the order of their making
// and a run repeats exactly.
//
// The near future is a ring of slots, each an unordered bag of events kept in pooled chunks; what
// lies beyond the ring waits in a 4-ary heap. The next slots are open: their events are sorted, so
// that everybody can see what comes next and fetch it into the cache, and what is pushed into them
// late waits in a binary heap of its own. Pushing and popping cost the same however many events are
// pending, and allocate nothing once the pools have grown.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/time.h"

namespace starling::sim {

// What an event means, and whose its target and payload are.
enum class EventKind : uint8_t {
  kScript,         // a step of the scenario
  kDeadline,       // node: its next_deadline() may have come
  kDatagram,       // node, datagram: one has travelled to the node
  kUplinkTurn,     // node: its uplink may serve the next connection
  kDial,           // connection, attempt: a connection request leaves
  kSyn,            // connection, attempt: the request arrives
  kOpened,         // connection: the dialling end learns that it is open
  kRefused,        // connection: the dialling end learns that nobody listens
  kSharedLink,     // pipe, step and bytes: they reach a link that a group of hosts shares
  kChunkArrival,   // pipe, bytes: they reach the downlink of the receiver
  kChunkDelivery,  // pipe, bytes: they have passed it
  kChunkRetry,     // pipe: bytes that were lost on the way are sent again
  kPipeResume,     // pipe: its window or its slow start lets it go on
  kReadable,       // pipe: the receiver reads again
  kFin,            // pipe: the receiver learns that the sender closed
  kFinRetry,       // pipe: a lost goodbye is sent again
  kReset,          // pipe: the receiver learns that the sender knows nothing of it
  kDisk,           // operation: a simulated disk answers
  kService,        // request: a name or an HTTP request is answered
};

struct Event {
  Time time;
  uint64_t order;  // sequence << 8 | kind; sequences are unique, so the kind never decides
  uint32_t target;
  uint32_t payload;

  EventKind kind() const { return static_cast<EventKind>(order & 0xff); }
  uint64_t sequence() const { return order >> 8; }
  bool Before(const Event& other) const {
    return time != other.time ? time < other.time : order < other.order;
  }
};
static_assert(sizeof(Event) == 24);

class EventQueue {
 public:
  // Slots are 2^slot_bits microseconds wide: 10 (1 ms) suits the Internet, 4 a LAN.
  explicit EventQueue(int slot_bits = 10);
  EventQueue(const EventQueue&) = delete;
  EventQueue& operator=(const EventQueue&) = delete;

  // `time` is not before now().
  void Push(Time time, EventKind kind, uint32_t target, uint32_t payload = 0);
  // The earliest event; the queue must not be empty. Its time becomes now().
  Event Pop();
  // The time of the earliest event, kNever if there is none.
  Time next_time();
  // One that will be popped about `ahead` pops after the next; null if that is not known yet. Only
  // a hint: others may come before it.
  const Event* Coming(size_t ahead) const {
    return next_ + ahead < sorted_.size() ? &sorted_[next_ + ahead] : nullptr;
  }

  Time now() const { return now_; }
  // Nothing happens until `time`, which is not after next_time().
  void AdvanceTo(Time time);
  bool empty() const { return size_ == 0; }
  size_t size() const { return size_; }
  uint64_t pushed() const { return sequence_; }

 private:
  static constexpr int64_t kSlots = 4096;
  static constexpr uint32_t kNone = ~uint32_t{0};
  struct Chunk {
    std::array<Event, 42> events;
    uint32_t size;
    uint32_t next;
  };
  static constexpr uint32_t kChunksABlock = 64;

  int64_t SlotOf(Time time) const { return time.time_since_epoch().count() >> slot_bits_; }
  Chunk& chunk(uint32_t index) { return blocks_[index / kChunksABlock][index % kChunksABlock]; }
  uint32_t TakeChunk();
  void PushToSlot(const Event& event, int64_t slot);
  void PushFar(const Event& event);
  Event PopFar();
  int64_t NextRingSlot() const;
  bool OpenNextSlot(int64_t last);
  void OpenAhead();
  bool IsOpenEmpty() const { return next_ == sorted_.size() && late_.empty(); }

  int slot_bits_;
  Time now_{};
  uint64_t sequence_ = 0;
  size_t size_ = 0;
  int64_t open_slot_ = 0;      // the last open one
  std::vector<Event> sorted_;  // of the open slots, up to `next_` popped already
  size_t next_ = 0;
  std::vector<Event> late_;                     // binary heap of what came into the open slots
  std::vector<uint32_t> ring_;                  // first chunk of each slot
  std::array<uint64_t, kSlots / 64> filled_{};  // which slots of the ring hold events
  size_t ring_size_ = 0;
  std::vector<Event> far_;  // 4-ary heap
  std::vector<std::unique_ptr<Chunk[]>> blocks_;
  uint32_t free_chunk_ = kNone;
};

}  // namespace starling::sim
