#include "peer/tyrant.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "peer/tyrant_peers.h"
#include "tests/peer/market.h"

namespace starling::peer {
namespace {

class Tyrant : public testing::Test {
 protected:
  Market Open(const TyrantOptions& options = {}) { return Market(MakeTyrant(random_, options)); }
  static TyrantOptions Selfish() { return {.selfish = true}; }

  SeededRandom random_{7};
};

TEST_F(Tyrant, GivesStrangersTheInitialRateUntilTheUplinkIsSpent) {
  Market market = Open(Selfish());
  for (const char name : std::string("abcdefgh")) market.Add(name, {.price = 5, .gives = 10});
  const std::string unchoked = market.Round(100);
  EXPECT_EQ(unchoked.size(), 6u);
  for (const char name : unchoked) EXPECT_EQ(market.limit(name), 15);
}

TEST_F(Tyrant, GivesAFifthMoreToWhoKeepsItChoked) {
  Market market = Open(Selfish());
  market.Add('a', {.price = 25, .gives = 100});
  for (const double expected : {15.0, 18.0, 21.6, 25.92}) {
    EXPECT_EQ(market.Round(1000), "a");
    EXPECT_NEAR(market.limit('a'), expected, 0.01);
  }
  // Now it reciprocates, and its rate stays.
  market.Round(1000);
  EXPECT_NEAR(market.limit('a'), 25.92, 0.01);
}

TEST_F(Tyrant, GivesATenthLessToWhoStaysUnchokedAndFindsThePrice) {
  Market market = Open(Selfish());
  market.Add('a', {.price = 10, .gives = 100});
  std::string seen;
  double lowest = 1000;
  for (int i = 0; i < 40; ++i) {
    market.Round(1000);
    lowest = std::min(lowest, market.limit('a'));
  }
  EXPECT_GT(lowest, 10 * 0.8);
  EXPECT_LT(lowest, 10);
  EXPECT_NEAR(market.limit('a'), 10, 2.5);
}

TEST_F(Tyrant, WaitsAsLongAsItsPatience) {
  Market hasty = Open({.patience = 1, .selfish = true});
  Market calm = Open({.patience = 8, .selfish = true});
  for (Market* market : {&hasty, &calm}) {
    market->Add('a', {.price = 1, .gives = 100});
    for (int i = 0; i < 6; ++i) market->Round(1000);
  }
  EXPECT_LT(hasty.limit('a'), 12);
  EXPECT_EQ(calm.limit('a'), 15);
}

TEST_F(Tyrant, NeverGoesBelowOneKilobyteASecond) {
  Market market = Open(Selfish());
  market.Add('a', {.price = 0, .gives = 100});
  for (int i = 0; i < 100; ++i) market.Round(1000);
  EXPECT_EQ(market.limit('a'), 1);
}

TEST_F(Tyrant, PrefersTheBestReturn) {
  Market market = Open(Selfish());
  market.Add('a', {.price = 10, .gives = 20});
  market.Add('b', {.price = 10, .gives = 90});
  market.Add('c', {.price = 10, .gives = 40});
  for (int i = 0; i < 3; ++i) market.Round(1000);  // learns what each gives
  EXPECT_EQ(market.Round(30), "bc");
  EXPECT_EQ(market.Round(16), "b");
}

TEST_F(Tyrant, ServesWhoGivesLessThanItTakesOnlyWithWhatIsLeft) {
  Market market = Open(Selfish());
  market.Add('a', {.price = 10, .gives = 5});
  market.Add('b', {.price = 10, .gives = 90});
  for (int i = 0; i < 3; ++i) market.Round(1000);
  EXPECT_EQ(market.Round(20), "b");
  EXPECT_EQ(market.Round(1000), "ab");
}

TEST_F(Tyrant, ExpectsOfNewcomersTheMeanOfThoseServed) {
  Market market = Open(Selfish());
  for (const char name : std::string("abc")) market.Add(name, {.price = 40, .gives = 100});
  for (int i = 0; i < 4; ++i) market.Round(1000);
  market.Add('n', {.price = 1, .gives = 1});
  market.Round(1000);
  EXPECT_NEAR(market.limit('n'), market.limit('a'), 6);
  EXPECT_GT(market.limit('n'), 20);
}

TEST_F(Tyrant, GuessesWhatAPeerCanGiveByHowFastItIsFed) {
  Market market = Open(Selfish());
  market.Add('a', {.price = 5, .gives = 0});
  market.Add('b', {.price = 5, .gives = 0});
  market.Decide(1000);
  market.now += seconds(100);
  market.view('b').bytes_announced_total = 100 * 500'000;  // 500 KB/s: 7 slots of 71 KB/s
  market.view('a').bytes_announced_total = 100 * 60'000;   // 60 KB/s: 4 slots of 15 KB/s
  EXPECT_EQ(market.Round(16), "b");
}

TEST_F(Tyrant, ExploresPeersThatHaveNothingForIt) {
  Market market = Open(Selfish());
  market.Add('a', {.price = 10, .gives = 50});
  for (const char name : std::string("xyz")) market.Add(name, {.interesting = false});
  std::string explored;
  for (int i = 0; i < 3; ++i) {
    const std::string unchoked = market.Round(30);
    ASSERT_EQ(unchoked.size(), 2u);
    EXPECT_EQ(unchoked[0], 'a');
    explored += unchoked[1];
  }
  std::sort(explored.begin(), explored.end());
  EXPECT_EQ(explored, "xyz");  // in turn
}

TEST_F(Tyrant, SharesOutWhatIsLeftUnlessItIsSelfish) {
  for (const bool selfish : {false, true}) {
    Market market = Open({.selfish = selfish});
    market.Add('a', {.price = 10, .gives = 50});
    market.Add('b', {.price = 10, .gives = 50});
    EXPECT_EQ(market.Round(100), "ab");
    EXPECT_NEAR(market.total(), selfish ? 30 : 100, 0.01);
  }
}

TEST_F(Tyrant, SharesNothingOutWhileSomebodyWaits) {
  Market market = Open();
  for (const char name : std::string("abc")) market.Add(name, {.price = 10, .gives = 50});
  EXPECT_EQ(market.Round(44).size(), 2u);
  EXPECT_EQ(market.total(), 30);
}

TEST_F(Tyrant, SendsAtMostItsCap) {
  Market market = Open({.cap = 50'000});
  for (const char name : std::string("abcdefgh")) market.Add(name, {.price = 10, .gives = 50});
  for (int i = 0; i < 20; ++i) {
    market.Round(1000);
    EXPECT_LE(market.total(), 50.001);
  }
}

TEST_F(Tyrant, ServesSomeoneHoweverLittleThereIs) {
  Market market = Open();
  market.Add('a', {.price = 10, .gives = 50});
  market.Add('b', {.price = 10, .gives = 50});
  EXPECT_EQ(market.Round(4).size(), 1u);
  EXPECT_EQ(market.total(), 4);
}

TEST_F(Tyrant, TriesMoreThanWasMeasuredWhereNoLimitIsSet) {
  Market market = Open(Selfish());
  for (char name = 'a'; name <= 'z'; ++name) market.Add(name, {.price = 10, .gives = 50});
  market.Round(0, /*is_measured=*/true);
  EXPECT_EQ(market.total(), 60);
  market.Round(200, /*is_measured=*/true);
  EXPECT_GT(market.total(), 235);
  EXPECT_LE(market.total(), 250);
}

TEST_F(Tyrant, LimitsNobodyWhereAllAreServedAndNoLimitIsSet) {
  Market market = Open();
  market.Add('a', {.price = 10, .gives = 50});
  EXPECT_EQ(market.Round(0, /*is_measured=*/true), "a");
  EXPECT_EQ(market.limit('a'), 0);
}

TEST_F(Tyrant, RanksThePeersOfAllTorrentsTogether) {
  Market market = Open(Selfish());
  market.Add('a', {.price = 10, .gives = 20, .torrent = 1});
  market.Add('b', {.price = 10, .gives = 90, .torrent = 2});
  market.Add('c', {.price = 10, .gives = 80, .torrent = 1});
  market.Add('d', {.price = 10, .gives = 30, .torrent = 2});
  for (int i = 0; i < 3; ++i) market.Round(1000);
  EXPECT_EQ(market.Round(30), "bc");
}

TEST_F(Tyrant, GivesTorrentsThatItSeedsWhatIsLeft) {
  Market market = Open();
  market.Add('a', {.price = 10, .gives = 50});
  for (const char name : std::string("xyz")) {
    market.Add(name, {.interesting = false, .we_seed = true, .torrent = 2});
  }
  EXPECT_EQ(market.Round(105), "axyz");
  EXPECT_EQ(market.limit('a'), 15);
  EXPECT_NEAR(market.total(), 105, 0.01);
  EXPECT_EQ(market.Round(15), "a");
}

TEST_F(Tyrant, SeedsInTurnAndWithoutLimits) {
  Market market = Open();
  for (const char name : std::string("uvwxyz")) {
    market.Add(name, {.interesting = false, .we_seed = true});
  }
  std::string served;
  for (int i = 0; i < 9; ++i) served += market.Round(50);
  for (const char name : std::string("uvwxyz")) {
    EXPECT_NE(served.find(name), std::string::npos) << name;
    EXPECT_EQ(market.limit(name), 0);
  }
}

TEST_F(Tyrant, KeepsWhomItServesBetweenRoundsAndFillsUp) {
  Market market = Open(Selfish());
  market.Add('a', {.price = 10, .gives = 50});
  EXPECT_EQ(market.Decide(40), "a");
  market.now += seconds(3);
  market.Add('b', {.price = 10, .gives = 50});
  EXPECT_EQ(market.Decide(40), "ab");
  market.now += seconds(3);
  market.Add('c', {.price = 10, .gives = 50});
  EXPECT_EQ(market.Decide(40), "ab");
  EXPECT_EQ(market.limit('a'), 15);  // nothing was learned yet
}

TEST_F(Tyrant, LetsOthersWaitForTheRoundWhereThatIsAsked) {
  Market market = Open({.selfish = true, .fill = false});
  market.Add('a', {.price = 10, .gives = 50});
  EXPECT_EQ(market.Decide(40), "a");
  market.now += seconds(3);
  market.Add('b', {.price = 10, .gives = 50});
  EXPECT_EQ(market.Decide(40), "a");
  market.now += seconds(7);
  EXPECT_EQ(market.Decide(40), "ab");
}

TEST_F(Tyrant, KeepsAShareForWhoMayWantItBeforeTheNextRound) {
  for (const bool fill : {false, true}) {
    Market market = Open({.selfish = true, .fill = fill});
    market.Add('a', {.price = 10, .gives = 50, .interested = false});
    market.Add('b', {.price = 10, .gives = 50});
    market.Add('c', {.interested = false, .interesting = false});
    EXPECT_EQ(market.Decide(1000), fill ? "b" : "ab");
    market.view('a').peer_interested = true;
    market.now += seconds(3);
    EXPECT_EQ(market.Decide(1000), "ab");
    EXPECT_EQ(market.limit('a'), 15);
  }
}

TEST_F(Tyrant, LetsNobodyHaveAllThatTakesNothing) {
  Market market = Open({.selfish = true, .fill = false});
  market.Add('a', {.price = 10, .gives = 90, .interested = false});
  market.Add('b', {.price = 10, .gives = 50});
  market.view('a').bytes_announced_total = 100 * 500'000;  // promises more
  market.now += seconds(100);
  EXPECT_EQ(market.Decide(10), "b");
  EXPECT_EQ(market.limit('b'), 10);
}

// What is left is shared among those who take it.
TEST_F(Tyrant, SharesOutTheRestAmongTheInterested) {
  Market market = Open({.fill = false});
  market.Add('a', {.price = 10, .gives = 50, .interested = false});
  market.Add('b', {.price = 10, .gives = 50});
  EXPECT_EQ(market.Decide(100), "ab");
  EXPECT_EQ(market.limit('a'), 15);
  EXPECT_EQ(market.limit('b'), 85);
}

TEST_F(Tyrant, KnowsHowManyAStockClientServes) {
  EXPECT_EQ(StockSlots(10'999), 2u);
  EXPECT_EQ(StockSlots(11'000), 3u);
  EXPECT_EQ(StockSlots(79'999), 4u);
  EXPECT_EQ(StockSlots(350'000), 7u);
  EXPECT_EQ(StockSlots(900'000), 9u);
}

}  // namespace
}  // namespace starling::peer
