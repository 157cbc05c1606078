// What a connection serves: choking, allowed pieces, cancels, limits.
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "peer/allowed_fast.h"
#include "peer/uploads.h"
#include "tests/peer/scripted_peer.h"
#include "tests/peer/torrent_world.h"

namespace starling::peer {
namespace {

TEST(Serving, UnchokesTheFirstWhoIsInterestedAndServesIt) {
  Served served;
  served.BeUnchoked();
  served.peer.Say(Request{BlockOf(3, 2)});
  EXPECT_TRUE(served.peer.Heard("piece 3 32768 16384"));
}

TEST(Serving, ServesOddButLegalLengths) {
  Served served;
  served.BeUnchoked();
  served.peer.Send(Request{{PieceIndex(1), 5, 1}});
  served.peer.Say(Request{{PieceIndex(1), 16'000, 40'000}});
  // Our own reader takes no block above 16 KiB; what came is known by the bytes.
  EXPECT_TRUE(served.peer.Heard("piece 1 5 1"));
  EXPECT_EQ(served.seeder.counts().uploaded, 40'001u);
}

TEST(Serving, RejectsRequestsWhileItChokes) {
  Served served;
  uint32_t piece = 0;
  while (served.peer.Heard(absl::StrCat("allowed fast ", piece))) ++piece;
  served.peer.Say(Request{BlockOf(piece)});
  EXPECT_TRUE(served.peer.Heard(absl::StrCat("reject ", piece, " 0 16384")));
  EXPECT_EQ(served.peer.CountHeard("piece"), 0);
}

TEST(Serving, IgnoresRequestsWhileItChokesAPeerWithoutTheFastExtension) {
  Served served(/*fast=*/false);
  served.peer.Say(Request{BlockOf(7)});
  EXPECT_EQ(served.peer.CountHeard("reject"), 0);
  EXPECT_EQ(served.peer.CountHeard("piece"), 0);
  EXPECT_FALSE(served.peer.closed);
}

TEST(Serving, GivesAllowedPiecesToAChokedPeer) {
  Served served;
  EXPECT_EQ(served.peer.CountHeard("allowed fast"), static_cast<int>(kAllowedFastCount));
  const PieceIndex piece = AllowedFastSet(served.world.test.metainfo->info_hash(),
                                          served.peer.address(), 8, kAllowedFastCount)[0];
  served.peer.Say(Request{BlockOf(piece.value())});
  EXPECT_EQ(served.peer.CountHeard("piece"), 1);
  for (uint32_t i = 0; i < kAllowedFastCount; ++i) served.peer.Send(Have{PieceIndex(i)});
  served.peer.Say(Request{BlockOf(piece.value(), 1)});
  EXPECT_EQ(served.peer.CountHeard("piece"), 1);  // it has enough to trade with by now
  EXPECT_EQ(served.peer.CountHeard("reject"), 1);
}

TEST(Serving, GivesAllowedPiecesToAChokedPeerOnlyOnce) {
  Served served;
  const PieceIndex piece = AllowedFastSet(served.world.test.metainfo->info_hash(),
                                          served.peer.address(), 8, kAllowedFastCount)[0];
  // It never says that it has anything, and asks for the same block again and again.
  constexpr int kBlocksGiven = kAllowedFastCount * 4;
  for (int i = 0; i < kBlocksGiven + 10; ++i) served.peer.Say(Request{BlockOf(piece.value())});
  EXPECT_EQ(served.peer.CountHeard("piece"), kBlocksGiven);
  EXPECT_EQ(served.peer.CountHeard("reject"), 10);
  EXPECT_FALSE(served.peer.closed);
}

TEST(Serving, AllowsPiecesToAFewNewcomersAtATime) {
  Served served;
  const auto offered = [&](ScriptedPeer& peer) { return peer.CountHeard("allowed fast") > 0; };
  EXPECT_TRUE(offered(served.peer));
  std::vector<std::unique_ptr<ScriptedPeer>> crowd;
  const auto join = [&]() -> ScriptedPeer& {
    crowd.push_back(
        std::make_unique<ScriptedPeer>(served.world, 10 + static_cast<int>(crowd.size())));
    crowd.back()->Join(served.seeder);
    return *crowd.back();
  };
  for (uint32_t taker = 1; taker < kAlmsTakersMax; ++taker) EXPECT_TRUE(offered(join()));
  EXPECT_FALSE(offered(join()));
  // Who has enough to trade with, or leaves, makes room for the next.
  for (uint32_t i = 0; i < kAllowedFastCount; ++i) served.peer.Say(Have{PieceIndex(i)});
  EXPECT_TRUE(offered(join()));
  EXPECT_FALSE(offered(join()));
  crowd[0]->Leave();
  EXPECT_TRUE(offered(join()));
}

TEST(Serving, RejectsWhatWaitsWhenItChokes) {
  HostOptions options;
  options.up_rate = 10'000;
  Served served(true, options);
  served.BeUnchoked();
  for (uint32_t i = 0; i < 8; ++i) served.peer.Send(Request{BlockOf(i, 3)});
  served.world.Run(seconds(1));
  const int before = served.peer.CountHeard("piece");
  EXPECT_LT(before, 4);
  served.peer.Send(NotInterested{});
  served.world.Run(seconds(11));
  EXPECT_TRUE(served.peer.Heard("choke"));
  const int allowed = 8 - served.peer.CountHeard("reject") - served.peer.CountHeard("piece");
  EXPECT_LE(allowed, static_cast<int>(kAllowedFastCount));
  EXPECT_GT(served.peer.CountHeard("reject"), 0);
}

TEST(Serving, AnswersACancelWithARejectOrTheBlock) {
  HostOptions options;
  options.up_rate = 10'000;
  Served served(true, options);
  served.BeUnchoked();
  for (uint32_t i = 0; i < 4; ++i) served.peer.Send(Request{BlockOf(i, 3)});
  served.peer.Send(Cancel{BlockOf(3, 3)});
  served.peer.Send(Cancel{BlockOf(2, 0)});  // never asked for
  served.world.Run(seconds(20));
  EXPECT_TRUE(served.peer.Heard("reject 3 49152"));
  EXPECT_EQ(served.peer.CountHeard("piece"), 3);
  EXPECT_EQ(served.peer.CountHeard("reject"), 1);
}

TEST(Serving, CancelledRequestsUseUpNothingOfTheLimit) {
  HostOptions options;
  options.up_rate = 10'000;
  Served served(true, options);
  served.BeUnchoked();
  for (int i = 0; i < 20; ++i) {
    served.peer.Say(Request{BlockOf(3, 3)});
    served.peer.Say(Cancel{BlockOf(3, 3)});
  }
  const int before = served.peer.CountHeard("piece");
  EXPECT_LE(before, 5);
  served.peer.Send(Request{BlockOf(5)});
  served.world.Run(seconds(3));
  EXPECT_EQ(served.peer.CountHeard("piece 5"), 1);
}

TEST(Serving, WhoLeavesGivesBackItsShareOfTheLimit) {
  HostOptions options;
  options.up_rate = 10'000;
  Served served(true, options);
  served.BeUnchoked();
  served.peer.Say(Request{BlockOf(3, 3)});
  for (int i = 2; i < 20; ++i) {
    ScriptedPeer passer_by(served.world, i);
    passer_by.Join(served.seeder);
    const PieceIndex piece = AllowedFastSet(served.world.test.metainfo->info_hash(),
                                            passer_by.address(), 8, kAllowedFastCount)[0];
    passer_by.Say(Request{BlockOf(piece.value())});
    passer_by.Leave();
  }
  served.peer.Send(Request{BlockOf(5)});
  served.world.Run(seconds(4));
  EXPECT_EQ(served.peer.CountHeard("piece 5"), 1);
}

TEST(Serving, DropsAReadThatReturnsAfterItsCancel) {
  HostOptions options;
  options.disk.latency = milliseconds(500);
  Served served(true, options);
  served.BeUnchoked();
  served.peer.Send(Request{BlockOf(0)});
  served.peer.Say(Request{BlockOf(1)});
  served.peer.Say(Cancel{BlockOf(0)});
  EXPECT_TRUE(served.peer.Heard("reject 0"));
  served.world.Run(seconds(2));
  EXPECT_EQ(served.peer.CountHeard("piece 0"), 0);
  EXPECT_EQ(served.peer.CountHeard("piece 1"), 1);
}

TEST(Serving, QueuesTwoThousandRequestsAndRejectsTheRest) {
  HostOptions options;
  options.up_rate = 1'000;
  Served served(true, options);
  served.BeUnchoked();
  for (uint32_t i = 0; i < 2'100; ++i) served.peer.Send(Request{BlockOf(i % 8, i % 4)});
  served.world.Run(seconds(1));
  EXPECT_GE(served.peer.CountHeard("reject"), 80);
  EXPECT_LE(served.peer.CountHeard("reject"), 100);
  EXPECT_FALSE(served.peer.closed);
}

TEST(Serving, ReadsNoFurtherAheadThanThePeerTakes) {
  Served served;
  served.BeUnchoked();
  served.world.net.options().rate = 0;
  served.peer.stream()->SetReading(served.world.now(), false);
  for (uint32_t i = 0; i < 32; ++i) served.peer.Send(Request{BlockOf(i % 8, i / 8)});
  served.world.Run(seconds(1));
  EXPECT_LE(served.seeder.store().reads, 32);
}

}  // namespace
}  // namespace starling::peer
