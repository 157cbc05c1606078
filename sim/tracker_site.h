// A simulated tracker (BEP 3, compact answers of BEP 23), for comparison and for tests of the
// fallback. It knows who announced, forgets who stopped, and counts what it was asked.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/id.h"
#include "sim/services.h"

namespace starling::sim {

inline constexpr char kTrackerHost[] = "tracker.sim";

class TrackerSite final : public Site {
 public:
  explicit TrackerSite(Duration interval = minutes(30)) : interval_(interval) {}

  std::optional<SiteAnswer> OnGet(Time now, const Endpoint& from, absl::string_view path) override;

  uint32_t announces() const { return announces_; }
  uint32_t started() const { return started_; }
  uint32_t completed() const { return completed_; }
  uint32_t stopped() const { return stopped_; }
  size_t peers(const InfoHash& info_hash) const;

 private:
  struct Peer {
    bool is_seeder = false;
  };
  using Swarm = std::map<Endpoint, Peer>;
  void Count(absl::string_view event);
  std::string Answer(const Swarm& swarm, const Endpoint& asker, size_t peers_max) const;

  Duration interval_;
  std::map<InfoHash, Swarm> swarms_;
  uint32_t announces_ = 0;
  uint32_t started_ = 0;
  uint32_t completed_ = 0;
  uint32_t stopped_ = 0;
};

}  // namespace starling::sim
