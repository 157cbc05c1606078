#include "peer/choker_registry.h"

#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "peer/block_tft.h"
#include "peer/tyrant.h"

namespace starling::peer {
namespace {

constexpr double kSlotsMax = 1000;
constexpr double kRateMax = 1e12;

Parameter Slots() {
  return {"slots",   ParameterKind::kInteger,
          0,         0,
          kSlotsMax, "peers served at a time; 0: by the upload rate, as mainline does"};
}

Parameter Seed() {
  return {"seed", ParameterKind::kInteger,
          0,      0,
          1,      "whom a seed serves: 0 all in turn, 1 who takes fastest"};
}

uint32_t SlotsOf(const StrategyValues& values) { return static_cast<uint32_t>(values.at("slots")); }

SeedOrder SeedOrderOf(const StrategyValues& values) {
  return values.at("seed") != 0 ? SeedOrder::kFastest : SeedOrder::kRoundRobin;
}

ChokerKind TitForTatKind() {
  StrategyInfo info{"tit-for-tat", "serves those who give most, and others in turn", {}};
  info.parameters = {Slots(),
                     {"optimistic", ParameterKind::kInteger, 1, 0, kSlotsMax,
                      "of that many slots, those that go to others in turn"},
                     {"poorest", ParameterKind::kInteger, 0, 0, 1,
                      "whom they go to: 0 random ones, 1 those who have least, for fleets"},
                     Seed(),
                     {"round", ParameterKind::kNumber, 10, 0.1, 600,
                      "seconds from one decision to the next; fewer suit a fast LAN"}};
  return {std::move(info), [](const StrategyValues& values) -> ChokerFactory {
            TitForTatOptions options;
            options.slots = SlotsOf(values);
            options.optimistic = static_cast<uint32_t>(values.at("optimistic"));
            options.poorest_first = values.at("poorest") != 0;
            options.order = SeedOrderOf(values);
            options.round = Duration(static_cast<int64_t>(values.at("round") * 1e6));
            return [options](Random& random) { return MakeTitForTat(random, options); };
          }};
}

ChokerKind BlockTftKind() {
  StrategyInfo info{
      "block-tft", "tit-for-tat that stops serving whoever took much more than it gave", {}};
  info.parameters = {{"deficit", ParameterKind::kNumber, 2, 0, 1e6,
                      "pieces that a peer may take beyond what it gave"},
                     Slots(),
                     Seed()};
  return {
      std::move(info), [](const StrategyValues& values) -> ChokerFactory {
        const BlockTftOptions options{values.at("deficit"), SlotsOf(values), SeedOrderOf(values)};
        return [options](Random& random) { return MakeBlockTft(random, options); };
      }};
}

ChokerKind TyrantKind() {
  const TyrantOptions usual;
  StrategyInfo info{
      "bittyrant", "serves for the best return, each peer at the rate that buys it", {}};
  info.parameters = {
      {"u0", ParameterKind::kRate, static_cast<double>(usual.initial_rate), 1000, 1e9,
       "what a peer of which nothing is known is given at first"},
      {"cap", ParameterKind::kRate, 0, 0, kRateMax,
       "send at most this; 0: all that the uplink can"},
      {"increase", ParameterKind::kNumber, usual.increase, 0, 10,
       "how much more a peer gets that kept us choked for a round"},
      {"decrease", ParameterKind::kNumber, usual.decrease, 0, 1,
       "how much less a peer gets that kept us unchoked"},
      {"patience", ParameterKind::kInteger, static_cast<double>(usual.patience), 1, 1000,
       "rounds that a peer keeps us unchoked before it gets less"},
      {"selfish", ParameterKind::kFlag, 0, 0, 1, "leave unused what buys nothing"},
      {"fill", ParameterKind::kFlag, 1, 0, 1, "serve others at once with what becomes free"},
  };
  return {std::move(info), [](const StrategyValues& values) -> ChokerFactory {
            TyrantOptions options;
            options.initial_rate = static_cast<uint64_t>(values.at("u0"));
            options.cap = static_cast<uint64_t>(values.at("cap"));
            options.increase = values.at("increase");
            options.decrease = values.at("decrease");
            options.patience = static_cast<uint32_t>(values.at("patience"));
            options.selfish = values.at("selfish") != 0;
            options.fill = values.at("fill") != 0;
            return [options](Random& random) { return MakeTyrant(random, options); };
          }};
}

// A free rider: takes and never gives.
class Never final : public Choker {
 public:
  std::span<const Verdict> Decide(Time, std::span<const PeerView> peers,
                                  const UploadCapacity&) override {
    verdicts_.resize(peers.size());
    for (size_t i = 0; i < peers.size(); ++i) verdicts_[i] = Verdict{.id = peers[i].id};
    return verdicts_;
  }

 private:
  std::vector<Verdict> verdicts_;
};

ChokerKind NeverKind() {
  return {{"never", "serves nobody, as a free rider does", {}},
          [](const StrategyValues&) -> ChokerFactory {
            return [](Random&) { return std::make_unique<Never>(); };
          }};
}

}  // namespace

ChokerRegistry::ChokerRegistry() : StrategyRegistry("choker") {
  for (ChokerKind kind : {TitForTatKind(), BlockTftKind(), TyrantKind(), NeverKind()}) {
    Add(std::move(kind));
  }
}

}  // namespace starling::peer
