// How many requests to keep in flight at one peer, so that its answers never pause and no more is
// asked for than that takes. With rate in bytes a second and the lowest delay seen lately:
//
//   window = clamp(ceil(2 * rate * max(delay_min, pause_max) / 16 KiB) + 2, 4, reqq)
//
// where delay_min is the lowest time from a request to its data within the last 60 s, and pause_max
// the longest time between two blocks while more were asked for: while we upload all that our link
// can take, requests wait for seconds before they leave, and nothing but such pauses tells. A peer
// that always has something of ours to do pauses no longer than it takes to send a block; for the
// sake of one that stalls now and then, pauses alone make no window larger than 512 blocks. Two
// bounds keep the formula honest where the measure of the delay is poor: never less than 50 ms of
// data (up to 512 blocks), because on a loopback the delay is less than the time slices of two
// programs; and never more than 3 s of data, because behind a full queue each delay that is seen is
// a queue's.
//
// The rate follows rises at once and falls slowly, so that a new connection doubles its window each
// round trip. Integers only: what decides order must not depend on a compiler.
#pragma once

#include <array>
#include <cstdint>

#include "base/time.h"

namespace starling::peer {

class RequestWindow {
 public:
  static constexpr uint32_t kBlocksMin = 4;
  static constexpr uint32_t kBlocksFloorMax = 512;
  static constexpr Duration kFloor = milliseconds(50);
  static constexpr Duration kCeiling = seconds(3);
  static constexpr Duration kDelayBucket = seconds(20);  // three of them are the last 60 s
  static constexpr Duration kSampleMin = milliseconds(50);
  static constexpr Duration kSampleMax = seconds(2);
  static constexpr uint32_t kSampleBlocks = 4;

  // The peer said how many requests it queues (BEP 10 `reqq`).
  void SetQueueMax(uint32_t blocks) { queue_max_ = blocks; }
  // Requests are sent to a peer that owed us nothing: what passed before says nothing of its rate,
  // unless they follow its last block at once and too little passed to be measured.
  void OnIdleEnds(Time now);
  // We had stopped reading, so the pause that ends now says nothing of the peer.
  void OnResume(Time now) { pause_began_ = now; }
  // A block of `bytes` is here, `delay` after it was asked for.
  void OnBlock(Time now, uint32_t bytes, Duration delay);

  uint32_t blocks() const;
  uint64_t rate() const { return rate_; }
  // The lowest delay of the last 60 s; zero if none is known.
  Duration delay_min() const;

 private:
  void OpenBucket(Time now);
  Duration pause_max() const;
  bool IsSample(Time end) const;
  uint64_t SampleRate(Time end) const;

  std::array<uint32_t, 3> delays_us_{};  // the lowest of each bucket; zero: none
  std::array<uint32_t, 3> pauses_us_{};  // the longest of each bucket
  int32_t newest_ = -1;
  uint32_t queue_max_ = 250;
  Time sample_began_{};
  Time last_block_{};
  Time pause_began_{};
  uint64_t sample_bytes_ = 0;
  uint64_t rate_ = 0;  // bytes a second
};

}  // namespace starling::peer
