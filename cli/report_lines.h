// The plain reporter: a line for what happened, and now and then one a torrent. The reporter of the
// terminal adds its picture to it.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "cli/reporter.h"

namespace starling::cli {

class LinesReporter : public Reporter {
 public:
  Duration tick() const override { return seconds(1); }
  void OnTick(Time now, const SessionView& view) override;
  void OnListening(const std::vector<Endpoint>& listening) override;
  void OnMetadata(const MetadataEvent& event, const TorrentView& torrent) override;
  void OnPieceFailed(const PieceFailedEvent& event) override;
  void OnPeerBanned(const PeerBannedEvent& event) override;
  void OnTracker(const TrackerEvent& event) override;
  void OnComplete(const TorrentView& torrent) override;
  void OnSeeding(const TorrentView& torrent) override;
  void OnEnd(const TorrentView& torrent, absl::string_view seed_command) override;
  void OnHashing(absl::string_view name, uint64_t done, uint64_t total) override;
  void Warn(absl::string_view message) override;

 protected:
  // Every line goes through here, so that a picture can step aside.
  virtual void Line(absl::string_view line);

 private:
  std::map<InfoHash, std::string> names_;
  std::string NameOf(const InfoHash& info_hash) const;
  // What was last said by a tracker, so that the same failure is told once.
  std::map<std::string, std::string> tracker_messages_;
  uint32_t failed_pieces_told_ = 0;
  Time next_report_{};
  Duration pause_{};  // until the next report; 0: begins anew
  bool hashing_told_ = false;
};

}  // namespace starling::cli
