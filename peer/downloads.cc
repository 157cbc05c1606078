#include "peer/downloads.h"

#include <algorithm>

namespace starling::peer {

using storage::BlockRequest;

void Downloads::OnSent(Time now, const BlockRequest& block) {
  if (sent_.active() == 0) {
    window_.OnIdleEnds(now);
    last_progress_ = now;
  }
  sent_.Add(now, block);
}

std::optional<SentRequests::Entry> Downloads::OnBlock(Time now, const BlockRequest& block) {
  last_progress_ = now;
  rate_.Add(now, block.length);
  const std::optional<SentRequests::Entry> entry = sent_.Remove(block);
  if (!entry.has_value()) {
    ++unasked_;
    return std::nullopt;
  }
  snubbed_ = false;
  rejects_ = 0;
  if (unasked_ > 0) --unasked_;
  window_.OnBlock(now, block.length, now - entry->sent);
  return entry;
}

bool Downloads::OnReject(Time now, const BlockRequest& block) {
  const std::optional<SentRequests::Entry> entry = sent_.Remove(block);
  if (!entry.has_value()) return false;  // it crossed with a cancel
  if (++rejects_ >= kRejectsMax) {
    rejects_ = 0;
    asks_from_ = now + kRejectPause;
  }
  return !entry->taken_back;
}

bool Downloads::OnCancel(const BlockRequest& block) { return sent_.Remove(block).has_value(); }

uint32_t Downloads::room(Time now) const {
  if (now < asks_from_) return 0;
  const uint32_t window = snubbed_ ? 1 : window_.blocks();
  // Entries that were taken back weigh on the peer's queue as well.
  const auto used = static_cast<uint32_t>(sent_.size());
  const uint32_t room = window > used ? window - used : 0;
  // A few requests at a time, where many are in flight: each message costs both sides.
  return used > 0 && room * 4 < window ? 0 : room;
}

Time Downloads::next_deadline() const {
  const Time resume = asks_from_ == Time{} ? kNever : asks_from_;
  if (sent_.size() == 0) return resume;
  return std::min(
      {resume, After(last_progress_, kSnubAfter), After(sent_.oldest(), kRequestTimeout)});
}

bool Downloads::OnTime(Time now, const std::optional<BlockRequest>& arriving,
                       std::vector<BlockRequest>* lost) {
  if (now >= asks_from_) asks_from_ = Time{};
  const bool silent = now - last_progress_ >= kSnubAfter;
  if (silent && sent_.active() > 0 && !snubbed_) {
    snubbed_ = true;
    last_progress_ = now;
    sent_.TakeBack([](const BlockRequest&) { return true; }, lost);
    return true;
  }
  if (silent) last_progress_ = now;
  sent_.DropSentBefore(now - kRequestTimeout + microseconds(1), arriving, lost);
  return false;
}

}  // namespace starling::peer
