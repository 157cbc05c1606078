#include "dht/acquaintances.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/dht/network.h"

namespace starling::dht {
namespace {

TEST(Acquaintances, AreAtMostSixteenAndEachOnce) {
  SeededRandom random(1);
  Acquaintances acquaintances;
  EXPECT_FALSE(acquaintances.Choose({}, random).has_value());
  for (uint32_t i = 0; i < 200; ++i) {
    acquaintances.Remember(PublicAddress(i % 50), random);
    const auto known = acquaintances.known();
    EXPECT_EQ(std::set<Endpoint>(known.begin(), known.end()).size(), known.size());
    EXPECT_LE(known.size(), Acquaintances::kMax);
  }
  EXPECT_EQ(acquaintances.known().size(), Acquaintances::kMax);
}

TEST(Acquaintances, HalfOfThemAreOldAfterElevenNewOnes) {
  SeededRandom random(1);
  size_t old = 0;
  constexpr size_t kRounds = 1000;
  for (size_t round = 0; round < kRounds; ++round) {
    Acquaintances acquaintances;
    for (uint32_t i = 0; i < Acquaintances::kMax + 11; ++i) {
      acquaintances.Remember(PublicAddress(i), random);
    }
    for (const Endpoint& known : acquaintances.known()) {
      for (uint32_t i = 0; i < Acquaintances::kMax; ++i) old += known == PublicAddress(i) ? 1 : 0;
    }
  }
  EXPECT_NEAR(static_cast<double>(old) / kRounds, 8, 0.4);
}

TEST(Acquaintances, AreAskedOftenerThanRouters) {
  SeededRandom random(1);
  Acquaintances acquaintances;
  acquaintances.Remember(PublicAddress(1), random);
  const std::vector<Endpoint> routers = {PublicAddress(100), PublicAddress(101)};
  int asked = 0;
  for (int i = 0; i < 8000; ++i) {
    asked += acquaintances.Choose(routers, random) == PublicAddress(1) ? 0 : 1;
  }
  EXPECT_NEAR(asked, 1000, 120);
}

// A node that wakes where there is no network, with a table from before and nobody to ask.
TEST(Acquaintances, BringBackARestoredNodeThatNobodyAnsweredForAnHour) {
  Network network(30);
  network.Join();
  network.net().Run(minutes(10));
  const std::string saved = network.at(9)->Save(network.net().now());
  NetNode waking(network.net(), At("8.8.8.8:6881"));
  network.net().set_drops([&](const Datagram& datagram) {
    return datagram.from == waking.endpoint() || datagram.to == waking.endpoint();
  });
  ASSERT_TRUE(waking->Restore(network.net().now(), saved));
  network.net().Run(hours(1));
  EXPECT_EQ(waking->stats().table_nodes, 0u);
  EXPECT_LT(waking->stats().queries_out, 400u);
  network.net().set_drops(nullptr);
  network.net().Run(minutes(5));
  EXPECT_GE(waking->stats().table_nodes, 15u);
}

}  // namespace
}  // namespace starling::dht
