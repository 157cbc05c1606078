// HOST:PORT as the user types it: taken apart, resolved where an address is needed, listened on.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/endpoint.h"
#include "node/real_node.h"

namespace starling::cli {

// "router.example:6881", "1.2.3.4:80" or "[::1]:6881". Port 0 only if `may_be_any_port`. The error
// names `option`, for the user.
absl::StatusOr<HostPort> ParseHostPort(absl::string_view option, absl::string_view text,
                                       bool may_be_any_port = false);
std::string FormatHostPort(const HostPort& place);
// All addresses of a name; asks the system's resolver and waits for it.
absl::StatusOr<std::vector<Endpoint>> ResolveHostPort(const HostPort& place);

// RealNode::Start, whose error says besides which option helps.
absl::StatusOr<std::unique_ptr<RealNode>> StartNode(RealWorld& world,
                                                    const RealNodeOptions& options,
                                                    EventSink& events);

// "a, b" of the endpoints.
std::string JoinEndpoints(const std::vector<Endpoint>& endpoints);

}  // namespace starling::cli
