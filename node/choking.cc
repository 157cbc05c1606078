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

peer::UploadCapacity Choking::Capacity() const {
  if (!up_limit_.unlimited()) return {up_limit_.rate(), /*is_measured=*/false};
  return {*std::max_element(best_rates_.begin(), best_rates_.end()), /*is_measured=*/true};
}

void Choking::NoteRate(Time now) {
  uint64_t sent = 0;
  for (const peer::PeerView& view : views_) sent += view.bytes_sent_20s;
  uint64_t& slot = best_rates_[slot_ % kSlotsRemembered];
  slot = std::max(slot, sent / 20);
  if (now < next_slot_) return;
  ++slot_;
  best_rates_[slot_ % kSlotsRemembered] = 0;
  next_slot_ = now + kSlot;
}

void Choking::OnDeadline(Time now) {
  last_decision_ = now;
  views_.reserve(views_last_);
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
  if (now >= next_round_) next_round_ = now + choker_->period();
  const std::span<const peer::Verdict> verdicts = choker_->Decide(now, views_, Capacity());
  size_t torrent_index = 0;
  size_t from = 0;
  torrents_.ForEachTorrent([&](peer::Torrent& torrent) {
    const size_t end = ends_[torrent_index++];
    if (end > from) torrent.Apply(now, verdicts.subspan(from, end - from));
    from = end;
  });
  deadline_.SetEarlier(next_round_);
  // Decisions are rare, nodes may be many, and this is a large part of what one holds.
  views_last_ = views_.size();
  views_ = std::vector<peer::PeerView>();
}

}  // namespace starling
