// Swarms with members that misbehave, a few of each kind: the honest finish with verified content,
// and whoever does harm is found out where that can be.
#include "sim/behaviour.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/swarm_world.h"
#include "tests/support/world_seed.h"

namespace starling::sim {
namespace {

using testing::HasSubstr;
using testing_support::EachRunTwice;
using testing_support::SwarmOptions;
using testing_support::SwarmWorld;

BehaviourFactory Make(const std::string& text) {
  const absl::StatusOr<StrategySpec> spec = ParseStrategy(text);
  EXPECT_TRUE(spec.ok()) << spec.status();
  const absl::StatusOr<BehaviourFactory> made = BehaviourRegistry().Make(*spec);
  EXPECT_TRUE(made.ok()) << made.status();
  return *made;
}

// A swarm in which `honest` and `others` are told apart.
struct Mixed {
  explicit Mixed(uint64_t seed, const std::function<void(SwarmOptions*)>& change = {})
      : swarm(Options(seed, change)) {}

  void AddHonest(size_t seeders, size_t leechers) {
    for (size_t i = 0; i < seeders; ++i) honest.push_back(&swarm.AddSeeder());
    for (size_t i = 0; i < leechers; ++i) honest.push_back(&swarm.AddLeecher());
  }
  void AddOthers(size_t count, const std::string& behaviour, bool have_all = false) {
    const auto change = [&](ClientHostOptions& host) { host.behaviour = Make(behaviour); };
    for (size_t i = 0; i < count; ++i) {
      others.push_back(have_all ? &swarm.AddSeeder(change) : &swarm.AddLeecher(change));
    }
  }
  // Do the honest finish in time, with nothing unverified on the way?
  bool HonestFinish(Duration limit) {
    return swarm.world.RunUntil(swarm.world.now() + limit, seconds(1), [this] {
      const absl::Status safe = CheckNothingUnverified(honest, *swarm.content);
      EXPECT_TRUE(safe.ok()) << safe;
      return CheckEveryoneFinished(honest, *swarm.content).ok();
    });
  }
  uint32_t bans() const {
    uint32_t sum = 0;
    for (const ClientHost* host : honest) sum += host->history().peers_banned;
    return sum;
  }
  uint32_t failures() const {
    uint32_t sum = 0;
    for (const ClientHost* host : honest) sum += host->history().pieces_failed;
    return sum;
  }
  uint64_t Finish() {
    for (const absl::Status& status :
         {CheckEveryoneFinished(honest, *swarm.content), CheckConservation(swarm.world)}) {
      EXPECT_TRUE(status.ok()) << status;
    }
    return swarm.world.trace_hash();
  }

  SwarmWorld swarm;
  std::vector<ClientHost*> honest;
  std::vector<ClientHost*> others;

 private:
  static SwarmOptions Options(uint64_t seed, const std::function<void(SwarmOptions*)>& change) {
    SwarmOptions options;
    options.seed = seed;
    options.content.size = 3 << 20;
    if (change) change(&options);
    return options;
  }
};

TEST(Behaviours, EachHasANameASummaryAndParametersThatMayBeLeftOut) {
  const BehaviourRegistry registry;
  std::vector<std::string> names;
  for (const BehaviourKind& kind : registry.kinds()) {
    names.push_back(kind.info.name);
    EXPECT_FALSE(kind.info.summary.empty());
    const absl::StatusOr<BehaviourFactory> made = registry.Make({kind.info.name, {}});
    ASSERT_TRUE(made.ok()) << made.status();
    EXPECT_EQ((*made)({})->is_honest(), kind.info.name == "honest");
  }
  EXPECT_THAT(names,
              testing::ElementsAre("honest", "free-rider", "corrupter", "liar", "silent", "sybil"));
}

TEST(Behaviours, UnknownNamesAndParametersAreRefusedWithWhatThereIs) {
  const BehaviourRegistry registry;
  const absl::Status unknown = registry.Make({"saint", {}}).status();
  EXPECT_EQ(unknown.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(unknown.message()), HasSubstr("free-rider"));
  const absl::Status parameter = registry.Make({"liar", {{"sreves", 1}}}).status();
  EXPECT_EQ(parameter.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(parameter.message()), HasSubstr("serves"));
  EXPECT_FALSE(registry.Make({"corrupter", {{"share", 2}}}).ok());
}

TEST(Behaviours, OneOfTheSameNameTakesThePlaceOfAnother) {
  BehaviourRegistry registry;
  const size_t before = registry.kinds().size();
  registry.Add({{"liar", "tells the truth", {}}, [](const StrategyValues&) -> BehaviourFactory {
                  return [](const BehaviourSite&) { return std::make_unique<Behaviour>(); };
                }});
  EXPECT_EQ(registry.kinds().size(), before);
  EXPECT_TRUE((*registry.Make({"liar", {}}))({})->is_honest());
}

TEST(Behaviours, AnHonestMemberIsNoDifferentFromOneWithoutABehaviour) {
  const auto run = [](const std::string& behaviour) {
    Mixed mixed(1);
    mixed.AddHonest(1, 2);
    if (behaviour.empty()) {
      mixed.honest.push_back(&mixed.swarm.AddLeecher());
    } else {
      mixed.AddOthers(1, behaviour);
    }
    const Time end = mixed.swarm.world.now() + minutes(10);
    EXPECT_TRUE(mixed.HonestFinish(minutes(10)));
    mixed.swarm.world.RunUntil(end);  // who counts as honest decides when the wait above ends
    return mixed.Finish();
  };
  EXPECT_EQ(run(""), run("honest"));
}

TEST(Behaviours, FreeRidersTakeAndNeverGive) {
  EachRunTwice([](uint64_t seed) {
    Mixed mixed(seed);
    mixed.AddHonest(1, 6);
    mixed.AddOthers(3, "free-rider");
    EXPECT_TRUE(mixed.HonestFinish(minutes(10)));
    mixed.swarm.world.RunFor(minutes(10));
    for (const ClientHost* rider : mixed.others) {
      EXPECT_EQ(rider->status().uploaded, 0u);
      EXPECT_EQ(rider->status().phase, TorrentPhase::kSeeding);
    }
    return mixed.Finish();
  });
}

TEST(Behaviours, CorruptersAreBannedAndNothingOfTheirsIsKept) {
  EachRunTwice([](uint64_t seed) {
    Mixed mixed(seed);
    mixed.AddOthers(3, "corrupter", true);
    mixed.AddHonest(1, 6);
    EXPECT_TRUE(mixed.HonestFinish(minutes(20)));
    EXPECT_GT(mixed.failures(), 0u);
    EXPECT_GE(mixed.bans(), mixed.others.size());
    return mixed.Finish();
  });
}

TEST(Behaviours, ACorrupterThatSpoilsFewBlocksIsFoundOutToo) {
  EachRunTwice([](uint64_t seed) {
    Mixed mixed(seed);
    mixed.AddOthers(3, "corrupter:share=0.05", true);
    mixed.AddHonest(1, 6);
    EXPECT_TRUE(mixed.HonestFinish(minutes(20)));
    EXPECT_GT(mixed.failures(), 0u);
    EXPECT_GT(mixed.bans(), 0u);
    return mixed.Finish();
  });
}

TEST(Behaviours, LiarsThatServeRubbishAreBanned) {
  EachRunTwice([](uint64_t seed) {
    Mixed mixed(seed);
    mixed.AddHonest(1, 6);
    mixed.AddOthers(3, "liar:serves=yes");
    EXPECT_TRUE(mixed.HonestFinish(minutes(20)));
    EXPECT_GT(mixed.bans(), 0u);
    return mixed.Finish();
  });
}

TEST(Behaviours, LiarsThatServeNothingDelayNobodyForLong) {
  EachRunTwice([](uint64_t seed) {
    Mixed mixed(seed);
    mixed.AddHonest(1, 6);
    mixed.AddOthers(3, "liar");
    EXPECT_TRUE(mixed.HonestFinish(minutes(20)));
    EXPECT_EQ(mixed.failures(), 0u);
    for (ClientHost* liar : mixed.others) {
      EXPECT_EQ(liar->status().uploaded, 0u);
      EXPECT_EQ(liar->disk().have(mixed.swarm.content->info_hash())->count(), 0u);
    }
    return mixed.Finish();
  });
}

TEST(Behaviours, SilentPeersLoseTheirPlacesToThoseWhoSpeak) {
  for (const char* kind : {"silent", "silent:handshake=no"}) {
    SCOPED_TRACE(kind);
    EachRunTwice([&](uint64_t seed) {
      // Two honest leechers with fewer places than there are silent peers.
      Mixed mixed(seed, [](SwarmOptions* options) { options->client.peers_per_torrent_max = 4; });
      mixed.AddHonest(0, 2);
      mixed.AddOthers(12, kind);
      const bool full =
          mixed.swarm.world.RunUntil(mixed.swarm.world.now() + minutes(2), seconds(1),
                                     [&] { return mixed.honest[0]->status().connected == 4; });
      // Who does not even shake hands takes up a dial, and no place among the peers.
      EXPECT_EQ(full, std::string(kind) == "silent");
      mixed.AddHonest(1, 0);
      EXPECT_TRUE(mixed.HonestFinish(minutes(60)));
      for (const ClientHost* mute : mixed.others) {
        EXPECT_EQ(mute->status().have_bytes, 0u);
      }
      return mixed.Finish();
    });
  }
}

TEST(Behaviours, AFewSybilsDoNotHideASwarm) {
  EachRunTwice([](uint64_t seed) {
    Mixed mixed(seed);
    mixed.AddOthers(4, "sybil:peers=5");
    mixed.swarm.world.RunFor(minutes(2));
    mixed.AddHonest(1, 5);
    EXPECT_TRUE(mixed.HonestFinish(minutes(20)));
    return mixed.Finish();
  });
}

TEST(Behaviours, SybilsThatSurroundTheKeyHideTheSwarm) {
  EachRunTwice([](uint64_t seed) {
    Mixed mixed(seed);
    mixed.AddOthers(16, "sybil");
    mixed.swarm.world.RunFor(minutes(5));
    mixed.AddHonest(1, 0);
    mixed.swarm.world.RunFor(minutes(1));
    mixed.AddHonest(0, 1);
    mixed.swarm.world.RunFor(minutes(3));
    // This is what ids bound to addresses (BEP 42) are for; nobody asks for them yet.
    EXPECT_EQ(mixed.honest.back()->status().connected, 0u);
    return mixed.swarm.world.trace_hash();
  });
}

}  // namespace
}  // namespace starling::sim
