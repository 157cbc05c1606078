#include "peer/request_window.h"

#include <algorithm>

#include "storage/piece_store.h"

namespace starling::peer {
namespace {

constexpr uint64_t kMicros = 1'000'000;
// Far above any network, and small enough that products with a delay of minutes fit 64 bits.
constexpr uint64_t kRateMax = 50'000'000'000;

// Blocks that arrive within `length` at `rate`, rounded up.
uint64_t BlocksWithin(uint64_t rate, Duration length) {
  const uint64_t bytes = rate * static_cast<uint64_t>(length.count()) / kMicros;
  return (bytes + storage::kBlockSize - 1) / storage::kBlockSize;
}

uint32_t InBounds(Duration delay) {
  return static_cast<uint32_t>(std::clamp<Duration>(delay, microseconds(1), seconds(120)).count());
}

}  // namespace

// Makes the bucket of this moment the newest one, and empties those that are out of date.
void RequestWindow::OpenBucket(Time now) {
  const int64_t bucket = now.time_since_epoch() / kDelayBucket;
  const int64_t size = static_cast<int64_t>(delays_us_.size());
  for (int64_t i = std::max<int64_t>(newest_ + 1, bucket - size + 1); i <= bucket; ++i) {
    delays_us_[static_cast<size_t>(i % size)] = 0;
    pauses_us_[static_cast<size_t>(i % size)] = 0;
  }
  newest_ = std::max(newest_, static_cast<int32_t>(bucket));
}

void RequestWindow::OnIdleEnds(Time now) {
  pause_began_ = now;
  // A small window on a fast path empties with each burst. If that ended a sample which is still
  // too short, no rate would ever be known and the window would stay small.
  if (now == last_block_ && now - sample_began_ < kSampleMin) return;
  sample_began_ = now;
  last_block_ = now;
  sample_bytes_ = 0;
}

void RequestWindow::OnBlock(Time now, uint32_t bytes, Duration delay) {
  OpenBucket(now);
  const auto newest = static_cast<size_t>(newest_) % delays_us_.size();
  const uint32_t delay_us = InBounds(delay);
  uint32_t& lowest = delays_us_[newest];
  if (lowest == 0 || delay_us < lowest) lowest = delay_us;
  pauses_us_[newest] = std::max(pauses_us_[newest], InBounds(now - pause_began_));
  pause_began_ = now;

  // A sample ends with the last block of one moment, since blocks come in bursts.
  if (now > last_block_ && IsSample(last_block_)) {
    const uint64_t ended = SampleRate(last_block_);
    if (ended < rate_) rate_ = (3 * rate_ + ended) / 4;
    sample_began_ = last_block_;
    sample_bytes_ = 0;
  }
  sample_bytes_ += bytes;
  last_block_ = now;
  if (IsSample(now)) rate_ = std::max(rate_, SampleRate(now));
}

bool RequestWindow::IsSample(Time end) const {
  const Duration elapsed = end - sample_began_;
  const bool enough = sample_bytes_ >= uint64_t{kSampleBlocks} * storage::kBlockSize;
  return elapsed >= kSampleMin && (enough || elapsed >= kSampleMax);
}

uint64_t RequestWindow::SampleRate(Time end) const {
  const auto elapsed = static_cast<uint64_t>((end - sample_began_).count());
  return std::min(sample_bytes_ * kMicros / elapsed, kRateMax);
}

Duration RequestWindow::delay_min() const {
  uint32_t lowest = 0;
  for (const uint32_t delay : delays_us_) {
    if (delay != 0 && (lowest == 0 || delay < lowest)) lowest = delay;
  }
  return microseconds(lowest);
}

Duration RequestWindow::pause_max() const {
  return microseconds(*std::max_element(pauses_us_.begin(), pauses_us_.end()));
}

uint32_t RequestWindow::blocks() const {
  const uint64_t ceiling = BlocksWithin(rate_, kCeiling) + kBlocksMin;
  const uint64_t floor = std::min<uint64_t>(
      std::max<uint64_t>(BlocksWithin(rate_, kFloor), kBlocksMin), kBlocksFloorMax);
  const uint64_t path = BlocksWithin(2 * rate_, delay_min());
  const uint64_t stalled =
      std::min<uint64_t>(BlocksWithin(2 * rate_, pause_max()), kBlocksFloorMax);
  const uint64_t wanted = std::min(std::max(path, stalled) + 2, ceiling);
  return static_cast<uint32_t>(
      std::clamp<uint64_t>(std::max(wanted, floor), std::min(kBlocksMin, queue_max_), queue_max_));
}

}  // namespace starling::peer
