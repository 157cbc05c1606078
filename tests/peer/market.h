// Peers of a choker under test who answer what they are given: each reciprocates, from the next
// round on, while it gets at least its price, and then gives its own rate.
//
//   Market market(MakeTyrant(...));
//   market.Add('a', {.price = 10, .gives = 20});
//   EXPECT_EQ(market.Round(100), "a");
//   EXPECT_EQ(market.limit('a'), 15);        // KB/s
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "peer/choker.h"

namespace starling::peer {

// Rates in KB/s.
struct Trader {
  uint64_t price = 0;
  uint64_t gives = 0;
  bool interested = true;   // in us
  bool interesting = true;  // we in it
  bool we_seed = false;
  uint64_t torrent = 1;
};

class Market {
 public:
  explicit Market(std::unique_ptr<Choker> choker) : choker_(std::move(choker)) {}

  void Add(char name, const Trader& trader) {
    traders_[name] = trader;
    PeerView& view = views_[name];
    view.id = ConnectionId{static_cast<uint64_t>(name)};
    view.torrent = trader.torrent;
    view.we_seed = trader.we_seed;
    view.connected_at = now;
    view.piece_length = 256 * 1024;
    view.peer_interested = trader.interested;
    view.we_interested = trader.interesting;
  }
  void Remove(char name) {
    traders_.erase(name);
    views_.erase(name);
  }
  PeerView& view(char name) { return views_[name]; }

  // Decides, with a capacity in KB/s; names who is unchoked.
  std::string Decide(uint64_t capacity, bool is_measured = false) {
    std::vector<PeerView> shown;
    for (const auto& entry : views_) shown.push_back(entry.second);
    std::string unchoked;
    for (const Verdict& verdict : choker_->Decide(now, shown, {capacity * 1000, is_measured})) {
      const char name = static_cast<char>(verdict.id);
      PeerView& view = views_[name];
      if (verdict.unchoke && !view.unchoked_by_us) view.last_unchoked_at = now;
      view.unchoked_by_us = verdict.unchoke;
      limits_[name] = verdict.unchoke ? verdict.rate_limit : 0;
      if (verdict.unchoke) unchoked += name;
    }
    return unchoked;
  }
  // Decides, and lets ten seconds go by.
  std::string Round(uint64_t capacity, bool is_measured = false) {
    std::string unchoked = Decide(capacity, is_measured);
    now += seconds(5);
    for (auto& entry : views_) {
      const Trader& trader = traders_[entry.first];
      PeerView& view = entry.second;
      const bool pleased =
          view.unchoked_by_us && limits_[entry.first] >= trader.price * 1000 && trader.gives > 0;
      if (pleased != view.unchoked_by_peer) {
        view.unchoked_by_peer = pleased;
        view.peer_choke_changed_at = now;
      }
      if (pleased) view.bytes_received_total += trader.gives * 10'000;
      if (view.unchoked_by_us) view.bytes_sent_total += limits_[entry.first] * 10;
    }
    now += seconds(5);
    return unchoked;
  }
  double limit(char name) { return static_cast<double>(limits_[name]) / 1000; }
  double total() const {
    double sum = 0;
    for (const auto& entry : limits_) sum += static_cast<double>(entry.second) / 1000;
    return sum;
  }

  Time now = Time(hours(1));

 private:
  std::unique_ptr<Choker> choker_;
  std::map<char, Trader> traders_;
  std::map<char, PeerView> views_;
  std::map<char, uint64_t> limits_;
};

}  // namespace starling::peer
