// Lookup variants: one of a test's own next to those that we bring along.
#include "dht/lookup_variant.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "dht/lookup.h"
#include "dht/lookup_memory.h"
#include "dht/routing_table.h"
#include "dht/tuned_variant.h"
#include "dht/variant_registry.h"
#include "tests/dht/network.h"

namespace starling::dht {
namespace {

using State = Candidate::State;
using Numbers = std::vector<uint32_t>;

// The target is zero: the smaller the number, the nearer. Node n has an address of its own.
NodeId Id(uint32_t number) {
  NodeId id;
  StoreBig<uint32_t>(id.bytes.data(), number << 8);
  return id;
}
Endpoint Address(uint32_t number) { return Endpoint::V4(0x08000000 + 7919 * number, 6881); }

Numbers Step(Lookup& lookup) {
  Numbers asked;
  lookup.Step([&](const Candidate& candidate) {
    asked.push_back((candidate.endpoint.v4() - 0x08000000) / 7919);
    return true;
  });
  return asked;
}

void Answer(Lookup& lookup, uint32_t number) {
  lookup.OnReply(Address(number), Id(number), AsBytes("token"), 5);
}

LookupVariantPointer Make(const std::string& text) {
  const absl::StatusOr<StrategySpec> spec = ParseStrategy(text);
  EXPECT_TRUE(spec.ok()) << text;
  absl::StatusOr<LookupVariantPointer> variant = VariantRegistry().Make(*spec);
  EXPECT_TRUE(variant.ok()) << variant.status();
  return *variant;
}

// Asks everybody it knows, one after the other, the farthest first: slow, but it gets there.
class Backwards final : public LookupVariant {
 public:
  explicit Backwards(size_t room) : room_(room) {}
  size_t closest_max() const override { return 8; }
  std::optional<size_t> ChooseNext(const LookupState& state) const override {
    if (state.in_flight > 0) return std::nullopt;
    for (size_t i = state.candidates.size(); i > 0; --i) {
      if (state.candidates[i - 1].state == State::kUnasked) return i - 1;
    }
    return std::nullopt;
  }
  bool IsDone(const LookupState& state) const override {
    return std::none_of(state.candidates.begin(), state.candidates.end(), [](const Candidate& c) {
      return c.state == State::kUnasked || c.state == State::kAsked;
    });
  }
  size_t BucketSize(size_t) const override { return room_; }

 private:
  size_t room_;
};

TEST(LookupVariant, OfOnesOwnIsKnownByNameAndRunsANetwork) {
  VariantRegistry variants;
  StrategyInfo info{"backwards", "the farthest first", {}};
  info.parameters = {{"room", ParameterKind::kInteger, 4, 1, 100, "contacts in a bucket"}};
  variants.Add({info, [](const StrategyValues& values) -> LookupVariantPointer {
                  return std::make_shared<Backwards>(static_cast<size_t>(values.at("room")));
                }});
  Options options;
  const absl::StatusOr<LookupVariantPointer> variant = variants.Make({"backwards", {{"room", 20}}});
  ASSERT_TRUE(variant.ok());
  options.variant = *variant;
  Network network(40, options);
  network.Join();
  network.net().Run(minutes(2));
  EXPECT_GE(network.MeasureRecall(6), 0.9);
}

// Says that it is not done and asks nobody.
class Stuck final : public LookupVariant {
 public:
  size_t closest_max() const override { return 8; }
  std::optional<size_t> ChooseNext(const LookupState&) const override { return std::nullopt; }
  bool IsDone(const LookupState&) const override { return false; }
  size_t BucketSize(size_t) const override { return 8; }
};

TEST(LookupVariant, CannotHoldOnToALookupInWhichNothingWillHappen) {
  const Stuck stuck;
  Lookup lookup(NodeId{}, stuck);
  lookup.Add(Id(1), Address(1), 1);
  EXPECT_TRUE(Step(lookup).empty());
  EXPECT_TRUE(lookup.done());
}

// As many as it may, whatever they are.
class Greedy final : public LookupVariant {
 public:
  size_t closest_max() const override { return 8; }
  std::optional<size_t> ChooseNext(const LookupState& state) const override {
    for (size_t i = 0; i < state.candidates.size(); ++i) {
      if (state.candidates[i].state == State::kUnasked) return i;
    }
    return std::nullopt;
  }
  bool IsDone(const LookupState&) const override { return false; }
  size_t BucketSize(size_t) const override { return 8; }
};

TEST(LookupVariant, CannotAskMoreThanALookupMay) {
  const Greedy greedy;
  Lookup lookup(NodeId{}, greedy);
  size_t asked = 0;
  for (uint32_t round = 0; round < 400; ++round) {
    lookup.Add(Id(1000 - round), Address(1000 - round), 1);
    for (const uint32_t number : Step(lookup)) {
      ++asked;
      lookup.OnFailure(Address(number));
    }
  }
  EXPECT_EQ(asked, static_cast<size_t>(Lookup::kQueriesMax));
  EXPECT_TRUE(lookup.done());
}

TEST(VariantRegistry, KnowsOursAndRefusesWhatCannotBe) {
  std::string names;
  const VariantRegistry variants;
  for (const VariantKind& kind : variants.kinds()) {
    names += kind.info.name + " ";
    StrategySpec spec{kind.info.name, {}};
    for (const Parameter& parameter : kind.info.parameters) {
      EXPECT_FALSE(parameter.explanation.empty());
      spec.values[parameter.name] = parameter.fallback;
    }
    EXPECT_TRUE(variants.Make(spec).ok()) << kind.info.name;
  }
  EXPECT_EQ(names, "plain wide wide+pns fast ");
  EXPECT_FALSE(variants.Make({"plain", {{"k", 21}}}).ok()) << "an answer holds no more";
  EXPECT_FALSE(variants.Make({"plain", {{"alpha", 0}}}).ok());
  EXPECT_FALSE(variants.Make({"faster", {}}).ok());
}

TEST(TunedVariant, AsksAllAtOnceWhoAreAsNearAsTheClosestShouldBe) {
  const LookupVariantPointer burst =
      Make("fast:near_first=no,overtake=no,hedge=no,late=0,alpha=2,burst=1");
  Lookup lookup(NodeId{}, *burst);
  lookup.SetReach(uint64_t{40 << 8} << 32);
  for (const uint32_t number : {10, 20, 30, 39, 50, 60}) {
    lookup.Add(Id(number), Address(number), 1);
  }
  EXPECT_EQ(Step(lookup), (Numbers{10, 20, 30, 39})) << "50 is too far to go beyond two in flight";
  const LookupVariantPointer plain = MakePlainVariant(8, 2);
  Lookup patient(NodeId{}, *plain);
  patient.SetReach(uint64_t{40 << 8} << 32);
  for (const uint32_t number : {10, 20, 30}) patient.Add(Id(number), Address(number), 1);
  EXPECT_EQ(Step(patient), (Numbers{10, 20}));
}

TEST(TunedVariant, IsNotHeldUpByThoseWhoAreFarther) {
  const LookupVariantPointer overtake = Make("fast:near_first=no,burst=0,alpha=2");
  Lookup lookup(NodeId{}, *overtake);
  for (const uint32_t number : {500, 600}) lookup.Add(Id(number), Address(number), 1);
  EXPECT_EQ(Step(lookup), (Numbers{500, 600}));
  for (const uint32_t number : {5, 6, 7}) lookup.Add(Id(number), Address(number), 2);
  EXPECT_EQ(Step(lookup), (Numbers{5, 6})) << "two that are nearer, beside the two far ones";
  EXPECT_TRUE(Step(lookup).empty());
}

TEST(TunedVariant, DoesNotWaitAtTheEndForWhoIsSilent) {
  const LookupVariantPointer plain = MakePlainVariant(2, 3);
  Lookup lookup(NodeId{}, *plain);
  for (const uint32_t number : {1, 2, 3}) lookup.Add(Id(number), Address(number), 1);
  EXPECT_EQ(Step(lookup), (Numbers{1, 2}));
  lookup.OnSlow(Address(1));
  EXPECT_EQ(Step(lookup), Numbers{3});
  Answer(lookup, 2);
  EXPECT_FALSE(lookup.done()) << "3 may still answer";
  Answer(lookup, 3);
  EXPECT_TRUE(lookup.done());
  EXPECT_EQ(lookup.given_up(), 1);
  Answer(lookup, 1);
  EXPECT_EQ(lookup.closest().front()->id, Id(1)) << "late, but it counts";
  EXPECT_EQ(lookup.given_up(), 0);
}

TEST(TunedVariant, WaitsForAllWhileTooFewHaveAnswered) {
  const LookupVariantPointer plain = MakePlainVariant(2, 3);
  Lookup lookup(NodeId{}, *plain);
  for (const uint32_t number : {1, 2}) lookup.Add(Id(number), Address(number), 1);
  Step(lookup);
  Answer(lookup, 2);
  lookup.OnSlow(Address(1));
  EXPECT_FALSE(lookup.done()) << "on a slow line everybody is late";
  lookup.OnFailure(Address(1));
  EXPECT_TRUE(lookup.done());
}

TEST(TunedVariant, DoesNotTakeAllForDeadThatAreLate) {
  const LookupVariantPointer fast = Make("fast:near_first=no,k=2");
  Lookup lookup(NodeId{}, *fast);
  for (const uint32_t number : {1, 2, 3}) lookup.Add(Id(number), Address(number), 1);
  EXPECT_EQ(Step(lookup), (Numbers{1, 2}));
  EXPECT_FALSE(lookup.OnSlow(Address(1)));
  EXPECT_EQ(Step(lookup), Numbers{3});
  Answer(lookup, 2);
  EXPECT_FALSE(lookup.OnSlow(Address(1))) << "too few have answered";
  Answer(lookup, 3);
  EXPECT_FALSE(lookup.done()) << "1 is late, but only by what is usual for most";
  EXPECT_TRUE(lookup.OnSlow(Address(1)));
  EXPECT_TRUE(lookup.done());
  EXPECT_FALSE(lookup.OnFailure(Address(1))) << "was given up before";
  Answer(lookup, 1);
  EXPECT_EQ(lookup.closest().front()->id, Id(1)) << "late, but it counts";
}

TEST(TunedVariant, BeginsWithContactsThatAnswerSoon) {
  const LookupVariantPointer near_first = Make("fast:burst=0,alpha=1");
  Lookup lookup(NodeId{}, *near_first);
  lookup.Add(Id(100), Address(100), 1, RttClass(milliseconds(300)));
  lookup.Add(Id(120), Address(120), 1, RttClass(milliseconds(20)));
  EXPECT_EQ(Step(lookup), Numbers{120});
  Answer(lookup, 120);
  lookup.Add(Id(3), Address(3), 2);
  EXPECT_EQ(Step(lookup), Numbers{3}) << "after the first answer distance decides";
}

TEST(TunedVariant, CallsAContactLateByItsOwnRoundTrip) {
  const LookupVariantPointer fast = Make("fast:late=0.3");
  Candidate near;
  near.rtt_class = RttClass(milliseconds(40));
  Candidate unknown;
  const Duration usual = milliseconds(500);
  EXPECT_LT(fast->LateAfter(near, {}, usual), milliseconds(110));
  EXPECT_GT(fast->LateAfter(near, {}, usual), milliseconds(60));
  EXPECT_EQ(fast->LateAfter(unknown, {}, usual), milliseconds(300));
  EXPECT_EQ(MakePlainVariant()->LateAfter(near, {}, usual), usual);
}

std::vector<size_t> BucketSizes(const LookupVariant& variant, size_t count) {
  std::vector<size_t> sizes;
  for (size_t bucket = 0; bucket < count; ++bucket) sizes.push_back(variant.BucketSize(bucket));
  return sizes;
}

TEST(TunedVariant, HasBucketsThatShrinkUntilTheyAreAsAllOthers) {
  using Sizes = std::vector<size_t>;
  EXPECT_EQ(BucketSizes(*Make("wide"), 6), (Sizes{128, 64, 32, 16, 8, 8}));
  EXPECT_EQ(BucketSizes(*Make("fast:wide=64,deep=16"), 5), (Sizes{64, 32, 16, 16, 16}));
  EXPECT_EQ(BucketSizes(*Make("fast:wide=0,deep=0"), 2), (Sizes{8, 8}));
  EXPECT_EQ(BucketSizes(*Make("fast:wide=0,deep=3"), 2), (Sizes{8, 8})) << "an answer takes k";
  EXPECT_EQ(Make("fast")->BucketSize(RoutingTable::kBuckets - 1), 16u);
}

TEST(TunedVariant, EndsASearchForPeersWhenEnoughCame) {
  EXPECT_FALSE(MakePlainVariant()->IsEnough(10'000));
  EXPECT_TRUE(Make("fast:enough=50")->IsEnough(50));
  EXPECT_FALSE(Make("fast:enough=50")->IsEnough(49));
}

// Our own id is zero: ids that begin with a one fall into bucket 0.
NodeId Far(uint32_t slot, uint32_t number) {
  NodeId id;
  StoreBig<uint32_t>(id.bytes.data(), 0x80000000 | slot << 24 | number);
  return id;
}

class NearTable : public testing::Test {
 protected:
  NearTable() : variant_(Make("wide+pns")), table_(NodeId{}, *variant_) {
    // Enough others that this bucket is not our neighbourhood.
    for (uint32_t i = 0; i < 30; ++i) {
      NodeId id;
      StoreBig<uint32_t>(id.bytes.data(), 1u << (30 - i % 6) | i);
      table_.OnAnswer(10, id, Address(5000 + i), 20);
    }
  }
  bool Offer(uint32_t slot, uint32_t number, int rtt_ms) {
    return table_.OnAnswer(10, Far(slot, number), Address(slot * 20 + number),
                           RttClass(milliseconds(rtt_ms)));
  }

  LookupVariantPointer variant_;
  RoutingTable table_;
};

TEST_F(NearTable, KeepsTheFasterOfTwoInTheSamePlace) {
  for (uint32_t slot = 0; slot < 128; ++slot) EXPECT_TRUE(Offer(slot, 1, 100));
  EXPECT_EQ(table_.bucket(0).size(), 128u);
  EXPECT_FALSE(Offer(7, 2, 200));
  EXPECT_TRUE(Offer(7, 3, 30));
  EXPECT_EQ(table_.Find(Far(7, 1)), nullptr) << "it went for the faster one";
  EXPECT_NE(table_.Find(Far(8, 1)), nullptr);
  EXPECT_EQ(table_.bucket(0).size(), 128u);
}

TEST_F(NearTable, SpreadsOverTheWholeRange) {
  for (uint32_t slot = 0; slot < 64; ++slot) {
    EXPECT_TRUE(Offer(slot, 1, 50));
    EXPECT_TRUE(Offer(slot, 2, 90));
  }
  EXPECT_TRUE(Offer(100, 1, 400)) << "slow, but nobody else is there";
  EXPECT_EQ(table_.bucket(0).size(), 128u);
  std::set<int> slots;
  for (const Contact& contact : table_.bucket(0)) {
    slots.insert(std::to_integer<int>(contact.id.bytes[0]));
  }
  EXPECT_EQ(slots.size(), 65u);
}

TEST(PlainTable, GivesNobodyUpWhoIsAlive) {
  const LookupVariantPointer plain = MakePlainVariant();
  RoutingTable table(NodeId{}, *plain);
  for (uint32_t i = 0; i < 8; ++i) table.OnAnswer(10, Far(i, 1), Address(i), 60);
  EXPECT_FALSE(table.OnAnswer(10, Far(9, 1), Address(9), 1));
}

TEST(RoutingTable, KnowsHowNearTheClosestShouldBe) {
  const LookupVariantPointer plain = MakePlainVariant();
  RoutingTable table(NodeId{}, *plain);
  EXPECT_EQ(table.ReachOf(8), 0u) << "nobody is known";
  for (uint32_t i = 1; i <= 20; ++i) table.OnAnswer(10, Id(i), Address(i), 0);
  EXPECT_EQ(table.ReachOf(8), uint64_t{8 << 8} << 32);
}

TEST(LookupMemory, KeepsTheLatestAndNobodyTwice) {
  LookupMemory memory(2);
  std::vector<Candidate> candidates(20);
  for (uint32_t i = 0; i < candidates.size(); ++i) candidates[i].endpoint = Address(i);
  const auto add = [&](size_t begin) {
    std::vector<const Candidate*> closest;
    for (size_t i = 0; i < 8; ++i) closest.push_back(&candidates[begin + i]);
    memory.Add(closest);
  };
  add(0);
  add(0);
  EXPECT_EQ(memory.contacts().size(), 8u);
  add(4);
  add(12);
  EXPECT_EQ(memory.contacts().size(), 16u);
  EXPECT_EQ(memory.contacts().front().endpoint, Address(4));
  EXPECT_EQ(memory.contacts().back().endpoint, Address(19));
}

TEST(WarmLookups, BeginWhereTheLastOneOfTheSameTargetEnded) {
  int queries[2] = {0, 0};
  for (const bool warm : {false, true}) {
    Options options;
    options.variant = Make(warm ? "fast:remember=4,wide=0,deep=0" : "fast:wide=0,deep=0");
    Network network(200, options);
    network.Join();
    network.net().Run(minutes(1));
    for (int round = 0; round < 2; ++round) {
      Collector found;
      network.at(150)->GetPeers(network.net().now(), HashOf(77), found);
      ASSERT_TRUE(network.net().RunUntil(seconds(20), [&] { return found.done(); }));
      EXPECT_GE(found.closest().size(), 8u);
      if (round == 1) {
        queries[warm] = found.report().queries;
        if (warm) {
          EXPECT_EQ(found.report().hops, 1);
        }
      }
    }
  }
  EXPECT_LE(queries[1], queries[0]);
}

TEST(EarlyEnd, AsksNobodyElseWhenEnoughPeersCame) {
  Options options;
  options.variant = Make("fast:enough=1");
  Network network(60, options);
  network.Join();
  network.net().Run(minutes(1));
  Collector announced;
  network.at(3)->Announce(network.net().now(), HashOf(5), 7777, announced);
  ASSERT_TRUE(network.net().RunUntil(seconds(20), [&] { return announced.done(); }));
  EXPECT_EQ(announced.report().announced, 8) << "an announce goes to all of the closest";
  Collector found;
  network.at(40)->GetPeers(network.net().now(), HashOf(5), found);
  ASSERT_TRUE(network.net().RunUntil(seconds(20), [&] { return found.done(); }));
  EXPECT_EQ(found.peers().size(), 1u);
  EXPECT_LT(found.report().replies, 8);
}

}  // namespace
}  // namespace starling::dht
