#include "sim/churn.h"

#include <gtest/gtest.h>

#include <string>

#include "sim/trace_hash.h"

namespace starling::sim {
namespace {

constexpr uint32_t kHosts = 200'000;

// The share of the hosts that are there at the start of which `holds` is true, in percent.
template <class Holds>
double Percent(absl::string_view profile, Holds holds) {
  const Churn churn(*FindSessionModel(profile), 1);
  int count = 0;
  for (uint32_t i = 0; i < kHosts; ++i) count += holds(churn.AtStart(NodeIndex(i)));
  return 100.0 * count / kHosts;
}

double PercentLeavingWithin(absl::string_view profile, Duration time) {
  return Percent(profile, [time](const Churn::Stay& stay) { return stay.remaining <= time; });
}

double PercentOlderThan(absl::string_view profile, Duration age) {
  return Percent(profile,
                 [age](const Churn::Stay& stay) { return stay.whole - stay.remaining > age; });
}

TEST(Churn, LosesTheShareOfTheFirstHostsThatTheModelSays) {
  EXPECT_NEAR(PercentLeavingWithin("kad", minutes(15)), 6.8, 0.5);
  EXPECT_NEAR(PercentLeavingWithin("kad", hours(1)), 21, 0.5);
}

TEST(Churn, BeginsWithHostsAsOldAsTheModelSays) {
  EXPECT_NEAR(PercentOlderThan("kad", hours(5)), 43, 2);
  EXPECT_NEAR(PercentOlderThan("debian", hours(5)), 56, 2);
  EXPECT_NEAR(PercentOlderThan("flatout", hours(5)), 12, 2);
}

TEST(Churn, KnowsTheMeanOfEachProfile) {
  EXPECT_NEAR(MeanSessionSeconds(*FindSessionModel("kad")), 10'000, 1e-6);
  EXPECT_NEAR(MeanSessionSeconds(*FindSessionModel("stress")), 1'000, 1e-6);
  EXPECT_NEAR(MeanSessionSeconds(*FindSessionModel("exp1h")), 3'600, 1e-6);
  for (const SessionProfile& profile : SessionProfiles()) {
    const Churn churn(profile.model, 3);
    double sum = 0;
    for (uint32_t i = 0; i < kHosts; ++i) sum += ToSeconds(churn.SessionOf(NodeIndex(i), 1));
    const double mean = MeanSessionSeconds(profile.model);
    // The tails are heavy: that of redhat has a deviation of four times its mean.
    EXPECT_NEAR(sum / kHosts / mean, 1, 0.04) << profile.name;
  }
  EXPECT_FALSE(FindSessionModel("nobody").has_value());
}

// As many leave in a minute at the start as later on: the mark of equilibrium.
TEST(Churn, LeavesAtTheSameRateAtTheStartAndLater) {
  const SessionModel model = *FindSessionModel("stress");
  const Churn churn(model, 5);
  const Duration end = hours(1);
  const uint32_t hosts = 20'000;
  uint32_t early = 0;
  uint32_t late = 0;
  for (uint32_t i = 0; i < hosts; ++i) {
    Time leaves = Time{} + churn.AtStart(NodeIndex(i)).remaining;
    for (uint64_t session = 1; leaves < Time{} + end; ++session) {
      early += leaves < Time{} + minutes(5);
      late += leaves >= Time{} + end - minutes(5);
      leaves += churn.SessionOf(NodeIndex(i), session);
    }
  }
  const double expected = hosts * 300 / MeanSessionSeconds(model);
  EXPECT_NEAR(early, expected, expected * 0.05);
  EXPECT_NEAR(late, expected, expected * 0.05);
}

TEST(Churn, SaysGoodbyeHalfOfTheTime) {
  const SessionModel model;
  const Churn half(model, 1);
  const Churn never(model, 1, 1'000'000);
  int silent = 0;
  for (uint32_t i = 0; i < 100'000; ++i) {
    silent += half.LeavesSilently(NodeIndex(i), 2);
    EXPECT_TRUE(never.LeavesSilently(NodeIndex(i), 2));
  }
  EXPECT_NEAR(silent, 50'000, 700);
}

TEST(Churn, IsAPureFunctionOfSeedPlaceAndSession) {
  const SessionModel model = *FindSessionModel("debian");
  const Churn one(model, 1);
  const Churn other(model, 2);
  const NodeIndex node(7);
  EXPECT_EQ(one.SessionOf(node, 3), Churn(model, 1).SessionOf(node, 3));
  EXPECT_NE(one.SessionOf(node, 3), one.SessionOf(node, 4));
  EXPECT_NE(one.SessionOf(node, 3), one.SessionOf(NodeIndex(8), 3));
  EXPECT_NE(one.SessionOf(node, 3), other.SessionOf(node, 3));
  EXPECT_EQ(one.AtStart(node).remaining, one.AtStart(node).remaining);
  EXPECT_GT(one.AtStart(node).remaining, Duration(0));
  EXPECT_LE(one.AtStart(node).remaining, one.AtStart(node).whole);
}

TEST(Churn, CutsWhatIsLongerThanTimeItself) {
  const Churn absurd({0.01, 1e9}, 1);
  for (uint32_t i = 0; i < 1000; ++i) {
    EXPECT_LE(absurd.SessionOf(NodeIndex(i), 1), Churn::kSessionMax);
    EXPECT_GE(absurd.SessionOf(NodeIndex(i), 1), microseconds(1));
    EXPECT_GE(absurd.AtStart(NodeIndex(i)).remaining, microseconds(1));
  }
}

TEST(Churn, IsTheSameToTheLastBitEverywhere) {
  TraceHash hash;
  for (const SessionProfile& profile : SessionProfiles()) {
    const Churn churn(profile.model, 9);
    for (uint32_t i = 0; i < 1000; ++i) {
      hash.Fold(static_cast<uint64_t>(churn.SessionOf(NodeIndex(i), 1).count()));
      hash.Fold(static_cast<uint64_t>(churn.AtStart(NodeIndex(i)).remaining.count()));
    }
  }
  EXPECT_EQ(hash.value(), uint64_t{0x392c8e5a68d3f904}) << std::hex << hash.value();
}

}  // namespace
}  // namespace starling::sim
