#include "sim/live_ids.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/random.h"

namespace starling::sim {
namespace {

LiveIds Drawn(size_t size, Random& random) {
  LiveIds ids;
  for (uint32_t i = 0; i < size; ++i) ids.Append(random.NextId<NodeId>(), i);
  ids.Sort();
  return ids;
}

TEST(LiveIds, FindsTheClosestAsASortOfAllWould) {
  SeededRandom random(1);
  const LiveIds ids = Drawn(500, random);
  for (int round = 0; round < 200; ++round) {
    const auto target = random.NextId<NodeId>();
    std::vector<LiveIds::Entry> all(ids.entries().begin(), ids.entries().end());
    std::sort(all.begin(), all.end(), [&](const LiveIds::Entry& a, const LiveIds::Entry& b) {
      return IsCloser(target, a.id, b.id);
    });
    std::array<LiveIds::Entry, 9> closest;
    ASSERT_EQ(ids.Closest(target, closest), closest.size());
    EXPECT_TRUE(std::equal(closest.begin(), closest.end(), all.begin()));
  }
}

TEST(LiveIds, FollowsThoseWhoComeAndGo) {
  SeededRandom random(2);
  LiveIds ids = Drawn(20, random);
  const LiveIds::Entry gone = ids[7];
  ids.Remove(gone.id, gone.node);
  EXPECT_EQ(ids.size(), 19u);
  std::array<LiveIds::Entry, 1> closest;
  ids.Closest(gone.id, closest);
  EXPECT_NE(closest[0], gone);
  ids.Add(gone.id, 99);
  ids.Closest(gone.id, closest);
  EXPECT_EQ(closest[0].node, 99u);
}

TEST(LiveIds, KnowsNobodyWhenThereIsNobody) {
  std::array<LiveIds::Entry, 8> closest;
  EXPECT_EQ(LiveIds().Closest(NodeId{}, closest), 0u);
}

}  // namespace
}  // namespace starling::sim
