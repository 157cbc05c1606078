#include "my_choker.h"

#include <algorithm>
#include <memory>
#include <span>
#include <vector>

namespace {

using starling::Random;
using starling::Time;
using starling::peer::Choker;
using starling::peer::ConnectionId;
using starling::peer::PeerView;
using starling::peer::UploadCapacity;
using starling::peer::Verdict;

constexpr starling::Duration kNewcomerTurn = starling::seconds(30);

class MyChoker final : public Choker {
 public:
  MyChoker(Random& random, double newcomers)
      : random_(random), newcomers_(newcomers), seeding_(starling::peer::MakeTitForTat(random)) {}

  // One verdict a view, in the same order. No clock, no globals: the same code runs in the node and
  // in the simulator.
  std::span<const Verdict> Decide(Time now, std::span<const PeerView> peers,
                                  const UploadCapacity& capacity) override {
    const std::span<const Verdict> seeding = seeding_->Decide(now, peers, capacity);
    // Where no limit is set, what was measured says nothing of what our own limits held back.
    const uint64_t rate =
        capacity.is_measured ? std::max<uint64_t>(capacity.rate * 5 / 4, 50'000) : capacity.rate;
    uint64_t given = 0;
    for (const PeerView& peer : peers) given += IsTrader(peer) ? peer.bytes_received_20s : 0;
    const double kept = given == 0 ? 1 : newcomers_;
    const ConnectionId newcomer = Newcomer(now, peers);
    verdicts_.clear();
    for (size_t i = 0; i < peers.size(); ++i) {
      const PeerView& peer = peers[i];
      Verdict verdict{.id = peer.id};
      double share = 0;
      if (peer.we_seed) verdict.unchoke = seeding[i].unchoke;
      if (peer.id == newcomer) share = kept;
      if (IsTrader(peer)) {
        share =
            (1 - kept) * static_cast<double>(peer.bytes_received_20s) / static_cast<double>(given);
      }
      if (share > 0) {
        verdict.unchoke = true;
        // A limit of 0 would be none.
        verdict.rate_limit =
            std::max<uint64_t>(static_cast<uint64_t>(share * static_cast<double>(rate)), 1);
      }
      verdicts_.push_back(verdict);
    }
    return verdicts_;
  }

 private:
  static bool IsTrader(const PeerView& peer) {
    return !peer.we_seed && peer.peer_interested && peer.bytes_received_20s > 0;
  }
  static bool IsNewcomer(const PeerView& peer) {
    return !peer.we_seed && peer.peer_interested && peer.bytes_received_20s == 0;
  }

  // The one whose turn it is; another one when it left, began to give or had its thirty seconds.
  ConnectionId Newcomer(Time now, std::span<const PeerView> peers) {
    std::vector<ConnectionId> waiting;
    for (const PeerView& peer : peers) {
      if (!IsNewcomer(peer)) continue;
      if (peer.id == newcomer_ && now < turn_ends_) return newcomer_;
      waiting.push_back(peer.id);
    }
    if (waiting.empty()) return ConnectionId{};
    newcomer_ = waiting[random_.Below(waiting.size())];
    turn_ends_ = now + kNewcomerTurn;
    return newcomer_;
  }

  Random& random_;
  const double newcomers_;
  std::unique_ptr<Choker> seeding_;
  ConnectionId newcomer_{};
  Time turn_ends_{};
  std::vector<Verdict> verdicts_;
};

}  // namespace

starling::peer::ChokerKind MyChokerKind() {
  starling::StrategyInfo info{"mine", "shares the uplink in proportion to what each peer gave", {}};
  info.parameters = {{"newcomers", starling::ParameterKind::kNumber, 0.2, 0.01, 0.9,
                      "share of the uplink for a peer that gave nothing yet"}};
  return {info, [](const starling::StrategyValues& values) -> starling::peer::ChokerFactory {
            return [newcomers = values.at("newcomers")](Random& random) {
              return std::make_unique<MyChoker>(random, newcomers);
            };
          }};
}
