// The rounds of the one choker of a Client: gathers the views of all torrents' peers, asks the
// choker, and gives each torrent its verdicts.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "absl/functional/function_ref.h"
#include "base/deadlines.h"
#include "base/random.h"
#include "base/token_bucket.h"
#include "peer/choker.h"
#include "peer/torrent.h"

namespace starling {

// Whose peers are choked: walks the torrents that have any, always in the same order.
class ChokedTorrents {
 public:
  virtual void ForEachTorrent(absl::FunctionRef<void(peer::Torrent&)> visit) = 0;

 protected:
  ~ChokedTorrents() = default;
};

class Choking final : public DeadlineHandler {
 public:
  Choking(std::unique_ptr<peer::Choker> choker, ChokedTorrents& torrents,
          const TokenBucket& up_limit, Random& random, Deadlines& deadlines);

  // A slot may be free: decides soon, out of turn. Without peers there are no rounds at all.
  void Wake(Time now);
  void OnDeadline(Time now) override;

 private:
  // Keeps a flood of interest messages from costing a decision each.
  static constexpr Duration kBetweenDecisions = milliseconds(20);
  // Of the best rate, 10 minutes are remembered.
  static constexpr Duration kSlot = seconds(10);
  static constexpr size_t kSlotsRemembered = 60;
  peer::UploadCapacity Capacity() const;
  void NoteRate(Time now);

  std::unique_ptr<peer::Choker> choker_;
  ChokedTorrents& torrents_;
  const TokenBucket& up_limit_;
  Random& random_;
  Deadline deadline_;
  Time next_round_ = kNever;
  Time last_decision_ = Time::min();
  std::array<uint64_t, kSlotsRemembered> best_rates_{};  // a ring
  size_t slot_ = 0;
  Time next_slot_{};
  std::vector<peer::PeerView> views_;  // only while it decides
  size_t views_last_ = 0;
  std::vector<size_t> ends_;  // where each torrent's views end
};

}  // namespace starling
