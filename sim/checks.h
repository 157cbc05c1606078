// What must hold in every world, whatever the seed: safety always, liveness once faults have
// stopped. Each returns ok or a sentence about the first breach found.
#pragma once

#include <memory>
#include <span>

#include "absl/status/status.h"
#include "sim/client_host.h"
#include "sim/shared_content.h"
#include "sim/world.h"

namespace starling::sim {

// No Client claims more than what its disk verified.
absl::Status CheckNothingUnverified(std::span<ClientHost* const> hosts,
                                    const SharedContent& content);
absl::Status CheckNothingUnverified(std::span<ClientHost* const> hosts,
                                    std::span<const std::shared_ptr<const SharedContent>> contents);
// Every host that is on has the whole content, verified, and its Client says so.
absl::Status CheckEveryoneFinished(std::span<ClientHost* const> hosts,
                                   const SharedContent& content);
// C5: what was sent was received, or is in flight, or lost; no link carried more than it can.
absl::Status CheckConservation(const World& world);

}  // namespace starling::sim
