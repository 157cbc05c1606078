// UDP trackers (BEP 15; IPv6 answers by the family of the tracker's address) over the Client's own
// DatagramPort: announce and scrape, connection ids, retransmission, answers matched by transaction
// id and source. One for the whole Client, so that torrents with the same tracker share its
// connection id.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/deadlines.h"
#include "base/id.h"
#include "base/random.h"
#include "base/seams.h"

namespace starling {

enum class AnnounceEvent : uint8_t { kNone = 0, kCompleted = 1, kStarted = 2, kStopped = 3 };

// One announce, for HTTP and UDP trackers alike.
struct Announce {
  InfoHash info_hash;
  PeerId peer_id;
  uint64_t uploaded = 0;
  uint64_t downloaded = 0;
  uint64_t left = 0;
  AnnounceEvent event = AnnounceEvent::kNone;
  uint32_t peers_wanted = 50;
  uint16_t listen_port = 0;
  uint32_t key = 0;  // stays the same for a torrent while we run
};

struct AnnounceAnswer {
  Duration interval = minutes(30);
  Duration min_interval{};
  uint32_t seeders = 0;
  uint32_t leechers = 0;
  std::vector<Endpoint> peers;
  std::string warning;
  std::string tracker_id;
  std::optional<Endpoint> external_address;  // BEP 24; port 0
};

class AnnounceHandler {
 public:
  virtual ~AnnounceHandler() = default;
  virtual void OnAnnounced(Time now, absl::StatusOr<AnnounceAnswer> answer) = 0;
};

// How many share a torrent, as a tracker counts them.
struct ScrapeAnswer {
  uint32_t seeders = 0;
  uint32_t leechers = 0;
  uint32_t downloads = 0;  // times `completed` was announced

  bool operator==(const ScrapeAnswer&) const = default;
};

class ScrapeHandler {
 public:
  virtual ~ScrapeHandler() = default;
  virtual void OnScraped(Time now, absl::StatusOr<ScrapeAnswer> answer) = 0;
};

// One announce or scrape under way; destroying it ends it.
class TrackerExchange {
 public:
  virtual ~TrackerExchange() = default;
};

class UdpTrackers {
 public:
  UdpTrackers(DatagramPort& port, Resolver& resolver, Random& random, Deadlines& deadlines);
  ~UdpTrackers();
  UdpTrackers(const UdpTrackers&) = delete;
  UdpTrackers& operator=(const UdpTrackers&) = delete;

  // `url` is udp://host:port[/anything].
  std::unique_ptr<TrackerExchange> Send(Time now, absl::string_view url, const Announce& announce,
                                        AnnounceHandler& handler);
  std::unique_ptr<TrackerExchange> SendScrape(Time now, absl::string_view url,
                                              const InfoHash& info_hash, ScrapeHandler& handler);
  // A datagram that is not the DHT's. Those that answer nothing of ours are dropped.
  void OnDatagram(Time now, const Endpoint& from, ByteView bytes);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace starling
