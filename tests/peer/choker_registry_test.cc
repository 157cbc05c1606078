#include "peer/choker_registry.h"

#include <gtest/gtest.h>

#include <string>

namespace starling::peer {
namespace {

std::vector<PeerView> Interested(int count) {
  std::vector<PeerView> views(static_cast<size_t>(count));
  for (size_t i = 0; i < views.size(); ++i) {
    views[i].id = ConnectionId{i + 1};
    views[i].peer_interested = true;
    views[i].we_interested = true;
  }
  return views;
}

size_t Unchoked(const StrategySpec& spec, uint64_t capacity) {
  const ChokerRegistry chokers;
  SeededRandom random(1);
  const std::vector<PeerView> views = Interested(40);
  const std::unique_ptr<Choker> choker = (*chokers.Make(spec))(random);
  size_t count = 0;
  for (const Verdict& verdict : choker->Decide(Time(hours(1)), views, {.rate = capacity})) {
    count += verdict.unchoke ? 1 : 0;
  }
  return count;
}

TEST(ChokerRegistry, HasTheChokersOfTheTargets) {
  std::string names;
  const ChokerRegistry chokers;
  for (const ChokerKind& kind : chokers.kinds()) names += kind.info.name + " ";
  EXPECT_EQ(names, "tit-for-tat block-tft bittyrant never ");
}

TEST(ChokerRegistry, GivesChokersTheirParameters) {
  EXPECT_EQ(Unchoked({"tit-for-tat", {}}, 300'000), 13u);
  EXPECT_EQ(Unchoked({"tit-for-tat", {{"slots", 5}}}, 300'000), 5u);
  EXPECT_EQ(Unchoked({"block-tft", {{"slots", 6}}}, 300'000), 6u);
  EXPECT_EQ(Unchoked({"bittyrant", {}}, 300'000), 20u);
  EXPECT_EQ(Unchoked({"bittyrant", {{"u0", 30'000}}}, 300'000), 10u);
  EXPECT_EQ(Unchoked({"bittyrant", {{"cap", 60'000}}}, 300'000), 4u);
  EXPECT_EQ(Unchoked({"never", {}}, 300'000), 0u);
}

TEST(ChokerRegistry, ExplainsEveryParameterAndAllowsItsFallback) {
  const ChokerRegistry chokers;
  for (const ChokerKind& kind : chokers.kinds()) {
    EXPECT_FALSE(kind.info.summary.empty());
    StrategySpec spec{kind.info.name, {}};
    for (const Parameter& parameter : kind.info.parameters) {
      EXPECT_FALSE(parameter.explanation.empty()) << parameter.name;
      spec.values[parameter.name] = parameter.fallback;
    }
    EXPECT_TRUE(chokers.Make(spec).ok()) << kind.info.name;
  }
}

}  // namespace
}  // namespace starling::peer
