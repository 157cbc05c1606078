// How `get` and `seed` tell what happens: as bars on a terminal, as few plain lines, as JSON, or
// not at all. The session says what is; a reporter decides what is worth showing.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "base/endpoint.h"
#include "base/time.h"
#include "node/client.h"
#include "node/events.h"

namespace starling::cli {

// One torrent of a session as it is now.
struct TorrentView {
  TorrentStatus status;
  Duration running{};  // since it was added
  std::string magnet;  // the link for others; without trackers
  std::string dir;
  bool made_here = false;  // `seed PATH`: its link is news, even to who wants quiet
};

struct SessionView {
  std::vector<TorrentView> torrents;
  ClientStatus node;
  bool dht = true;
};

class Reporter {
 public:
  virtual ~Reporter() = default;
  virtual Duration tick() const = 0;  // how often OnTick is wanted
  virtual void OnTick(Time now, const SessionView& view) = 0;
  virtual void OnListening(const std::vector<Endpoint>& listening) = 0;
  virtual void OnMetadata(const MetadataEvent& event, const TorrentView& torrent) = 0;
  virtual void OnPieceFailed(const PieceFailedEvent& event) = 0;
  virtual void OnPeerBanned(const PeerBannedEvent& event) = 0;
  virtual void OnTracker(const TrackerEvent& event) = 0;
  virtual void OnComplete(const TorrentView& torrent) = 0;
  virtual void OnSeeding(const TorrentView& torrent) = 0;
  // The end. `seed_command` goes on serving what is complete; empty: nothing to say about that.
  virtual void OnEnd(const TorrentView& torrent, absl::string_view seed_command) = 0;
  // Hashing content, before the session begins. At the end `done` is `total`.
  virtual void OnHashing(absl::string_view name, uint64_t done, uint64_t total) = 0;
  // A line for standard error, without "starling: ".
  virtual void Warn(absl::string_view message) = 0;
};

enum class ReportKind { kAutomatic, kJson, kQuiet };
// Automatic: bars if standard output is a terminal, else plain lines.
std::unique_ptr<Reporter> MakeReporter(ReportKind kind);

}  // namespace starling::cli
