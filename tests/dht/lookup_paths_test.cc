#include "dht/lookup_paths.h"

#include <gtest/gtest.h>

#include <map>

#include "dht/closest_secure.h"
#include "dht/tuned_variant.h"
#include "tests/dht/network.h"

namespace starling::dht {
namespace {

// Ids by their distance to the target, which is zero: IdOf({0, 5}) is nearer than IdOf({1, 0}).
class LookupPathsTest : public testing::Test {
 protected:
  // The endpoints asked, in order.
  std::vector<Endpoint> Step() {
    std::vector<Endpoint> asked;
    paths_.Step([&](const Candidate& candidate) {
      asked.push_back(candidate.endpoint);
      ++times_[candidate.endpoint];
      return true;
    });
    return asked;
  }
  // Two contacts of ours for each path: 1 and 3 of the first, 2 and 4 of the second.
  void Begin() {
    for (uint32_t i = 1; i <= 4; ++i) {
      EXPECT_TRUE(paths_.AddOwn(IdOf({0x40 + int(i)}), PublicAddress(i)));
    }
  }
  void Answer(uint32_t index, const NodeId& id) {
    paths_.OnReply(PublicAddress(index), id, AsBytes("tokn"), 10);
  }

  LookupVariantPointer variant_ = MakePlainVariant(4);
  LookupPaths paths_{NodeId{}, *variant_, 2};
  std::map<Endpoint, int> times_;
};

TEST_F(LookupPathsTest, DealContactsInTurnAndAskNobodyTwice) {
  Begin();
  EXPECT_EQ(paths_.path(0).candidates().size(), 2u);
  EXPECT_EQ(paths_.path(1).candidates().size(), 2u);
  EXPECT_EQ(Step().size(), 3u) << "the second path asks one at a time";
  Answer(1, IdOf({0x41}));
  Answer(2, IdOf({0x42}));
  // Both name the same: one asks, both hear.
  EXPECT_TRUE(paths_.AddNamed(PublicAddress(1), IdOf({1}), PublicAddress(9), 2));
  EXPECT_TRUE(paths_.AddNamed(PublicAddress(2), IdOf({1}), PublicAddress(9), 2));
  EXPECT_EQ(Step(), std::vector<Endpoint>{PublicAddress(9)});
  Answer(9, IdOf({1}));
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(paths_.path(i).Find(PublicAddress(9))->state, Candidate::State::kAnswered);
  }
  Answer(3, IdOf({0x43}));
  EXPECT_TRUE(paths_.done());
  for (const auto& [endpoint, count] : times_) EXPECT_EQ(count, 1);
}

TEST_F(LookupPathsTest, WhomOnePathAskedIsKnownToTheOtherWhenItHearsOfHim) {
  Begin();
  Step();
  Answer(1, IdOf({0x41}));
  Answer(2, IdOf({0x42}));
  paths_.AddNamed(PublicAddress(1), IdOf({1}), PublicAddress(9), 2);
  paths_.AddNamed(PublicAddress(1), IdOf({2}), PublicAddress(10), 2);
  Step();
  Answer(9, IdOf({1}));
  paths_.OnFailure(PublicAddress(10));
  EXPECT_TRUE(paths_.AddNamed(PublicAddress(2), IdOf({1}), PublicAddress(9), 2));
  EXPECT_TRUE(paths_.AddNamed(PublicAddress(2), IdOf({2}), PublicAddress(10), 2));
  EXPECT_TRUE(Step().empty());
  EXPECT_EQ(paths_.path(1).Find(PublicAddress(9))->state, Candidate::State::kAnswered);
  EXPECT_EQ(paths_.path(1).Find(PublicAddress(9))->token_size, 4);
  EXPECT_EQ(paths_.path(1).Find(PublicAddress(10))->state, Candidate::State::kFailed);
}

TEST_F(LookupPathsTest, NamesStayOnThePathOfWhoNamedThem) {
  Begin();
  Step();
  Answer(1, IdOf({0x41}));
  for (uint32_t i = 0; i < 4; ++i) {
    paths_.AddNamed(PublicAddress(1), IdOf({0, int(i) + 1}), PublicAddress(20 + i), 2);
  }
  Answer(2, IdOf({0x42}));
  for (uint32_t i = 0; i < 4; ++i) {
    paths_.AddNamed(PublicAddress(2), IdOf({1, int(i) + 1}), PublicAddress(30 + i), 2);
  }
  for (int round = 0; round < 4; ++round) {
    for (const Endpoint& asked : Step()) {
      for (uint32_t i = 0; i < 4; ++i) {
        if (asked == PublicAddress(20 + i)) Answer(20 + i, IdOf({0, int(i) + 1}));
        if (asked == PublicAddress(30 + i)) Answer(30 + i, IdOf({1, int(i) + 1}));
      }
    }
  }
  Answer(3, IdOf({0x43}));
  ASSERT_TRUE(paths_.done());
  const auto closest = ChooseClosest(paths_, 4, IdSecurity::kOff, true);
  ASSERT_EQ(closest.size(), 4u);
  // Half of each, nearest first, although all of the first path's are nearer.
  EXPECT_EQ(closest[0]->endpoint, PublicAddress(20));
  EXPECT_EQ(closest[1]->endpoint, PublicAddress(21));
  EXPECT_EQ(closest[2]->endpoint, PublicAddress(30));
  EXPECT_EQ(closest[3]->endpoint, PublicAddress(31));
}

TEST_F(LookupPathsTest, NamesOfSomebodyWhoWasNotAskedDoNotCount) {
  Begin();
  Step();
  EXPECT_FALSE(paths_.AddNamed(PublicAddress(77), IdOf({1}), PublicAddress(9), 2));
}

TEST_F(LookupPathsTest, TogetherAskNoMoreThanOneLookupMay) {
  Begin();
  int asked = 0;
  uint32_t next = 1000;
  std::vector<Endpoint> open = Step();
  while (!open.empty()) {
    asked += static_cast<int>(open.size());
    for (const Endpoint& endpoint : open) {
      paths_.OnFailure(endpoint);
      // Ever nearer names that lead nowhere.
      for (int i = 0; i < 4; ++i, ++next) {
        NodeId id;
        StoreBig<uint32_t>(id.bytes.data() + 4, 0x7fff'ffffu - next);
        paths_.AddNamed(endpoint, id, PublicAddress(next), 2);
      }
    }
    open = Step();
  }
  EXPECT_LE(asked, Lookup::kQueriesMax);
  EXPECT_GT(asked, Lookup::kQueriesMax / 2);
  EXPECT_TRUE(paths_.done());
}

TEST(LookupPaths, AreFourAtMost) {
  const LookupVariantPointer variant = MakePlainVariant();
  EXPECT_EQ(LookupPaths(NodeId{}, *variant, 0).size(), 1u);
  EXPECT_EQ(LookupPaths(NodeId{}, *variant, 200).size(), LookupPaths::kPathsMax);
}

TEST(LookupPaths, OneIsALookupAndAPointer) {
  EXPECT_LE(sizeof(LookupPaths), sizeof(Lookup) + sizeof(void*));
}

}  // namespace
}  // namespace starling::dht
