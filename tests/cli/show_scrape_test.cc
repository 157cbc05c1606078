#include "cli/show_scrape.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/command.h"
#include "tests/cli/child_program.h"
#include "tests/cli/some_torrent.h"

namespace starling::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

TEST(ShowScrape, AsksTheTrackersOfTheTorrentAndOfTheLinkEachOnce) {
  auto metainfo = std::make_shared<storage::Metainfo>();
  metainfo->trackers = {{"http://a/", "udp://b:1"}, {"http://a/"}};
  Source source;
  source.metainfo = metainfo;
  source.magnet.emplace();
  source.magnet->trackers = {"udp://b:1", "http://c/"};
  EXPECT_THAT(TrackersOf(source), ElementsAre("http://a/", "udp://b:1", "http://c/"));
}

TEST(ShowScrape, ShowsATableAndALineForEachThatFailed) {
  const std::vector<ScrapedTracker> trackers = {
      {"udp://a:1", absl::UnavailableError("it refused: go\x1b[0m")},
      {"http://b/announce", ScrapeAnswer{.seeders = 12, .leechers = 3, .downloads = 456}}};
  EXPECT_THAT(ScrapeLines(trackers),
              ElementsAre("   seeders  leechers downloads  tracker",
                          "        12         3       456  http://b/announce",
                          "udp://a:1: it refused: go?[0m"));
}

TEST(ShowScrape, EndsWithOneIfNobodyCouldBeAsked) {
  const ScratchFolder folder;
  const std::string hash = "magnet:?xt=urn:btih:0123456789abcdef0123456789abcdef01234567";
  ChildProgram none(folder / "errors", {"show", hash, "--scrape", "--state", folder / "state"});
  EXPECT_EQ(none.ReadAll(), "");
  EXPECT_EQ(none.Wait(), kExitCouldNot);
  EXPECT_THAT(none.Errors(), MatchesRegex("starling: [^\n]*names no trackers to ask\n"));
  // Port 1 of this machine refuses; the other URL cannot be asked at all.
  ChildProgram dead(folder / "errors2",
                    {"show", hash + "&tr=http%3A%2F%2F127.0.0.1%3A1%2Fannounce&tr=wss%3A%2F%2Fx",
                     "--scrape", "--state", folder / "state"});
  const std::string lines = dead.ReadAll();
  EXPECT_THAT(lines, HasSubstr("http://127.0.0.1:1/announce: "));
  EXPECT_THAT(lines, HasSubstr("wss://x: it speaks neither HTTP nor UDP\n"));
  EXPECT_EQ(dead.Wait(), kExitCouldNot);
  EXPECT_THAT(dead.Errors(), MatchesRegex("starling: [^\n]*no tracker answered\n"));
}

}  // namespace
}  // namespace starling::cli
