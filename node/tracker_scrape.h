// Asks all trackers of a torrent at once how many share it: over HTTP as BEP 48 says, over UDP as
// BEP 15. Takes no part in the torrent: nothing is announced. A state machine without I/O.
//
//   Scrape scrape(now, {info_hash, urls}, seams);
//   ... scrape.OnDatagram(...) as they come, deadlines as they are due ...
//   if (scrape.is_done()) for (const ScrapedTracker& each : scrape.trackers()) ...
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/deadlines.h"
#include "base/id.h"
#include "base/random.h"
#include "base/seams.h"
#include "node/tracker_udp.h"

namespace starling {

struct ScrapeQuestion {
  InfoHash info_hash;
  std::vector<std::string> trackers;  // announce URLs; of equal ones only the first is asked
  Duration limit = seconds(15);       // who has not answered by then is not waited for
};

struct ScrapeSeams {
  DatagramPort& datagrams;
  Resolver& resolver;
  HttpClient& http;
  Random& random;
  Deadlines& deadlines;
};

struct ScrapedTracker {
  std::string url;
  absl::StatusOr<ScrapeAnswer> answer;  // until it is known: Unavailable
};

class Scrape final : private DeadlineHandler {
 public:
  static constexpr size_t kTrackersMax =
      100;  // each may take up a connection; the rest is left out

  Scrape(Time now, const ScrapeQuestion& question, const ScrapeSeams& seams);
  ~Scrape();
  Scrape(const Scrape&) = delete;
  Scrape& operator=(const Scrape&) = delete;

  void OnDatagram(Time now, const Endpoint& from, ByteView bytes);

  bool is_done() const { return waiting_ == 0; }
  // In the order of the question; complete when it is done.
  std::span<const ScrapedTracker> trackers() const { return trackers_; }

 private:
  class Asked;
  void Ask(Time now, size_t tracker);
  void OnAnswer(size_t tracker, absl::StatusOr<ScrapeAnswer> answer);
  void OnDeadline(Time now) override;

  const InfoHash info_hash_;
  const Duration limit_;
  HttpClient& http_;
  UdpTrackers udp_;
  std::vector<ScrapedTracker> trackers_;
  std::vector<std::unique_ptr<Asked>> asked_;  // one a tracker; null: not waited for
  size_t waiting_ = 0;
  Deadline due_;
};

}  // namespace starling
