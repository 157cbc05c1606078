#include "cli/reporter.h"

#include "cli/json_out.h"
#include "cli/report_lines.h"
#include "cli/report_terminal.h"
#include "cli/terminal.h"

namespace starling::cli {

namespace {

class JsonReporter final : public Reporter {
 public:
  Duration tick() const override { return seconds(1); }
  void OnTick(Time, const SessionView& view) override {
    for (const TorrentView& torrent : view.torrents) {
      PrintLine(ProgressJson(torrent.status, view.node));
    }
  }
  void OnListening(const std::vector<Endpoint>& listening) override {
    PrintLine(ListeningJson(listening));
  }
  void OnMetadata(const MetadataEvent& event, const TorrentView& torrent) override {
    PrintLine(MetadataJson(event, torrent.magnet));
  }
  void OnPieceFailed(const PieceFailedEvent& event) override { PrintLine(PieceFailedJson(event)); }
  void OnPeerBanned(const PeerBannedEvent& event) override { PrintLine(PeerBannedJson(event)); }
  void OnTracker(const TrackerEvent&) override {}
  void OnComplete(const TorrentView& torrent) override {
    PrintLine(CompleteJson(torrent.status, torrent.running, torrent.dir));
  }
  void OnSeeding(const TorrentView& torrent) override {
    PrintLine(SeedingJson(torrent.status, torrent.magnet));
  }
  void OnEnd(const TorrentView&, absl::string_view) override {}
  void OnHashing(absl::string_view, uint64_t, uint64_t) override {}
  void Warn(absl::string_view message) override { PrintError(message); }
};

class QuietReporter final : public Reporter {
 public:
  Duration tick() const override { return hours(1); }
  void OnTick(Time, const SessionView&) override {}
  void OnListening(const std::vector<Endpoint>&) override {}
  void OnMetadata(const MetadataEvent&, const TorrentView&) override {}
  void OnPieceFailed(const PieceFailedEvent&) override {}
  void OnPeerBanned(const PeerBannedEvent&) override {}
  void OnTracker(const TrackerEvent&) override {}
  void OnComplete(const TorrentView&) override {}
  void OnSeeding(const TorrentView& torrent) override {
    if (torrent.made_here) PrintLine(torrent.magnet);
  }
  void OnEnd(const TorrentView&, absl::string_view) override {}
  void OnHashing(absl::string_view, uint64_t, uint64_t) override {}
  void Warn(absl::string_view message) override { PrintError(message); }
};

}  // namespace

std::unique_ptr<Reporter> MakeReporter(ReportKind kind) {
  if (kind == ReportKind::kJson) return std::make_unique<JsonReporter>();
  if (kind == ReportKind::kQuiet) return std::make_unique<QuietReporter>();
  if (OutputIsTerminal()) return std::make_unique<TerminalReporter>();
  return std::make_unique<LinesReporter>();
}

}  // namespace starling::cli
