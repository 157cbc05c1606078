// How well the size of a network is guessed from a hundred lookups.

#include "dht/size_estimate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

#include "base/random.h"

namespace starling::dht {
namespace {

std::vector<NodeId> RandomIds(size_t count, Random& random) {
  std::vector<NodeId> ids;
  for (size_t i = 0; i < count; ++i) ids.push_back(random.NextId<NodeId>());
  return ids;
}

std::vector<NodeId> Closest(std::vector<NodeId>& ids, const NodeId& target, size_t count) {
  std::partial_sort(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(count), ids.end(),
                    [&](const NodeId& a, const NodeId& b) { return IsCloser(target, a, b); });
  return {ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(count)};
}

TEST(SizeEstimate, DistancesAreSharesOfTheIdSpace) {
  NodeId half;
  half.bytes[0] = std::byte{0x80};
  EXPECT_EQ(DistanceShare(half, NodeId{}), 0.5);
  EXPECT_EQ(DistanceShare(half, half), 0);
  NodeId tiny;
  tiny.bytes[15] = std::byte{1};
  EXPECT_EQ(DistanceShare(tiny, NodeId{}), 0x1p-128);
}

TEST(SizeEstimate, AHundredLookupsTellTheSizeWithinFivePercentInTheMean) {
  for (const size_t nodes : {500u, 5000u}) {
    double sum = 0;
    constexpr int kRuns = 20;
    for (int run = 0; run < kRuns; ++run) {
      SeededRandom random(static_cast<uint64_t>(run) + nodes);
      std::vector<NodeId> ids = RandomIds(nodes, random);
      SizeEstimate estimate;
      for (int i = 0; i < 100; ++i) {
        const NodeId target = random.NextId<NodeId>();
        estimate.Add(target, Closest(ids, target, 8));
      }
      EXPECT_EQ(estimate.lookups(), 100);
      EXPECT_NEAR(estimate.relative_error(), 1 / std::sqrt(798.0), 1e-9);
      EXPECT_NEAR(estimate.nodes() / static_cast<double>(nodes), 1, 5 * estimate.relative_error());
      sum += estimate.nodes();
    }
    EXPECT_NEAR(sum / kRuns / static_cast<double>(nodes), 1, 0.05) << nodes;
  }
}

TEST(SizeEstimate, LookupsOfDifferentDepthAreWeighedByWhatTheyFound) {
  SeededRandom random(1);
  std::vector<NodeId> ids = RandomIds(3000, random);
  SizeEstimate estimate;
  for (int i = 0; i < 200; ++i) {
    const NodeId target = random.NextId<NodeId>();
    estimate.Add(target, Closest(ids, target, i % 2 == 0 ? 3 : 8));
  }
  EXPECT_NEAR(estimate.nodes() / 3000, 1, 0.15);
}

TEST(SizeEstimate, SaysNothingWithoutLookups) {
  SizeEstimate estimate;
  EXPECT_EQ(estimate.nodes(), 0);
  EXPECT_EQ(estimate.relative_error(), 0);
  const NodeId one;
  estimate.Add(NodeId{}, std::span(&one, 1));
  EXPECT_EQ(estimate.lookups(), 0);
}

}  // namespace
}  // namespace starling::dht
