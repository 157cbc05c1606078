// A scrape over real sockets of its own: any free UDP ports, and a connection for each HTTP
// tracker.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "node/real_node.h"
#include "node/tracker_scrape.h"

namespace starling {

class RealScrape {
 public:
  // It goes on while the world runs; Unavailable if the machine has no network at all.
  static absl::StatusOr<std::unique_ptr<RealScrape>> Start(RealWorld& world,
                                                           const ScrapeQuestion& question);
  ~RealScrape();
  RealScrape(const RealScrape&) = delete;
  RealScrape& operator=(const RealScrape&) = delete;

  const Scrape& scrape() const;

 private:
  struct Parts;
  explicit RealScrape(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace starling
