#include "peer/peer_journal.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace starling::peer {
namespace {

using Strings = std::vector<std::string>;

const Endpoint kReceiver = Endpoint::V4(0xc6336401, 6881);

Endpoint Numbered(uint32_t i) { return Endpoint::V4(0x08000000 + i, 6881); }

// A journal and one who is told of it, as "+endpoint" and "-endpoint".
struct Told {
  void Come(uint32_t begin, uint32_t end) {
    for (uint32_t i = begin; i < end; ++i) journal.Come(Numbered(i), 0);
  }
  void Go(uint32_t begin, uint32_t end) {
    for (uint32_t i = begin; i < end; ++i) journal.Go(Numbered(i));
  }
  Strings Tell() {
    Strings told;
    const PexMessage message = journal.Since(kReceiver, &mark);
    for (const PexPeer& peer : message.added) told.push_back("+" + peer.endpoint.ToString());
    for (const Endpoint& peer : message.dropped) told.push_back("-" + peer.ToString());
    return told;
  }

  PeerJournal journal;
  PeerJournal::Mark mark;
};

TEST(PeerJournal, TellsOnlyDifferences) {
  Told told;
  EXPECT_FALSE(told.journal.HasNews(told.mark));
  told.Come(1, 3);
  EXPECT_TRUE(told.journal.HasNews(told.mark));
  EXPECT_EQ(told.Tell(), (Strings{"+8.0.0.1:6881", "+8.0.0.2:6881"}));
  EXPECT_FALSE(told.journal.HasNews(told.mark));
  EXPECT_EQ(told.Tell(), Strings{});
  told.Come(3, 4);
  told.Go(1, 2);
  EXPECT_EQ(told.Tell(), (Strings{"+8.0.0.3:6881", "-8.0.0.1:6881"}));
  EXPECT_EQ(told.Tell(), Strings{});
}

TEST(PeerJournal, NeverMentionsWhoCameAndWentNorTheReceiver) {
  Told told;
  told.Come(1, 2);
  told.Tell();
  told.journal.Come(kReceiver, 0);
  told.Come(2, 3);
  told.Go(2, 3);
  EXPECT_TRUE(told.journal.HasNews(told.mark));
  EXPECT_EQ(told.Tell(), Strings{});
  told.journal.Go(kReceiver);
  EXPECT_EQ(told.Tell(), Strings{});
  EXPECT_FALSE(told.journal.HasNews(told.mark));
}

TEST(PeerJournal, DoesNotDropWhoIsBack) {
  Told told;
  told.Come(1, 2);
  told.Tell();
  told.Go(1, 2);
  told.Come(1, 2);
  EXPECT_EQ(told.Tell(), Strings{"+8.0.0.1:6881"});
  told.Go(1, 2);
  EXPECT_EQ(told.Tell(), Strings{"-8.0.0.1:6881"});
}

TEST(PeerJournal, CountsConnectionsWithTheSamePeerOnce) {
  Told told;
  told.Come(1, 2);
  told.Come(1, 2);
  EXPECT_EQ(told.Tell(), Strings{"+8.0.0.1:6881"});
  told.Go(1, 2);
  EXPECT_EQ(told.Tell(), Strings{});
  told.Go(1, 2);
  EXPECT_EQ(told.Tell(), Strings{"-8.0.0.1:6881"});
}

TEST(PeerJournal, SpreadsManyPeersOverSeveralMessages) {
  Told told;
  told.Come(1, 121);
  std::set<std::string> heard;
  for (int message = 0; message < 3; ++message) {
    const Strings news = told.Tell();
    EXPECT_LE(news.size(), kPexSentMax);
    heard.insert(news.begin(), news.end());
  }
  EXPECT_EQ(heard.size(), 120u);
  EXPECT_FALSE(told.journal.HasNews(told.mark));
  told.Go(1, 61);
  EXPECT_EQ(told.Tell().size(), kPexSentMax);
  EXPECT_EQ(told.Tell().size(), 60 - kPexSentMax);
  EXPECT_FALSE(told.journal.HasNews(told.mark));
}

TEST(PeerJournal, RemembersALimitedNumberOfThoseWhoLeft) {
  Told told;
  for (uint32_t i = 0; i < 200; i += 40) {
    told.Come(i + 1, i + 41);
    told.Tell();
  }
  told.Go(1, 201);
  size_t dropped = 0;
  for (int message = 0; message < 10; ++message) dropped += told.Tell().size();
  EXPECT_EQ(dropped, PeerJournal::kGoneMax);
}

TEST(PeerJournal, TellsANewcomerOnlyWhoIsPresent) {
  Told told;
  told.Come(1, 4);
  told.Go(2, 3);
  EXPECT_EQ(told.Tell(), (Strings{"+8.0.0.1:6881", "+8.0.0.3:6881"}));
  EXPECT_FALSE(told.journal.HasNews(told.mark));
}

TEST(PeerJournal, KeepsOutAddressesThatNobodyCanUse) {
  Told told;
  told.journal.Come(Endpoint::AnyV4(80), 0);
  told.journal.Go(Endpoint::AnyV4(80));
  EXPECT_EQ(told.journal.size(), 0u);
  EXPECT_EQ(told.Tell(), Strings{});
}

TEST(PeerJournal, SaysWhoIsASeed) {
  PeerJournal journal;
  journal.Come(Numbered(1), kPexReachable);
  journal.SetSeed(Numbered(1));
  PeerJournal::Mark mark;
  const PexMessage message = journal.Since(kReceiver, &mark);
  EXPECT_EQ(message.added, (std::vector<PexPeer>{{Numbered(1), kPexReachable | kPexSeeder}}));
}

}  // namespace
}  // namespace starling::peer
