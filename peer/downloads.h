// The half of a conversation in which we ask: requests in flight, how many there should be, the
// rate at which blocks come, and whether the peer snubs us, which is to say sent nothing for 60 s
// while it owes us blocks.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/strong_int.h"
#include "base/time.h"
#include "peer/piece_assembly.h"
#include "peer/rate.h"
#include "peer/request_window.h"
#include "peer/sent_requests.h"

namespace starling::peer {

class Downloads {
 public:
  static constexpr Duration kSnubAfter = seconds(60);
  // A block that takes longer than this on its way is as good as none.
  static constexpr Duration kBlockTimeout = seconds(180);
  // A request that is not answered for so long, though later ones are, was lost.
  static constexpr Duration kRequestTimeout = seconds(60);
  // A peer that unchoked us and rejects so many requests in a row is left alone for a while.
  static constexpr uint32_t kRejectsMax = 32;
  static constexpr Duration kRejectPause = seconds(5);
  // Blocks that nobody asked for: so many are put down to crossing cancels and odd clients.
  static constexpr uint32_t kUnaskedMax = 512;

  void OnSent(Time now, const storage::BlockRequest& block);
  // A block came. nullopt if we did not ask for it.
  std::optional<SentRequests::Entry> OnBlock(Time now, const storage::BlockRequest& block);
  // The peer will not bring it. True if it was in flight, and so its block is free again.
  bool OnReject(Time now, const storage::BlockRequest& block);
  // Part of a block came.
  void OnProgress(Time now) { last_progress_ = now; }
  // We read from it again, after a time in which it could not be heard.
  void OnResume(Time now);
  // Forgets the request; what is on its way all the same is not held against the peer.
  bool OnCancel(const storage::BlockRequest& block);

  // How many more requests should be sent now.
  uint32_t room(Time now) const;
  // When OnTime has something to say next; kNever if nothing is in flight.
  Time next_deadline() const;
  // Requests that are given up now, appended to `lost`. True if the peer begins to snub us.
  bool OnTime(Time now, const std::optional<storage::BlockRequest>& arriving,
              std::vector<storage::BlockRequest>* lost);

  bool snubbed() const { return snubbed_; }
  bool floods() const { return unasked_ > kUnaskedMax; }
  SentRequests& sent() { return sent_; }
  const SentRequests& sent() const { return sent_; }
  RequestWindow& window() { return window_; }
  const Rate& rate() const { return rate_; }
  BufferCharge& charge() { return charge_; }

 private:
  void NoteProgress(Time now);

  SentRequests sent_;
  RequestWindow window_;
  Rate rate_;
  BufferCharge charge_;
  Time last_progress_{};
  Time last_block_{};
  Time asks_from_{};      // later than now only after too many rejects
  uint32_t rejects_ = 0;  // in a row
  uint32_t unasked_ = 0;
  bool snubbed_ = false;
};

}  // namespace starling::peer
