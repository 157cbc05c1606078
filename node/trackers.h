// The trackers of one torrent (BEP 12): which is asked when, and with what. A state machine without
// I/O: HTTP goes through the HttpClient seam, UDP trackers through the Client's DatagramPort.
//
// The rule (TrackerRule::kFallback): the DHT first. Trackers are asked when the DHT gave fewer than
// kPeersWanted peers within kDhtHeadStart, or cannot start. Private torrents (BEP 27) ask them at
// once and always.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/deadlines.h"
#include "base/id.h"
#include "base/random.h"
#include "base/seams.h"
#include "node/options.h"

namespace starling {

class UdpTrackers;  // node/tracker_udp.h: BEP 15, one for the whole Client

inline constexpr uint32_t kPeersWanted = 30;
inline constexpr Duration kDhtHeadStart = seconds(5);

// What an announce says of us; pulled when one is sent.
struct AnnounceFacts {
  uint64_t uploaded = 0;
  uint64_t downloaded = 0;
  uint64_t left = 0;  // 0 when complete; one piece's worth while the metadata is unknown
  uint32_t peers_wanted = 50;
};

class TrackersHandler {
 public:
  virtual ~TrackersHandler() = default;
  virtual AnnounceFacts Facts() const = 0;
  virtual void OnPeers(Time now, std::span<const Endpoint> peers) = 0;
  // `message` empty: it answered with `peers` peers; else what failed, or its warning.
  virtual void OnTracker(Time now, absl::string_view url, absl::string_view message,
                         uint32_t peers) = 0;
  // BEP 24: how a tracker sees our address.
  virtual void OnExternalAddress(Time now, const Endpoint& address) = 0;
};

struct TrackersSeams {
  HttpClient& http;
  UdpTrackers& udp;
  Random& random;
  Deadlines& deadlines;
  TrackersHandler& handler;
};

struct TrackersConfig {
  InfoHash info_hash;
  PeerId own_id;
  uint16_t listen_port = 0;
  std::vector<std::vector<std::string>> tiers;
  TrackerRule rule = TrackerRule::kFallback;
  bool is_private = false;
  bool dht_runs = true;  // false: the fallback starts at once
};

class Trackers {
 public:
  Trackers(const TrackersConfig& config, const TrackersSeams& seams);
  ~Trackers();
  Trackers(const Trackers&) = delete;
  Trackers& operator=(const Trackers&) = delete;

  void Start(Time now);
  // How many distinct peers the DHT has given so far; the fallback rule looks at it.
  void OnDhtPeers(Time now, uint32_t peers_in_all);
  // The metadata arrived: more tiers, and whether it is private.
  void Learn(Time now, const std::vector<std::vector<std::string>>& tiers, bool is_private);
  void OnComplete(Time now);  // announces `completed`, once, if it was incomplete before
  void WantPeers(Time now);   // peers ran out: ask again as soon as `min interval` allows
  void Stop(Time now);        // announces `stopped` to every tracker that knows us
  bool has_goodbyes() const;  // `stopped` is still on its way
  uint32_t asked() const;     // announces now in flight

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace starling
