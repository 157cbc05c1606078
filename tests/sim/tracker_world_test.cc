// Trackers in simulated worlds: the fallback when the DHT is dead, and private torrents.
#include <gtest/gtest.h>

#include "tests/support/swarm_world.h"
#include "tests/support/world_seed.h"

namespace starling::sim {
namespace {

using testing_support::EachRunTwice;
using testing_support::SwarmOptions;
using testing_support::SwarmWorld;

SwarmOptions WithTracker(uint64_t seed) {
  SwarmOptions options;
  options.seed = seed;
  options.content.size = 2 << 20;
  options.content.trackers = {{"http://tracker.sim/announce"}};
  return options;
}

TEST(TrackerWorld, ATrackerIsAskedWhenTheDhtIsDead) {
  EachRunTwice([](uint64_t seed) {
    SwarmOptions options = WithTracker(seed);
    options.dht_nodes = 0;
    options.client.dht_routers = {{"nowhere.sim", 6881}};
    SwarmWorld swarm(options);
    auto tracker = std::make_shared<TrackerSite>();
    swarm.world.services().SetSite("tracker.sim", tracker);
    swarm.AddSeeder();
    swarm.world.RunFor(seconds(15));
    for (int i = 0; i < 5; ++i) swarm.AddLeecher();
    EXPECT_TRUE(swarm.RunUntilComplete(minutes(5)));
    swarm.ExpectAllIsWell();
    EXPECT_EQ(tracker->started(), 6u);
    swarm.world.RunFor(seconds(10));
    EXPECT_EQ(tracker->completed(), 5u);
    EXPECT_EQ(tracker->peers(swarm.content->info_hash()), 6u);
    return swarm.world.trace_hash();
  });
}

TEST(TrackerWorld, TheNextTierIsAskedWhenATrackerIsDownOrSilent) {
  EachRunTwice([](uint64_t seed) {
    struct Silent final : Site {
      std::optional<SiteAnswer> OnGet(Time, const Endpoint&, absl::string_view) override {
        return std::nullopt;
      }
    };
    struct Lying final : Site {
      std::optional<SiteAnswer> OnGet(Time, const Endpoint&, absl::string_view) override {
        return SiteAnswer{200, "d8:intervali-5e5:peers7:garbagee"};
      }
    };
    SwarmOptions options = WithTracker(seed);
    options.content.trackers = {{"http://down.sim/announce"},
                                {"http://silent.sim/announce"},
                                {"http://lying.sim/announce"},
                                {"http://tracker.sim/announce"}};
    options.client.dht = false;
    SwarmWorld swarm(options);
    auto tracker = std::make_shared<TrackerSite>();
    swarm.world.services().SetSite("silent.sim", std::make_shared<Silent>());
    swarm.world.services().SetSite("lying.sim", std::make_shared<Lying>());
    swarm.world.services().SetSite("tracker.sim", tracker);
    swarm.AddSeeder();
    swarm.world.RunFor(minutes(2));
    swarm.AddLeecher();
    EXPECT_TRUE(swarm.RunUntilComplete(minutes(20)));
    swarm.ExpectAllIsWell();
    return swarm.world.trace_hash();
  });
}

TEST(TrackerWorld, NoTrackerIsAskedWhenTheDhtGivesEnough) {
  EachRunTwice([](uint64_t seed) {
    SwarmOptions options = WithTracker(seed);
    options.content.trackers.clear();  // the first ones come without
    SwarmWorld swarm(options);
    auto tracker = std::make_shared<TrackerSite>();
    swarm.world.services().SetSite("tracker.sim", tracker);
    for (int i = 0; i < 35; ++i) swarm.AddSeeder();
    swarm.world.RunFor(minutes(1));
    ClientHost& host = swarm.AddHost();
    TorrentOptions torrent;
    torrent.magnet = swarm.content->magnet();
    torrent.magnet->trackers = {"http://tracker.sim/announce"};
    host.AddTorrent(torrent);
    swarm.world.PowerOn(host.index());
    EXPECT_TRUE(swarm.RunUntilComplete(minutes(5)));
    EXPECT_EQ(tracker->announces(), 0u);
    return swarm.world.trace_hash();
  });
}

TEST(TrackerWorld, APrivateTorrentAsksOnlyItsTracker) {
  EachRunTwice([](uint64_t seed) {
    SwarmOptions options = WithTracker(seed);
    options.content.is_private = true;
    SwarmWorld swarm(options);
    auto tracker = std::make_shared<TrackerSite>();
    swarm.world.services().SetSite("tracker.sim", tracker);
    swarm.AddSeeder();
    for (int i = 0; i < 4; ++i) {
      ClientHost& host = swarm.AddHost();
      TorrentOptions torrent;
      torrent.metainfo = swarm.content->metainfo();
      host.AddTorrent(torrent);
      swarm.world.PowerOn(host.index());
    }
    EXPECT_TRUE(swarm.RunUntilComplete(minutes(5)));
    swarm.ExpectAllIsWell();
    for (DhtHost* host : swarm.dht.hosts()) EXPECT_EQ(host->node().stats().stored_peers, 0u);
    return swarm.world.trace_hash();
  });
}

}  // namespace
}  // namespace starling::sim
