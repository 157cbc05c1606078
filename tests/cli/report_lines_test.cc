#include "cli/report_lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace starling::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class Recorded final : public LinesReporter {
 public:
  std::vector<std::string> lines;

 protected:
  void Line(absl::string_view line) override { lines.emplace_back(line); }
};

TorrentView SomeTorrent() {
  TorrentView view;
  view.status.name = "debian.iso";
  view.status.phase = TorrentPhase::kSeeding;
  view.status.have_bytes = view.status.total_bytes = 100'000'000;
  view.status.downloaded = 100'000'000;
  view.running = seconds(20);
  view.dir = "/data";
  view.magnet = "magnet:?xt=urn:btih:0";
  return view;
}

TEST(ReportLines, ADownloadIsAFewLines) {
  Recorded reporter;
  reporter.OnListening({*Endpoint::Parse("0.0.0.0:6881"), *Endpoint::Parse("[::]:6881")});
  MetadataEvent metadata;
  metadata.name = "debian.iso";
  metadata.total_size = 100'000'000;
  metadata.piece_count = 382;
  metadata.from_peers = true;
  reporter.OnMetadata(metadata, SomeTorrent());
  reporter.OnComplete(SomeTorrent());
  reporter.OnEnd(SomeTorrent(), "starling seed x");
  EXPECT_THAT(reporter.lines,
              ElementsAre("listening on 0.0.0.0:6881, [::]:6881 (TCP and UDP)",
                          "debian.iso: 100 MB in 382 pieces, metadata from peers",
                          "debian.iso: complete, 100 MB in 20.0 s (5.00 MB/s)",
                          "debian.iso: in /data; 100 MB received, 0 B given in 20.0 s",
                          "to go on serving it to others:", "  starling seed x"));
}

TEST(ReportLines, ProgressIsToldRarelyAndEverMoreSo) {
  Recorded reporter;
  SessionView view;
  view.torrents.push_back(SomeTorrent());
  Time now{};
  for (int i = 0; i < 3600; ++i) reporter.OnTick(now += seconds(1), view);
  EXPECT_THAT(reporter.lines, SizeIs(6));  // after 30 s, 1.5, 3.5, 7.5, 15.5 and 31.5 minutes
}

TEST(ReportLines, StrangersCannotFillTheLog) {
  Recorded reporter;
  for (int i = 0; i < 1000; ++i) reporter.OnPieceFailed(PieceFailedEvent());
  EXPECT_THAT(reporter.lines, SizeIs(20));
  reporter.lines.clear();
  TrackerEvent tracker;
  tracker.url = "http://t.example/";
  tracker.message = "no\x1b[2Jway";
  for (int i = 0; i < 1000; ++i) reporter.OnTracker(tracker);
  EXPECT_THAT(reporter.lines, ElementsAre("tracker http://t.example/: no?[2Jway"));
}

TEST(ReportLines, WhatWasThereAlreadyHasNoRate) {
  Recorded reporter;
  TorrentView torrent = SomeTorrent();
  torrent.status.downloaded = 0;
  reporter.OnComplete(torrent);
  EXPECT_THAT(reporter.lines, ElementsAre(HasSubstr("it was all there already")));
}

TEST(ReportLines, APartlySeededTorrentSaysSo) {
  Recorded reporter;
  TorrentView torrent = SomeTorrent();
  torrent.status.have_bytes = 60'000'000;
  reporter.OnSeeding(torrent);
  EXPECT_THAT(reporter.lines, ElementsAre("debian.iso: seeding 60.0 MB of 100 MB from /data",
                                          "magnet:?xt=urn:btih:0"));
}

}  // namespace
}  // namespace starling::cli
