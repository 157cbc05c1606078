#include "node/choking.h"

#include <algorithm>
#include <utility>

namespace starling {

Choking::Choking(std::unique_ptr<peer::Choker> choker, ChokedTorrents& torrents,
                 const TokenBucket& up_limit, Random& random, Deadlines& deadlines)
    : choker_(std::move(choker)),
      torrents_(torrents),
      up_limit_(up_limit),
      random_(random),
      deadline_(deadlines, *this) {}

void Choking::Wake(Time now) {
  if (next_round_ == kNever) {
    // The first peer: from here on there are rounds, at a phase of this node's own.
    next_round_ = now + Duration(static_cast<int64_t>(
                            random_.Below(static_cast<uint64_t>(choker_->period().count()))));
  }
  const bool recent = last_decision_ != Time::min() && now < last_decision_ + kBetweenDecisions;
  deadline_.SetEarlier(recent ? last_decision_ + kBetweenDecisions : now);
}

uint64_t Choking::Capacity() const {
  if (!up_limit_.unlimited()) return up_limit_.rate();
  return *std::max_element(best_rates_.begin(), best_rates_.end());
}

void Choking::NoteRate(Time now) {
  uint64_t sent = 0;
  for (const peer::PeerView& view : views_) sent += view.bytes_sent_20s;
  uint64_t& slot = best_rates_[round_ % kRoundsRemembered];
  slot = std::max(slot, sent / 20);
  if (now < next_round_) return;
  ++round_;
  best_rates_[round_ % kRoundsRemembered] = 0;
  next_round_ = now + choker_->period();
}

void Choking::OnDeadline(Time now) {
  last_decision_ = now;
  views_.clear();
  ends_.clear();
  torrents_.ForEachTorrent([&](peer::Torrent& torrent) {
    torrent.AppendViews(now, &views_);
    ends_.push_back(views_.size());
  });
  if (views_.empty()) {
    next_round_ = kNever;  // sleeps until Wake
    return;
  }
  NoteRate(now);
  const std::span<const peer::Verdict> verdicts = choker_->Decide(now, views_, Capacity());
  size_t torrent_index = 0;
  size_t from = 0;
  torrents_.ForEachTorrent([&](peer::Torrent& torrent) {
    const size_t end = ends_[torrent_index++];
    if (end > from) torrent.Apply(now, verdicts.subspan(from, end - from));
    from = end;
  });
  deadline_.SetEarlier(next_round_);
}

}  // namespace starling
