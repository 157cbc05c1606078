#include "peer/downloads.h"

#include <algorithm>

namespace starling::peer {

using storage::BlockRequest;

void Downloads::OnSent(Time now, const BlockRequest& block) {
  if (sent_.active() == 0) {
    window_.OnIdleEnds(now);
    last_progress_ = now;
    last_block_ = now;
  }
  sent_.Add(now, block);
}

std::optional<SentRequests::Entry> Downloads::OnBlock(Time now, const BlockRequest& block) {
  const std::optional<SentRequests::Entry> entry = sent_.Remove(block);
  if (!entry.has_value()) {  // Nor is it progress: it could hold up what we asked for.
    ++unasked_;
    return std::nullopt;
  }
  rate_.Add(now, block.length);
  NoteProgress(now);
  snubbed_ = false;
  rejects_ = 0;
  if (unasked_ > 0) --unasked_;
  window_.OnBlock(now, block.length, now - entry->sent);
  return entry;
}

bool Downloads::OnReject(Time now, const BlockRequest& block) {
  const std::optional<SentRequests::Entry> entry = sent_.Remove(block);
  if (!entry.has_value()) return false;  // it crossed with a cancel
  if (entry->taken_back) return false;   // it choked us, and says what that means
  if (++rejects_ >= kRejectsMax) {
    rejects_ = 0;
    asks_from_ = now + kRejectPause;
  }
  return true;
}

void Downloads::OnResume(Time now) {
  NoteProgress(now);
  window_.OnResume(now);
}

void Downloads::NoteProgress(Time now) {
  last_progress_ = now;
  last_block_ = now;
}

bool Downloads::OnCancel(const BlockRequest& block) { return sent_.Remove(block).has_value(); }

uint32_t Downloads::room(Time now) const {
  if (now < asks_from_) return 0;
  // One request at a time finds out whether it has come back.
  if (snubbed_) return sent_.active() == 0 ? 1 : 0;
  const uint32_t window = window_.blocks();
  // Entries that were taken back weigh on the peer's queue as well.
  const auto used = static_cast<uint32_t>(sent_.size());
  const uint32_t room = window > used ? window - used : 0;
  // Several requests at a time: each message costs both sides. Half of the window is still what
  // keeps the answers coming, since it is twice what the path holds. What was rejected is made up
  // for at once.
  return used > 0 && rejects_ == 0 && room * 2 < window ? 0 : room;
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
  // Whoever sends a byte now and then is silent as well.
  const bool silent = now - last_progress_ >= kSnubAfter || now - last_block_ >= kBlockTimeout;
  const Time too_old = now - kRequestTimeout + microseconds(1);
  if (!silent) {
    // A long queue at a slow peer is no loss; a request that later ones overtook is.
    sent_.DropSentBefore(std::min(too_old, sent_.newest_answered()), arriving, lost);
    return false;
  }
  last_progress_ = now;
  last_block_ = now;
  if (sent_.active() > 0 && !snubbed_) {
    snubbed_ = true;
    sent_.TakeBack([](const BlockRequest&) { return true; }, lost);
    return true;
  }
  sent_.DropSentBefore(too_old, arriving, lost);
  return false;
}

}  // namespace starling::peer
