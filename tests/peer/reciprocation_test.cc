// Check C6 of the simulation targets: what the slots of mainline mean for who gives what to whom,
// given how uplinks are distributed among real users (Piatek et al. 2007). A peer gives each of its
// slots an equal split of its uplink; it reciprocates to whoever gives it more than all but as many
// of its peers as it has regular slots.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "peer/choker.h"

namespace starling::peer {
namespace {

constexpr double kOptimistic = 2;

struct Quantile {
  double share;
  double rate;  // KB/s
};
constexpr std::array<Quantile, 21> kUplinks = {
    {{.01, 43.9}, {.05, 46.5}, {.10, 48.3}, {.20, 51.8}, {.30, 58.0}, {.40, 66.8},  {.50, 77.6},
     {.60, 91.0}, {.70, 113},  {.75, 130},  {.80, 179},  {.85, 241},  {.90, 393},   {.92, 817},
     {.94, 1215}, {.95, 1296}, {.96, 2081}, {.97, 3839}, {.98, 6744}, {.99, 10212}, {1, 12430}}};

// Log-linear between the quantiles.
double UplinkAt(double share) {
  if (share <= kUplinks.front().share) return kUplinks.front().rate;
  const auto above = std::find_if(kUplinks.begin(), kUplinks.end(),
                                  [&](const Quantile& entry) { return entry.share >= share; });
  const Quantile& low = *(above - 1);
  const Quantile& high = *above;
  return low.rate * std::pow(high.rate / low.rate, (share - low.share) / (high.share - low.share));
}

class Swarm {
 public:
  explicit Swarm(int peers = 10'000) {
    for (int i = 0; i < peers; ++i) {
      const double uplink = UplinkAt((i + 0.5) / peers);
      Peer peer;
      peer.regular = MainlineRegularSlots(static_cast<uint64_t>(uplink * 1000));
      peer.split = uplink / (peer.regular + kOptimistic);
      peers_.push_back(peer);
      splits_.push_back(peer.split);
      mean_split_ += peer.split / peers;
    }
    std::sort(splits_.begin(), splits_.end());
  }

  // The mean over all peers of the chance that one reciprocates who is given `split`.
  double Reciprocation(double split) const {
    return MeanOver(split, [](const auto&) { return 1.0; });
  }
  // What a peer with this uplink downloads that has so many regular slots: from those who
  // reciprocate, and its share of everybody's optimistic slots.
  double Download(double uplink, double regular) const {
    const double split = uplink / (regular + kOptimistic);
    const double from_one = MeanOver(split, [](const auto& peer) { return peer.split; });
    return regular * from_one + kOptimistic * mean_split_;
  }

 private:
  struct Peer {
    uint32_t regular = 0;
    double split = 0;
  };
  template <class Weight>
  double MeanOver(double split, Weight weight) const {
    const auto below = std::lower_bound(splits_.begin(), splits_.end(), split) - splits_.begin();
    const double smaller = static_cast<double>(below) / static_cast<double>(splits_.size());
    double sum = 0;
    for (const Peer& peer : peers_) sum += weight(peer) * (1 - std::pow(1 - smaller, peer.regular));
    return sum / static_cast<double>(peers_.size());
  }

  std::vector<Peer> peers_;
  std::vector<double> splits_;
  double mean_split_ = 0;
};

TEST(Reciprocation, DependsOnTheSplitAsPublished) {
  const Swarm swarm;
  EXPECT_NEAR(swarm.Reciprocation(9), .17, .01);
  EXPECT_NEAR(swarm.Reciprocation(10), .56, .01);
  EXPECT_NEAR(swarm.Reciprocation(12), .93, .01);
  EXPECT_NEAR(swarm.Reciprocation(14), .98, .01);
  EXPECT_NEAR(swarm.Reciprocation(15), .99, .01);
}

TEST(Reciprocation, PaysAPeerOf300WithElevenSlotsAsMuchAsPublished) {
  EXPECT_EQ(MainlineRegularSlots(300'000), 11u);
  EXPECT_NEAR(Swarm().Download(300, 11), 239, 239 * .03);
}

TEST(Reciprocation, WouldPayItMostWithTwentyFourOrTwentyFiveSlots) {
  const Swarm swarm;
  int best = 1;
  for (int slots = 1; slots <= 60; ++slots) {
    if (swarm.Download(300, slots) > swarm.Download(300, best)) best = slots;
  }
  EXPECT_GE(best, 24);
  EXPECT_LE(best, 25);
  EXPECT_NEAR(swarm.Download(300, best), 443, 443 * .03);
}

}  // namespace
}  // namespace starling::peer
