#include "cli/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/text.h"

namespace starling::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

TorrentStatus Downloading() {
  TorrentStatus status;
  status.name = "debian.iso";
  status.phase = TorrentPhase::kDownloading;
  status.have_bytes = 45'200'000;
  status.total_bytes = 100'000'000;
  status.down_rate = 2'000'000;
  status.connected = 5;
  return status;
}

TEST(Progress, ABarGrowsWithTheShare) {
  EXPECT_EQ(Bar(0, 7, false), "[>    ]");
  EXPECT_EQ(Bar(0.5, 8, false), "[===>  ]");
  EXPECT_EQ(Bar(1, 7, false), "[=====]");
  EXPECT_EQ(Bar(7, 7, false), "[=====]");
  EXPECT_EQ(Bar(-1, 7, false), "[>    ]");
  EXPECT_EQ(Bar(0.5, 2, false), "");
  EXPECT_EQ(DisplayWidth(Bar(0.3, 20, true)), 20);
}

TEST(Progress, AShareIsAHundredPercentOnlyWhenAllIsThere) {
  EXPECT_EQ(FormatShare(0, 1000), "0.0 %");
  EXPECT_EQ(FormatShare(9'999'999, 10'000'000), "99.9 %");
  EXPECT_EQ(FormatShare(10, 10), "100 %");
  EXPECT_EQ(FormatShare(0, 0), "100 %");
}

TEST(Progress, ADownloadShowsDoneRatePeersAndTimeLeft) {
  const auto lines = RenderTorrent(Downloading(), ClientStatus(), seconds(9), Look{.width = 90});
  ASSERT_THAT(lines, SizeIs(1));
  EXPECT_THAT(lines[0], HasSubstr("debian.iso  [="));
  EXPECT_THAT(lines[0], HasSubstr("45.2 %  2.00 MB/s  5 peers  28 s left"));
}

TEST(Progress, WithoutPeersALineSaysWhatIsBeingDone) {
  TorrentStatus torrent;
  torrent.info_hash = *InfoHash::FromHex("0123456789abcdef0123456789abcdef01234567");
  torrent.trackers_asked = 1;
  torrent.peer_set = 3;
  ClientStatus node;
  node.dht.table_nodes = 34;
  node.dht.lookups_running = 2;
  EXPECT_THAT(RenderTorrent(torrent, node, seconds(12), Look{.width = 150}),
              ElementsAre("0123456789abcdef0123456789abcde…  looking for peers, 12.0 s",
                          "  DHT: 34 nodes known, 2 lookups running; 1 tracker being asked; "
                          "3 peers known, 0 connected"));
  EXPECT_THAT(SearchLine(torrent, node, false), HasSubstr("DHT off; 1 tracker"));
}

TEST(Progress, ASeederShowsWhatItGave) {
  TorrentStatus torrent = Downloading();
  torrent.phase = TorrentPhase::kSeeding;
  torrent.have_bytes = torrent.total_bytes;
  torrent.uploaded = 150'000'000;
  const auto lines = RenderTorrent(torrent, ClientStatus(), seconds(9), Look{.width = 100});
  EXPECT_THAT(lines,
              ElementsAre("debian.iso  seeding to 5 peers  0 B/s  150 MB given  ratio 1.50"));
}

TEST(Progress, NoLineIsWiderThanTheTerminal) {
  TorrentStatus torrent = Downloading();
  torrent.name = "大きい名前の\x1b[2Jファイルです.iso";
  torrent.connected = 0;
  for (const TorrentPhase phase :
       {TorrentPhase::kLookingForMetadata, TorrentPhase::kChecking, TorrentPhase::kDownloading,
        TorrentPhase::kSeeding, TorrentPhase::kFailed}) {
    torrent.phase = phase;
    for (int width = 1; width < 200; ++width) {
      for (const std::string& line :
           RenderTorrent(torrent, ClientStatus(), hours(1), Look{.width = width, .utf8 = true})) {
        EXPECT_LT(DisplayWidth(line), std::max(width, 1));
        EXPECT_EQ(line.find('\x1b'), std::string::npos);
      }
    }
  }
}

TEST(Progress, NoTimeIsLeftToSayWithoutARate) {
  TorrentStatus torrent = Downloading();
  torrent.down_rate = 0;
  EXPECT_EQ(TimeLeft(torrent), "");
  torrent.down_rate = 1;
  EXPECT_EQ(TimeLeft(torrent), "");  // years
  torrent.down_rate = 10'000;
  EXPECT_EQ(TimeLeft(torrent), "1h 31m left");
}

}  // namespace
}  // namespace starling::cli
