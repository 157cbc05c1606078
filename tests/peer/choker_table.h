// Peers in front of a tit-for-tat choker, as a table that tests write by hand.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "base/random.h"
#include "peer/choker.h"

namespace starling::peer {

inline const Time kStart = Time(hours(1));

// Peers as a table: each has a name, its rate in KB/s, and flags in a string:
// i interested, u unchoked by us, s snubbed us, n connected just now, S we seed its torrent, p has
// a part of a first copy.
class Table {
 public:
  explicit Table(uint32_t slots = 0, uint64_t seed = 1, SeedOrder order = SeedOrder::kRoundRobin)
      : Table({.slots = slots, .order = order}, seed) {}
  explicit Table(const TitForTatOptions& options, uint64_t seed = 1)
      : random_(seed), choker_(MakeTitForTat(random_, options)) {}

  void Set(char name, uint64_t rate, absl::string_view flags) {
    PeerView& view = views_[name];
    view.id = ConnectionId{static_cast<uint64_t>(name)};
    view.connected_at = now - minutes(10);
    view.bytes_received_20s = rate * 20'000;
    view.bytes_sent_20s = rate * 20'000;
    const auto has = [&](char flag) { return flags.find(flag) != absl::string_view::npos; };
    view.peer_interested = has('i');
    if (has('u') != view.unchoked_by_us) {
      view.unchoked_by_us = has('u');
      if (has('u')) view.last_unchoked_at = now;
    }
    view.snubbed_us = has('s');
    view.we_seed = has('S');
    view.has_part = has('p');
    if (has('n')) view.connected_at = now;
  }
  void SetShare(char name, uint32_t millionths) { views_[name].share_had = millionths; }
  // Decides, carries it out, and names who is unchoked.
  std::string Decide(uint64_t capacity = 0) {
    std::vector<PeerView> views;
    for (const auto& entry : views_) views.push_back(entry.second);
    std::string unchoked;
    for (const Verdict& verdict : choker_->Decide(now, views, {.rate = capacity})) {
      const char name = static_cast<char>(verdict.id);
      PeerView& view = views_[name];
      if (verdict.unchoke && !view.unchoked_by_us) view.last_unchoked_at = now;
      view.unchoked_by_us = verdict.unchoke;
      view.turn_ends = verdict.turn_ends;
      if (verdict.unchoke) unchoked += name;
    }
    return unchoked;
  }
  std::string Round(uint64_t capacity = 0) {
    const std::string result = Decide(capacity);
    now += seconds(10);
    return result;
  }

  bool TurnEnds(char name) const { return views_.at(name).turn_ends; }

  Time now = kStart;

 private:
  SeededRandom random_;
  std::map<char, PeerView> views_;
  std::unique_ptr<Choker> choker_;
};

}  // namespace starling::peer
