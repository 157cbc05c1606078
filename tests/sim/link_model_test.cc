#include "sim/link_model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "base/random.h"

namespace starling::sim {
namespace {

std::vector<double> RoundTripsMs(const LinkModel& links, int pairs) {
  SeededRandom random(3);
  std::vector<double> round_trips;
  for (int i = 0; i < pairs; ++i) {
    const uint64_t first = random.Below(1'000'000);
    const uint64_t second = random.Below(1'000'000);
    const Coordinates a = links.Place(first);
    const Coordinates b = links.Place(second);
    const uint64_t packet = static_cast<uint64_t>(2 * i);
    const Duration there = links.OneWay(a, b, packet);
    const Duration back = links.OneWay(b, a, packet + 1);
    round_trips.push_back(ToSeconds(there + back) * 1000);
  }
  std::sort(round_trips.begin(), round_trips.end());
  return round_trips;
}

// The table of the model, within its 5 %.
TEST(LinkModel, HasTheRoundTripsOfTheInternet) {
  const LinkModel links({}, 1);
  const std::vector<double> sorted = RoundTripsMs(links, 200'000);
  const auto percentile = [&](double p) { return sorted[static_cast<size_t>(p * sorted.size())]; };
  const double mean = std::accumulate(sorted.begin(), sorted.end(), 0.0) / sorted.size();
  EXPECT_NEAR(mean, 172, 172 * 0.05);
  EXPECT_NEAR(percentile(0.05), 34, 34 * 0.05);
  EXPECT_NEAR(percentile(0.25), 76, 76 * 0.05);
  EXPECT_NEAR(percentile(0.50), 160, 160 * 0.05);
  EXPECT_NEAR(percentile(0.75), 253, 253 * 0.05);
  EXPECT_NEAR(percentile(0.90), 321, 321 * 0.05);
  EXPECT_NEAR(percentile(0.95), 356, 356 * 0.05);
  EXPECT_NEAR(percentile(0.99), 421, 421 * 0.05);
}

TEST(LinkModel, HasTheMeanOfTheModelWithoutJitter) {
  const LinkModel links({}, 1);
  SeededRandom random(3);
  const int pairs = 200'000;
  double sum = 0;
  for (int i = 0; i < pairs; ++i) {
    const Coordinates a = links.Place(random.Below(1'000'000));
    const Coordinates b = links.Place(random.Below(1'000'000));
    sum += ToSeconds(links.RoundTrip(a, b)) * 1000;
  }
  EXPECT_NEAR(sum / pairs, 163, 163 * 0.05);
}

TEST(LinkModel, DrawsForAPairWhicheverIsNamedFirst) {
  const LinkModel links({}, 1);
  int drawn = 0;
  for (uint64_t i = 0; i < 100'000; ++i) {
    const bool one_way = links.DrawsForPair(i, i * i + 1, 800'000);
    EXPECT_EQ(one_way, links.DrawsForPair(i * i + 1, i, 800'000));
    EXPECT_FALSE(links.DrawsForPair(i, i * i + 1, 0));
    EXPECT_TRUE(links.DrawsForPair(i, i * i + 1, 1'000'000));
    drawn += one_way;
  }
  EXPECT_NEAR(drawn, 80'000, 500);
}

TEST(LinkModel, IsFlatOnALanAndSlowerForMobiles) {
  const LinkModel lan({LatencyProfile::kLan, 0}, 1);
  const std::vector<double> flat = RoundTripsMs(lan, 100);
  EXPECT_EQ(flat.front(), 0.2);
  EXPECT_EQ(flat.back(), 0.2);
  const std::vector<double> mobile =
      RoundTripsMs(LinkModel({LatencyProfile::kMobile, 0}, 1), 20'000);
  EXPECT_GT(mobile[mobile.size() / 2], 190);
}

TEST(LinkModel, LosesTheShareItIsTold) {
  const LinkModel links({LatencyProfile::kDefault, 5000}, 9);
  int lost = 0;
  for (uint64_t packet = 0; packet < 1'000'000; ++packet) lost += links.Loses(packet);
  EXPECT_NEAR(lost, 5000, 300);
  const LinkModel lossless({LatencyProfile::kDefault, 0}, 9);
  for (uint64_t packet = 0; packet < 1000; ++packet) EXPECT_FALSE(lossless.Loses(packet));
}

TEST(LinkModel, IsAPureFunctionOfSeedAndCoordinates) {
  const LinkModel one({}, 5);
  const LinkModel same({}, 5);
  const LinkModel other({}, 6);
  int differences = 0;
  for (uint64_t i = 0; i < 100; ++i) {
    const Coordinates a = one.Place(i);
    const Coordinates b = one.Place(i + 1);
    EXPECT_EQ(same.Place(i).x_us, a.x_us);
    EXPECT_EQ(one.OneWay(a, b, i), same.OneWay(a, b, i));
    EXPECT_EQ(one.RoundTrip(a, b), one.RoundTrip(b, a));
    EXPECT_GE(one.OneWay(a, b, i), one.RoundTrip(a, b) / 2 - microseconds(1));
    differences += other.Place(i).x_us != a.x_us;
  }
  EXPECT_GT(differences, 95);
}

}  // namespace
}  // namespace starling::sim
