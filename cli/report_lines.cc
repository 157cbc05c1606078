#include "cli/report_lines.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "cli/addresses.h"
#include "cli/progress.h"
#include "cli/quantities.h"
#include "cli/terminal.h"
#include "cli/text.h"

namespace starling::cli {

namespace {

// Lines become rarer the longer nothing new happens: a log of a month must stay readable.
constexpr Duration kReportPauseFirst = seconds(30);
constexpr Duration kReportPauseMax = minutes(30);
constexpr size_t kReportTorrentsMax = 20;
constexpr int kPlainWidth = 200;
constexpr uint32_t kFailedPiecesToldMax = 20;  // strangers must not fill the user's log
constexpr size_t kTrackersToldMax = 256;

std::string LabelOf(const TorrentStatus& status) {
  return status.name.empty() ? status.info_hash.hex() : Printable(status.name);
}

}  // namespace

void LinesReporter::Line(absl::string_view line) { PrintLine(line); }

std::string LinesReporter::NameOf(const InfoHash& info_hash) const {
  const auto found = names_.find(info_hash);
  return found == names_.end() ? info_hash.hex() : found->second;
}

void LinesReporter::OnTick(Time now, const SessionView& view) {
  if (pause_ == Duration(0)) {
    pause_ = kReportPauseFirst;
    next_report_ = now + pause_;
  }
  if (now < next_report_) return;
  pause_ = std::min(2 * pause_, kReportPauseMax);
  next_report_ = now + pause_;
  Look look;
  look.width = kPlainWidth;
  look.dht = view.dht;
  for (size_t i = 0; i < view.torrents.size() && i < kReportTorrentsMax; ++i) {
    const TorrentView& torrent = view.torrents[i];
    for (const std::string& line :
         RenderTorrent(torrent.status, view.node, torrent.running, look)) {
      Line(line);
    }
  }
  if (view.torrents.size() > kReportTorrentsMax) {
    Line(absl::StrCat("and ", view.torrents.size() - kReportTorrentsMax, " more"));
  }
}

void LinesReporter::OnListening(const std::vector<Endpoint>& listening) {
  Line(absl::StrCat("listening on ", JoinEndpoints(listening), " (TCP and UDP)"));
}

void LinesReporter::OnMetadata(const MetadataEvent& event, const TorrentView&) {
  names_[event.info_hash] = Printable(event.name);
  pause_ = Duration(0);
  Line(absl::StrCat(Printable(event.name), ": ", FormatSize(event.total_size), " in ",
                    Count(event.piece_count, "piece", "pieces"),
                    event.from_peers ? ", metadata from peers" : ""));
}

void LinesReporter::OnPieceFailed(const PieceFailedEvent& event) {
  if (++failed_pieces_told_ > kFailedPiecesToldMax) return;
  Line(absl::StrCat(NameOf(event.info_hash), ": piece ", event.piece.value(),
                    " was corrupt and is fetched again"));
}

void LinesReporter::OnPeerBanned(const PeerBannedEvent& event) {
  Line(absl::StrCat(NameOf(event.info_hash), ": peer ", event.peer.ToString(),
                    " is banned: ", Printable(event.why)));
}

void LinesReporter::OnTracker(const TrackerEvent& event) {
  if (tracker_messages_.size() >= kTrackersToldMax && !tracker_messages_.count(event.url)) return;
  const std::string text = event.message.empty() ? "answered" : event.message;
  std::string& last = tracker_messages_[event.url];
  if (last == text) return;
  last = text;
  Line(absl::StrCat("tracker ", Printable(event.url), ": ",
                    event.message.empty() ? Count(event.peers, "peer", "peers")
                                          : Shorten(Printable(event.message), kPlainWidth)));
}

void LinesReporter::OnComplete(const TorrentView& torrent) {
  const TorrentStatus& status = torrent.status;
  std::string line = absl::StrCat(LabelOf(status), ": complete, ", FormatSize(status.total_bytes),
                                  " in ", FormatDuration(torrent.running));
  if (status.downloaded == 0) {
    line += ", it was all there already";
  } else if (torrent.running > Duration(0)) {
    const double rate = static_cast<double>(status.downloaded) / ToSeconds(torrent.running);
    absl::StrAppend(&line, " (", FormatRate(static_cast<uint64_t>(rate)), ")");
  }
  Line(line);
  pause_ = Duration(0);
}

void LinesReporter::OnSeeding(const TorrentView& torrent) {
  const TorrentStatus& status = torrent.status;
  names_[status.info_hash] = LabelOf(status);
  Line(absl::StrCat(LabelOf(status), ": seeding ", FormatSize(status.have_bytes),
                    status.have_bytes < status.total_bytes
                        ? absl::StrCat(" of ", FormatSize(status.total_bytes))
                        : "",
                    " from ", Printable(torrent.dir)));
  Line(torrent.magnet);
}

void LinesReporter::OnEnd(const TorrentView& torrent, absl::string_view seed_command) {
  const TorrentStatus& status = torrent.status;
  std::string line = absl::StrCat(LabelOf(status), ": ");
  if (status.phase == TorrentPhase::kSeeding) {
    absl::StrAppend(&line, "in ", Printable(torrent.dir), "; ");
  } else if (status.total_bytes > 0) {
    absl::StrAppend(&line, FormatShare(status.have_bytes, status.total_bytes), " of ",
                    FormatSize(status.total_bytes), " in ", Printable(torrent.dir), "; ");
  }
  absl::StrAppend(&line, FormatSize(status.downloaded), " received, ", FormatSize(status.uploaded),
                  " given in ", FormatDuration(torrent.running));
  Line(line);
  if (seed_command.empty()) return;
  Line("to go on serving it to others:");
  Line(absl::StrCat("  ", seed_command));
}

void LinesReporter::OnHashing(absl::string_view name, uint64_t, uint64_t total) {
  if (hashing_told_) return;
  hashing_told_ = true;
  Line(absl::StrCat("hashing ", Printable(name), ", ", FormatSize(total)));
}

void LinesReporter::Warn(absl::string_view message) { PrintError(message); }

}  // namespace starling::cli
