#include "dht/lookup.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "dht/tuned_variant.h"

namespace starling::dht {
namespace {

// The target is zero, so the smaller the id, the nearer. Node n has id n and its own address.
NodeId Id(uint32_t number) {
  NodeId id;
  StoreBig<uint32_t>(id.bytes.data() + 16, number);
  return id;
}
Endpoint Address(uint32_t number) { return Endpoint::V4(0x08000000 + number, 6881); }

class LookupTest : public testing::Test {
 protected:
  void Add(std::initializer_list<uint32_t> numbers, uint8_t hops = 1) {
    for (const uint32_t number : numbers) lookup_.Add(Id(number), Address(number), hops);
  }
  // Lets the lookup ask; returns whom it asked.
  std::vector<uint32_t> Step() {
    std::vector<uint32_t> asked;
    lookup_.Step([&](const Candidate& candidate) {
      asked.push_back(candidate.endpoint.v4() - 0x08000000);
      return true;
    });
    return asked;
  }
  uint8_t Answers(uint32_t number) {
    return lookup_.OnReply(Address(number), Id(number), AsBytes("token"), 5);
  }
  std::vector<uint32_t> Closest() {
    std::vector<uint32_t> numbers;
    for (const Candidate* candidate : lookup_.closest()) {
      numbers.push_back(LoadBig<uint32_t>(candidate->id.bytes.data() + 16));
    }
    return numbers;
  }

  using Numbers = std::vector<uint32_t>;
  LookupVariantPointer variant_ = MakePlainVariant(8, 3);
  Lookup lookup_{NodeId{}, *variant_};
};

TEST_F(LookupTest, AsksTheNearestThreeAtATime) {
  Add({50, 10, 40, 20, 30});
  EXPECT_EQ(Step(), (Numbers{10, 20, 30}));
  EXPECT_EQ(Step(), Numbers{});
  Answers(20);
  EXPECT_EQ(Step(), Numbers{40});
  lookup_.OnFailure(Address(10));
  EXPECT_EQ(Step(), Numbers{50});
}

TEST_F(LookupTest, StopsWhenTheEightClosestHaveAnswered) {
  Add({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
  size_t asked = 0;
  while (!lookup_.done()) {
    const Numbers batch = Step();
    ASSERT_FALSE(batch.empty());
    asked += batch.size();
    for (const uint32_t number : batch) Answers(number);
  }
  EXPECT_EQ(asked, 8u);
  EXPECT_EQ(Closest(), (Numbers{1, 2, 3, 4, 5, 6, 7, 8}));
}

TEST_F(LookupTest, GoesOnToThoseThatAreNamedAndNearer) {
  Add({100, 101, 102});
  EXPECT_EQ(Step(), (Numbers{100, 101, 102}));
  EXPECT_EQ(Answers(101), 1);
  Add({5, 6}, 2);
  EXPECT_EQ(Step(), Numbers{5});
  EXPECT_EQ(Answers(5), 2) << "two hops away";
}

TEST_F(LookupTest, WithoutCandidatesIsDone) { EXPECT_TRUE(lookup_.done()); }

TEST_F(LookupTest, TheDeadAreReplacedByTheNextNearest) {
  Add({1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
  while (!lookup_.done()) {
    for (const uint32_t number : Step()) {
      if (number % 4 == 0) {
        lookup_.OnFailure(Address(number));
      } else {
        Answers(number);
      }
    }
  }
  EXPECT_EQ(Closest(), (Numbers{1, 2, 3, 5, 6, 7, 9, 10}));
}

TEST_F(LookupTest, ASlowOneFreesItsPlaceAndIsNotWaitedForWhenEnoughAnswered) {
  const LookupVariantPointer two_one_by_one = MakePlainVariant(2, 1);
  Lookup lookup(NodeId{}, *two_one_by_one);
  for (const uint32_t number : {1, 2, 3}) lookup.Add(Id(number), Address(number), 1);
  const auto step = [&] {
    Endpoint asked;
    lookup.Step([&](const Candidate& it) {
      const Endpoint& to = it.endpoint;
      asked = to;
      return true;
    });
    return asked;
  };
  EXPECT_EQ(step(), Address(1));
  EXPECT_EQ(step(), Endpoint{});
  lookup.OnSlow(Address(1));
  EXPECT_EQ(step(), Address(2));
  lookup.OnReply(Address(2), Id(2), {}, 0);
  EXPECT_EQ(step(), Address(3)) << "in place of the slow one";
  EXPECT_FALSE(lookup.done()) << "the nearest may still answer while 3 is asked";
  lookup.OnReply(Address(3), Id(3), {}, 0);
  EXPECT_TRUE(lookup.done());
  lookup.OnReply(Address(1), Id(1), {}, 0);
  EXPECT_TRUE(lookup.done());
  EXPECT_EQ(lookup.closest()[0]->id, Id(1));
}

TEST_F(LookupTest, SelfReferralsLeadNowhere) {
  Add({1});
  EXPECT_EQ(Step(), Numbers{1});
  Answers(1);
  EXPECT_FALSE(lookup_.Add(Id(1), Address(1), 2));
  EXPECT_FALSE(lookup_.Add(Id(2), Address(1), 2)) << "the same address under another name";
  EXPECT_FALSE(lookup_.Add(Id(1), Address(2), 2)) << "the same id at another address";
  EXPECT_TRUE(lookup_.done());
}

TEST_F(LookupTest, OneThatWasNamedUnderAWrongIdStandsWhereItSays) {
  Add({3, 9});
  EXPECT_EQ(Step(), (Numbers{3, 9}));
  EXPECT_EQ(lookup_.OnReply(Address(3), Id(77), {}, 0), 1);
  Answers(9);
  EXPECT_EQ(Closest(), (Numbers{9, 77}));
}

TEST_F(LookupTest, AnIdIsNotHiddenByALiarWhoNamesItFirst) {
  lookup_.Add(Id(5), Address(666), 1);
  EXPECT_TRUE(lookup_.Add(Id(5), Address(5), 1));
  EXPECT_FALSE(lookup_.Add(Id(5), Address(667), 1)) << "but not any number of times";
  EXPECT_EQ(Step().size(), 2u);
  lookup_.OnFailure(Address(666));
  EXPECT_EQ(Answers(5), 1);
  EXPECT_EQ(Closest(), Numbers{5});
}

TEST_F(LookupTest, TwoWhoClaimOneIdCountOnce) {
  Add({1, 2});
  Step();
  EXPECT_EQ(Answers(1), 1);
  EXPECT_EQ(lookup_.OnReply(Address(2), Id(1), {}, 0), 0);
  EXPECT_EQ(Closest(), Numbers{1});
  EXPECT_TRUE(lookup_.done());
}

TEST_F(LookupTest, OnePublicAddressCountsOnce) {
  for (uint16_t port = 1; port <= 5; ++port) {
    lookup_.Add(Id(port), Endpoint::V4(0x08080808, port), 1);
  }
  while (!lookup_.done()) {
    std::vector<Endpoint> asked;
    lookup_.Step([&](const Candidate& it) {
      const Endpoint& to = it.endpoint;
      asked.push_back(to);
      return true;
    });
    for (const Endpoint& to : asked) lookup_.OnReply(to, Id(to.port), {}, 0);
  }
  EXPECT_EQ(lookup_.closest().size(), 1u);
}

TEST_F(LookupTest, AnswersThatNobodyAskedForDoNotCount) {
  Add({1});
  Step();
  EXPECT_EQ(lookup_.OnReply(Address(2), Id(2), {}, 0), 0);
  Answers(1);
  EXPECT_EQ(Answers(1), 0) << "twice";
}

TEST_F(LookupTest, AFloodOfFakesNeitherGrowsItNorPushesOutWhoAnswered) {
  Add({1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007});
  uint32_t fake = 999;
  int asked = 0;
  while (!lookup_.done()) {
    const Numbers batch = Step();
    ASSERT_FALSE(batch.empty());
    asked += static_cast<int>(batch.size());
    for (const uint32_t number : batch) {
      if (number >= 1000) {
        Answers(number);
      } else {
        lookup_.OnFailure(Address(number));
      }
      // Each time eight more that do not exist, all nearer than the last.
      for (int i = 0; i < 8 && fake > 0; ++i) Add({fake--}, 2);
    }
    EXPECT_LE(lookup_.candidates().size(), 8 + Lookup::kSpareCandidates);
  }
  EXPECT_LE(asked, Lookup::kQueriesMax);
  EXPECT_GE(Closest().size(), 3u) << "those asked before the flood";
}

TEST_F(LookupTest, AQueryThatCannotBeSentFails) {
  Add({1, 2});
  lookup_.Step([](const Candidate&) { return false; });
  EXPECT_TRUE(lookup_.done());
  EXPECT_TRUE(Closest().empty());
}

TEST_F(LookupTest, KeepsTokensThatAreNotTooLong) {
  Add({1, 2, 3});
  Step();
  lookup_.OnReply(Address(1), Id(1), AsBytes("abcdefghijklmnopqrst"), 0);
  lookup_.OnReply(Address(2), Id(2), AsBytes(std::string(31, 'x')), 0);
  lookup_.OnReply(Address(3), Id(3), {}, 0);
  EXPECT_EQ(AsText(lookup_.closest()[0]->token_view()), "abcdefghijklmnopqrst");
  EXPECT_TRUE(lookup_.closest()[1]->token_view().empty());
  EXPECT_TRUE(lookup_.closest()[2]->token_view().empty());
}

TEST_F(LookupTest, TakesAboutAKilobyteAndAHalf) {
  EXPECT_LE((8 + Lookup::kSpareCandidates) * sizeof(Candidate), 1900u);
}

}  // namespace
}  // namespace starling::dht
