// Who is connected: one connection a peer, none to ourselves, limits, room for newcomers, retries.
#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "peer/peer_exchange.h"
#include "peer/peer_priority.h"
#include "tests/peer/scripted_peer.h"
#include "tests/peer/torrent_world.h"

namespace starling::peer {
namespace {

TEST(TorrentPeers, KeepOneOfTwoCrossingConnections) {
  for (int lead = -30; lead <= 30; lead += 5) {
    TorrentWorld world(TestTorrent(40));
    world.net.options().rate = 20'000;
    TorrentHost& first = world.AddLeecher();
    TorrentHost& second = world.AddLeecher();
    world.Run(seconds(1));
    if (lead < 0) first.Meet(second);
    world.Run(milliseconds(std::abs(lead)));
    second.Meet(first);
    first.Meet(second);
    world.Run(seconds(3));
    EXPECT_EQ(first.counts().connected, 1u) << lead;
    EXPECT_EQ(second.counts().connected, 1u) << lead;
  }
}

TEST(TorrentPeers, NeverStayConnectedToThemselves) {
  TorrentWorld world(TestTorrent(4));
  TorrentHost& host = world.AddLeecher();
  host.Meet(host);
  world.Run(hours(1));
  EXPECT_EQ(host.counts().connected, 0u);
  EXPECT_EQ(host.connected, 0);
  EXPECT_EQ(world.net.dials(), 1);
}

TEST(TorrentPeers, RefuseAStrangerWithTheIdOfAConnectedPeer) {
  TorrentWorld world(TestTorrent(4));
  TorrentHost& host = world.AddLeecher();
  ScriptedPeer peer(world, 1);
  peer.Join(host);
  ScriptedPeer thief(world, 2);
  thief.handshake.peer_id = peer.handshake.peer_id;
  thief.Join(host);
  EXPECT_TRUE(thief.closed);
  EXPECT_FALSE(peer.closed);
}

TEST(TorrentPeers, LeaveRoomForThoseWhoCome) {
  TorrentWorld world(TestTorrent(4));
  TorrentHost& host = world.AddLeecher({.connections_max = 10});
  std::vector<std::unique_ptr<ScriptedPeer>> peers;
  for (int i = 0; i < 20; ++i) {
    peers.push_back(std::make_unique<ScriptedPeer>(world, i + 1));
    host.Meet(peers.back()->address());
  }
  world.Run(seconds(2));
  EXPECT_EQ(host.counts().connected, 8u);
  ScriptedPeer ninth(world, 30);
  ninth.Join(host);
  ScriptedPeer tenth(world, 31);
  tenth.Join(host);
  EXPECT_EQ(host.counts().connected, 10u);
  ScriptedPeer eleventh(world, 32);
  eleventh.Join(host);
  EXPECT_TRUE(eleventh.closed);
  world.Run(seconds(40));
  ScriptedPeer late(world, 33);
  late.Join(host);
  EXPECT_FALSE(late.closed);  // an idle one has made room
  EXPECT_EQ(host.counts().connected, 10u);
}

TEST(TorrentPeers, AreNotDialledAllAtOnce) {
  TorrentWorld world(TestTorrent(4));
  TorrentHost& host = world.AddLeecher({.connections_max = 200});
  for (uint32_t i = 0; i < 100; ++i) host.Meet(Endpoint::V4(0x60000001 + (i << 8), 6881));
  world.Run(milliseconds(1));
  EXPECT_LE(world.net.dials(), 20);
  world.Run(minutes(2));
  EXPECT_GE(world.net.dials(), 100);
}

TEST(TorrentPeers, AreTriedAgainLessAndLessOften) {
  TorrentWorld world(TestTorrent(4));
  TorrentHost& host = world.AddLeecher();
  host.Meet(Endpoint::V4(0x60000001, 6881));
  world.Run(seconds(4));
  EXPECT_EQ(world.net.dials(), 1);
  world.Run(seconds(60));
  EXPECT_GE(world.net.dials(), 3);
  world.Run(hours(10));
  EXPECT_EQ(world.net.dials(), 8);
  host.Meet(Endpoint::V4(0x60000001, 6881));
  world.Run(hours(1));
  EXPECT_EQ(world.net.dials(), 9);
}

TEST(TorrentPeers, ThatComeUpLaterAreFound) {
  TorrentWorld world(TestTorrent(4));
  TorrentHost& leecher = world.AddLeecher();
  leecher.Meet(Endpoint::V4(0x50000201, 6881));
  world.Run(seconds(30));
  TorrentHost& seeder = world.AddSeeder();
  EXPECT_EQ(seeder.address(), Endpoint::V4(0x50000201, 6881));
  EXPECT_TRUE(world.RunUntilComplete(leecher, minutes(2)));
}

TEST(TorrentPeers, LostAndFoundAgain) {
  TorrentWorld world(TestTorrent(30));
  world.net.options().rate = 100'000;
  TorrentHost& leecher = world.AddLeecher();
  ScriptedSeeder seeder(world, 1);
  leecher.Meet(seeder.peer.address());
  world.Run(seconds(3));
  EXPECT_EQ(leecher.counts().connected, 1u);
  seeder.peer.Leave();
  world.Run(seconds(1));
  EXPECT_EQ(leecher.counts().connected, 0u);
  seeder.peer.shaken = false;
  world.Run(seconds(20));
  EXPECT_EQ(leecher.counts().dialling + leecher.counts().connected, 1u);
}

TEST(TorrentPeers, OfBrokenProtocolAreNotDialledAgain) {
  TorrentWorld world(TestTorrent(4));
  TorrentHost& leecher = world.AddLeecher();
  ScriptedPeer peer(world);
  leecher.Meet(peer.address());
  world.Run(seconds(1));
  peer.SendRaw(absl::string_view("\xff\xff\xff\xff\xff", 5));
  world.Run(hours(3));
  EXPECT_TRUE(peer.closed);
  EXPECT_EQ(world.net.dials(), 1);
}

// So many who say that they have everything, and give nothing.
std::vector<std::unique_ptr<ScriptedPeer>> Misers(TorrentWorld& world, int count) {
  std::vector<std::unique_ptr<ScriptedPeer>> misers;
  for (int i = 0; i < count; ++i) {
    misers.push_back(std::make_unique<ScriptedPeer>(world, i + 1));
    ScriptedPeer& miser = *misers.back();
    miser.on_shaken = [&miser] {
      miser.Send(HaveAll{});
      miser.Send(Interested{});
    };
  }
  return misers;
}

TEST(TorrentPeers, WhoGiveNothingMakeRoomForThoseWhoWait) {
  for (const bool knows_metainfo : {true, false}) {
    TorrentWorld world(TestTorrent(4));
    TorrentHost& seeder = world.AddSeeder();
    TorrentHost& host = world.AddLeecher({.knows_metainfo = knows_metainfo, .connections_max = 5});
    const auto misers = Misers(world, 4);
    for (const auto& miser : misers) host.Meet(miser->address());
    world.Run(seconds(20));
    EXPECT_EQ(host.counts().connected, 4u);
    host.Meet(seeder);
    EXPECT_TRUE(world.RunUntilComplete(host, minutes(5))) << knows_metainfo;
  }
}

TEST(TorrentPeers, WhoComeCannotTakeThePlacesOfThoseWhomWeChoose) {
  TorrentWorld world(TestTorrent(4));
  TorrentHost& seeder = world.AddSeeder();
  TorrentHost& host = world.AddLeecher({.connections_max = 10});
  const auto misers = Misers(world, 10);
  for (const auto& miser : misers) miser->Join(host);
  EXPECT_EQ(host.counts().connected, 10u);
  host.Meet(seeder);
  EXPECT_TRUE(world.RunUntilComplete(host, minutes(5)));
}

// A host with ten idle connections and no place for more, which knows its own address.
class FullTorrent : public ::testing::Test {
 protected:
  FullTorrent() : world_(TestTorrent(4)), host_(world_.AddLeecher({.connections_max = 10})) {
    for (int i = 1; i <= 10; ++i) numbers_.push_back(i);
    std::sort(numbers_.begin(), numbers_.end(),
              [&](int a, int b) { return PriorityOf(a) < PriorityOf(b); });
    for (const int number : numbers_) peers_.push_back(Join(number));
  }

  // In networks of their own: of the last bytes only every second bit counts.
  static Endpoint AddressOf(int number) {
    return Endpoint::V4(0x5a000001u + (static_cast<uint32_t>(number) << 16), 7000);
  }
  uint32_t PriorityOf(int number) { return PeerPriority(host_.address(), AddressOf(number)); }
  std::unique_ptr<ScriptedPeer> Join(int number) {
    auto peer = std::make_unique<ScriptedPeer>(world_, number);
    peer->Join(host_, AddressOf(number));
    ExtensionHandshake said;
    said.your_ip = host_.address();
    peer->Say(Extended{kExtensionHandshakeId, EncodeExtensionHandshake(said)});
    return peer;
  }
  std::unique_ptr<ScriptedPeer> JoinBetween(uint32_t above, uint32_t below) {
    for (int number = 11; number < 128; ++number) {
      if (PriorityOf(number) > above && PriorityOf(number) < below) return Join(number);
    }
    ADD_FAILURE() << "nobody has such a priority";
    return Join(127);
  }
  // It gives us the first piece.
  void LetGive(ScriptedPeer& giver) {
    giver.on_message = [&](const Message& message) {
      if (const auto* request = std::get_if<Request>(&message)) giver.SendBlock(request->block);
    };
    giver.Say(HaveNone{});
    giver.Say(Have{PieceIndex(0)});
    giver.Say(Unchoke{});
    world_.Run(seconds(3));
  }
  size_t CountClosed() {
    return static_cast<size_t>(
        std::count_if(peers_.begin(), peers_.end(), [](const auto& peer) { return peer->closed; }));
  }

  TorrentWorld world_;
  TorrentHost& host_;
  std::vector<int> numbers_;                          // by their priority, the lowest first
  std::vector<std::unique_ptr<ScriptedPeer>> peers_;  // in the same order
};

TEST_F(FullTorrent, KeepsThePairsOfHighestPriority) {
  world_.Run(seconds(3));
  EXPECT_TRUE(JoinBetween(0, PriorityOf(numbers_[0]))->closed);
  EXPECT_EQ(CountClosed(), 0u);
  const auto newcomer = JoinBetween(PriorityOf(numbers_[0]), UINT32_MAX);
  EXPECT_FALSE(newcomer->closed);
  EXPECT_TRUE(peers_[0]->closed);
  EXPECT_EQ(CountClosed(), 1u);
  EXPECT_EQ(host_.counts().connected, 10u);
}

TEST_F(FullTorrent, LetsNewOnesShowWhatTheyAreGoodFor) {
  for (const auto& peer : peers_) peer->Leave();
  world_.Run(seconds(1));
  peers_.clear();
  for (const int number : numbers_) {
    peers_.push_back(std::make_unique<ScriptedPeer>(world_, number));
    peers_.back()->Join(host_, AddressOf(number));
  }
  ASSERT_EQ(host_.counts().connected, 10u);
  EXPECT_TRUE(JoinBetween(PriorityOf(numbers_[9]), UINT32_MAX)->closed);
  EXPECT_EQ(CountClosed(), 0u);
}

TEST_F(FullTorrent, MakesNoRoomForWhomItKnows) {
  world_.Run(seconds(3));
  // The one of highest priority dials once more: its second connection will not stay.
  EXPECT_TRUE(Join(numbers_[9])->closed);
  EXPECT_EQ(CountClosed(), 0u);
}

TEST_F(FullTorrent, KeepsWhoeverGivesUsSomething) {
  ScriptedPeer& giver = *peers_[0];
  LetGive(giver);
  ASSERT_GT(host_.counts().downloaded, 0u);
  EXPECT_FALSE(JoinBetween(PriorityOf(numbers_[1]), UINT32_MAX)->closed);
  EXPECT_TRUE(peers_[1]->closed);
  EXPECT_FALSE(giver.closed);
}

TEST_F(FullTorrent, KeepsWhoeverTakesSomething) {
  LetGive(*peers_[9]);
  ScriptedPeer& taker = *peers_[0];
  taker.on_message = [&](const Message& message) {
    if (std::holds_alternative<Unchoke>(message)) taker.Send(Request{{PieceIndex(0), 0, 16384}});
  };
  taker.Say(HaveNone{});
  taker.Say(Interested{});
  world_.Run(seconds(1));
  ASSERT_GT(host_.counts().uploaded, 0u);
  EXPECT_FALSE(JoinBetween(PriorityOf(numbers_[1]), UINT32_MAX)->closed);
  EXPECT_TRUE(peers_[1]->closed);
  EXPECT_FALSE(taker.closed);
}

// A fifth of the places is for those whom we chose, whatever their priority: `dialled` of ten are.
// Of those and of the others so many lose their place to one of the highest priority.
std::pair<size_t, size_t> CountReplaced(size_t dialled) {
  TorrentWorld world(TestTorrent(4));
  TorrentHost& host = world.AddLeecher({.connections_max = 10});
  const auto priority = [&](const ScriptedPeer& peer) {
    return PeerPriority(host.address(), peer.address());
  };
  std::vector<std::unique_ptr<ScriptedPeer>> all;
  for (int i = 1; i <= 40; ++i) all.push_back(std::make_unique<ScriptedPeer>(world, i));
  std::sort(all.begin(), all.end(),
            [&](const auto& a, const auto& b) { return priority(*a) < priority(*b); });
  for (size_t i = 0; i < dialled; ++i) host.Meet(all[i]->address());
  world.Run(seconds(1));
  for (size_t i = dialled; i < 10; ++i) all[i]->Join(host);
  ExtensionHandshake said;
  said.your_ip = host.address();
  for (size_t i = 0; i < 10; ++i) {
    all[i]->Say(Extended{kExtensionHandshakeId, EncodeExtensionHandshake(said)});
  }
  EXPECT_EQ(host.counts().connected, 10u);
  world.Run(seconds(3));
  all.back()->Join(host);
  EXPECT_FALSE(all.back()->closed);
  std::pair<size_t, size_t> replaced;
  for (size_t i = 0; i < 10; ++i) {
    if (all[i]->closed) ++(i < dialled ? replaced.first : replaced.second);
  }
  return replaced;
}

TEST(TorrentPeers, OfHigherPriorityLeaveAFifthToThoseWhomWeChose) {
  EXPECT_EQ(CountReplaced(2), std::pair(size_t{0}, size_t{1}));
  EXPECT_EQ(CountReplaced(3), std::pair(size_t{1}, size_t{0}));
}

TEST(TorrentPeers, OfOnePublicAddressTakeAFewPlacesAndNotAll) {
  TorrentWorld world(TestTorrent(4));
  TorrentHost& host = world.AddLeecher();
  std::vector<std::unique_ptr<ScriptedPeer>> peers;
  const auto join = [&](uint32_t address) {
    peers.push_back(std::make_unique<ScriptedPeer>(world, static_cast<int>(peers.size()) + 1));
    peers.back()->Join(host, Endpoint::V4(address, static_cast<uint16_t>(7000 + peers.size())));
    return !peers.back()->closed;
  };
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(join(0x5b000001));
  for (int i = 0; i < 4; ++i) EXPECT_FALSE(join(0x5b000001));
  EXPECT_TRUE(join(0x5b000002));
  for (int i = 0; i < 8; ++i) EXPECT_TRUE(join(0x0a000001)) << "many live behind a private one";
}

TEST(TorrentPeers, OnTheInternetAreNotBelievedAboutOurOwnNetwork) {
  TorrentWorld world(TestTorrent(4));
  TorrentHost& host = world.AddLeecher();
  PexMessage message;
  for (const uint32_t address : {0x7f000001u, 0xc0a80001u, 0x60000001u}) {
    message.added.push_back({Endpoint::V4(address, 6881), 0});
  }
  ScriptedPeer stranger(world, 1);
  stranger.Join(host);
  stranger.Say(Extended{kPeerExchangeExtensionId, EncodePeerExchange(message)});
  EXPECT_EQ(host.counts().peer_set, 1u);
  ScriptedPeer neighbour(world, 2);
  neighbour.Join(host, Endpoint::V4(0xc0a80002, 6881));
  neighbour.Say(Extended{kPeerExchangeExtensionId, EncodePeerExchange(message)});
  EXPECT_EQ(host.counts().peer_set, 2u);
}

TEST(TorrentPeers, NameOnePortAndNotAThousand) {
  TorrentWorld world(TestTorrent(4));
  TorrentHost& host = world.AddLeecher();
  ScriptedPeer peer(world);
  peer.Join(host);
  for (uint16_t port = 1; port <= 1'000; ++port) {
    ExtensionHandshake handshake;
    handshake.port = port;
    peer.Send(Extended{kExtensionHandshakeId, EncodeExtensionHandshake(handshake)});
  }
  world.Run(seconds(1));
  EXPECT_EQ(host.counts().peer_set, 1u);
  EXPECT_FALSE(peer.closed);
}

TEST(TorrentPeers, AreWantedUntilThereAreEnough) {
  TorrentWorld world(TestTorrent(4));
  TorrentHost& host = world.AddLeecher({.connections_max = 30});
  EXPECT_EQ(host.torrent().candidates_wanted(), 30u);
  for (uint32_t i = 0; i < 10; ++i) host.Meet(Endpoint::V4(0x60000001 + (i << 8), 6881));
  EXPECT_EQ(host.torrent().candidates_wanted(), 20u);
  TorrentHost& seeder = world.AddSeeder();
  world.Run(seconds(1));
  EXPECT_EQ(seeder.torrent().candidates_wanted(), 0u);
}

TEST(TorrentPeers, WithoutConnectionsATorrentHasNothingToWakeUpFor) {
  TorrentWorld world(TestTorrent(4));
  TorrentHost& seeder = world.AddSeeder();
  TorrentHost& leecher = world.AddLeecher();
  leecher.Meet(seeder);
  world.RunUntilComplete(leecher);
  world.Run(hours(1));
  seeder.Leave();
  world.Run(minutes(1));
  EXPECT_GE(leecher.deadlines().earliest(), world.now());
  EXPECT_LE(leecher.deadlines().size(), 1u);  // the choker's rounds
}

}  // namespace
}  // namespace starling::peer
