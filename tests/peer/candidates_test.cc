#include "peer/candidates.h"

#include <gtest/gtest.h>

#include "peer/bans.h"

namespace starling::peer {
namespace {

const Time kStart = Time(hours(1));

Endpoint At(uint32_t number) { return Endpoint::V4(0x50000001 + (number << 8), 6881); }

struct Set {
  SeededRandom random{1};
  Candidates candidates{random};
};

TEST(Candidates, AreTriedInOrderOfTrust) {
  Set set;
  EXPECT_TRUE(set.candidates.Add(At(1), PeerSource::kPeerExchange));
  EXPECT_TRUE(set.candidates.Add(At(2), PeerSource::kDht));
  EXPECT_TRUE(set.candidates.Add(At(3), PeerSource::kUser));
  EXPECT_TRUE(set.candidates.Add(At(4), PeerSource::kTracker));
  EXPECT_EQ(set.candidates.TakeNext(kStart, false), At(3));
  EXPECT_EQ(set.candidates.TakeNext(kStart, false), At(4));
  EXPECT_EQ(set.candidates.TakeNext(kStart, false), At(2));
  EXPECT_EQ(set.candidates.TakeNext(kStart, false), At(1));
  EXPECT_EQ(set.candidates.TakeNext(kStart, false), std::nullopt);
}

TEST(Candidates, OfOneSourceAreTriedInOrderOfPriority) {
  SeededRandom random{1};
  OwnAddress own;
  Candidates candidates(random, 100, &own);
  for (uint32_t i = 1; i <= 20; ++i) candidates.Add(At(i), PeerSource::kDht);
  own.Hear(At(1), At(99));
  own.Hear(At(2), At(99));
  candidates.OnOwnAddress();
  for (uint32_t i = 21; i <= 40; ++i) candidates.Add(At(i), PeerSource::kDht);
  uint32_t before = UINT32_MAX;
  for (int i = 0; i < 40; ++i) {
    const uint32_t priority = PeerPriority(At(99), candidates.TakeNext(kStart, false).value());
    EXPECT_LT(priority, before);
    before = priority;
  }
}

TEST(Candidates, AreKnownOnce) {
  Set set;
  EXPECT_TRUE(set.candidates.Add(At(1), PeerSource::kDht));
  EXPECT_FALSE(set.candidates.Add(At(1), PeerSource::kTracker));
  EXPECT_EQ(set.candidates.SourceOf(At(1)), PeerSource::kTracker);
  EXPECT_EQ(set.candidates.size(), 1u);
}

TEST(Candidates, RefuseAddressesThatNobodyCanDial) {
  Set set;
  EXPECT_FALSE(set.candidates.Add(Endpoint::V4(0x50000001, 0), PeerSource::kUser));
  EXPECT_FALSE(set.candidates.Add(Endpoint::V4(0, 80), PeerSource::kUser));
  EXPECT_FALSE(set.candidates.Add(Endpoint::V4(0xe0000001, 80), PeerSource::kUser));
}

TEST(Candidates, WaitTwiceAsLongAfterEachFailure) {
  Set set;
  set.candidates.Add(At(1), PeerSource::kDht);
  Time now = kStart;
  Duration pause = Candidates::kRetryMin;
  for (uint32_t i = 0; i < Candidates::kFailuresMax; ++i) {
    ASSERT_TRUE(set.candidates.TakeNext(now, false).has_value()) << i;
    EXPECT_EQ(set.candidates.next_ready(false), kNever);
    set.candidates.OnClosed(now, At(1), false);
    if (i + 1 == Candidates::kFailuresMax) break;
    EXPECT_EQ(set.candidates.next_ready(false), now + pause);
    now += pause;
    pause = std::min(2 * pause, Candidates::kRetryMax);
  }
  EXPECT_EQ(set.candidates.next_ready(false), kNever);
  set.candidates.Add(At(1), PeerSource::kDht);
  EXPECT_NE(set.candidates.next_ready(false), kNever);
}

TEST(Candidates, ThatServedUsComeBackSoon) {
  Set set;
  set.candidates.Add(At(1), PeerSource::kDht);
  for (int i = 0; i < 20; ++i) {
    const Time now = kStart + seconds(10 * i);
    ASSERT_TRUE(set.candidates.TakeNext(now, false).has_value());
    set.candidates.OnClosed(now, At(1), true);
  }
}

TEST(Candidates, SeedsAreSkippedWhenWeHaveEverything) {
  Set set;
  set.candidates.Add(At(1), PeerSource::kDht);
  set.candidates.SetSeed(At(1));
  EXPECT_EQ(set.candidates.TakeNext(kStart, true), std::nullopt);
  EXPECT_EQ(set.candidates.TakeNext(kStart, false), At(1));
}

TEST(Candidates, OneselfAndOffendersAreNotDialledAgain) {
  Set set;
  set.candidates.Add(At(1), PeerSource::kUser);
  set.candidates.Add(At(2), PeerSource::kUser);
  set.candidates.SetOwn(At(1));
  set.candidates.GiveUp(At(2));
  set.candidates.Add(At(2), PeerSource::kUser);
  EXPECT_EQ(set.candidates.TakeNext(kStart, false), std::nullopt);
  EXPECT_EQ(set.candidates.untried(false), 0u);
}

TEST(Candidates, AreBounded) {
  Set set;
  for (uint32_t i = 0; i < Candidates::kMax + 200; ++i) {
    set.candidates.Add(At(i), PeerSource::kPeerExchange);
  }
  EXPECT_EQ(set.candidates.size(), Candidates::kMax);
  EXPECT_TRUE(set.candidates.Add(At(90'000), PeerSource::kTracker));
  EXPECT_EQ(set.candidates.size(), Candidates::kMax);
  EXPECT_EQ(set.candidates.TakeNext(kStart, false), At(90'000));
}

TEST(Candidates, OfTheDhtAreForgottenByPrivateTorrents) {
  Set set;
  set.candidates.Add(At(1), PeerSource::kPeerExchange);
  set.candidates.Add(At(2), PeerSource::kDht);
  set.candidates.Add(At(3), PeerSource::kUser);
  set.candidates.Add(At(4), PeerSource::kTracker);
  EXPECT_EQ(set.candidates.RemoveUntracked(), (std::vector<Endpoint>{At(1), At(2)}));
  EXPECT_EQ(set.candidates.size(), 2u);
}

TEST(Bans, CoverAPublicAddressWhole) {
  Bans bans;
  bans.Ban(Endpoint::V4(0x50000001, 1000), PeerId{});
  EXPECT_TRUE(bans.IsBanned(Endpoint::V4(0x50000001, 2000)));
  EXPECT_FALSE(bans.IsBanned(Endpoint::V4(0x50000002, 1000)));
}

TEST(Bans, CoverOnlyThePeerBehindASharedAddress) {
  Bans bans;
  PeerId id;
  id.bytes[0] = std::byte{1};
  for (const uint32_t address : {0x7f000001u, 0xc0a80001u, 0x0a000001u}) {
    bans.Ban(Endpoint::V4(address, 1000), id);
    EXPECT_TRUE(bans.IsBanned(Endpoint::V4(address, 1000)));
    EXPECT_FALSE(bans.IsBanned(Endpoint::V4(address, 2000)));
  }
  EXPECT_TRUE(bans.IsBanned(id));
  EXPECT_FALSE(bans.IsBanned(PeerId{}));
}

TEST(Bans, ForgetTheOldestBeyondTheirLimit) {
  Bans bans;
  for (uint32_t i = 0; i <= Bans::kMax; ++i) bans.Ban(At(i), PeerId{});
  EXPECT_FALSE(bans.IsBanned(At(0)));
  EXPECT_TRUE(bans.IsBanned(At(1)));
  EXPECT_TRUE(bans.IsBanned(At(Bans::kMax)));
}

}  // namespace
}  // namespace starling::peer
