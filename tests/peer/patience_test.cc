// Whose place a leecher gives away when all are taken and another peer waits (peer/torrent_places.cc).

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "tests/peer/scripted_peer.h"
#include "tests/peer/torrent_world.h"

namespace starling::peer {
namespace {

// A leecher with one place, which a seed has that chokes it, and somebody else to dial.
struct Crowd {
  Crowd() {
    HostOptions options;
    options.connections_max = 1;
    leecher = &world.AddLeecher(options);
    other = &world.AddLeecher();
    seed.Join(*leecher);
    seed.Say(HaveAll{});
    leecher->Meet(*other);
  }
  // Minutes until the seed has lost its place.
  int MinutesKept(int max) {
    for (int minute = 0; minute < max; ++minute) {
      if (seed.closed) return minute;
      seed.Send(KeepAlive{});
      world.Run(minutes(1));
    }
    return max;
  }

  TorrentWorld world{TestTorrent(8)};
  TorrentHost* leecher;
  TorrentHost* other;
  ScriptedPeer seed{world};
};

TEST(Patience, ASeedThatGivesNothingLosesItsPlace) {
  Crowd crowd;
  const int kept = crowd.MinutesKept(40);
  EXPECT_GE(kept, 3);
  EXPECT_LE(kept, 6);
}

// Of a slow seed a piece takes several turns, with minutes between.
TEST(Patience, OneThatGaveAPartOfAPieceKeepsItForHalfAnHour) {
  Crowd crowd;
  crowd.seed.Say(Unchoke{});
  const auto asked =
      std::find_if(crowd.seed.heard.begin(), crowd.seed.heard.end(),
                   [](const std::string& line) { return line.rfind("request ", 0) == 0; });
  ASSERT_NE(asked, crowd.seed.heard.end());
  const auto piece = static_cast<uint32_t>(std::stoul(asked->substr(8)));
  crowd.seed.SendBlock(BlockOf(piece, 0));
  crowd.seed.Say(Choke{});
  const int kept = crowd.MinutesKept(40);
  EXPECT_GE(kept, 29);
  EXPECT_LE(kept, 33);
}

}  // namespace
}  // namespace starling::peer
