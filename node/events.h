// What happened, for whoever shows it to a user: a variant of plain structs, the source of
// `--json`. Figures are pulled (Client::status), not pushed.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/endpoint.h"
#include "base/id.h"
#include "base/strong_int.h"
#include "base/time.h"

namespace starling {

enum class TorrentId : uint64_t {};  // generation-checked; 0 is none

struct MetadataEvent {  // the metainfo is known: from peers (BEP 9), from state, or given
  TorrentId torrent{};
  InfoHash info_hash;
  std::string name;
  uint64_t total_size = 0;
  uint32_t piece_count = 0;
  bool from_peers = false;
};
struct CheckedEvent {  // what lay on the disk has been checked; transfer starts
  TorrentId torrent{};
  InfoHash info_hash;
  uint64_t have_bytes = 0;
};
struct PieceFailedEvent {  // its hash was wrong
  TorrentId torrent{};
  InfoHash info_hash;
  PieceIndex piece;
};
struct PeerBannedEvent {  // it alone sent a corrupt piece, or it broke the protocol on purpose
  TorrentId torrent{};
  InfoHash info_hash;
  Endpoint peer;
  std::string why;
};
struct CompleteEvent {  // every wanted piece is had and on the disk
  TorrentId torrent{};
  InfoHash info_hash;
  Duration elapsed{};
  uint64_t downloaded = 0;
};
struct TorrentFailedEvent {  // cannot go on: disk error, unusable metadata
  TorrentId torrent{};
  InfoHash info_hash;
  std::string why;
};
struct TrackerEvent {  // an answer or failure of a tracker
  TorrentId torrent{};
  InfoHash info_hash;
  std::string url;
  std::string message;  // failure reason or warning; empty: answered
  uint32_t peers = 0;
};
struct UnreachableEvent {  // no incoming connection within 5 minutes
  uint16_t port = 0;
};

using Event = std::variant<MetadataEvent, CheckedEvent, PieceFailedEvent, PeerBannedEvent,
                           CompleteEvent, TorrentFailedEvent, TrackerEvent, UnreachableEvent>;

class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual void On(Time now, const Event& event) = 0;
};

}  // namespace starling
