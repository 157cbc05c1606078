// A DHT node without torrents: what the `dht` commands have in common. It begins where the state
// folder left off, and saves what it learned at the end.
#pragma once

#include <memory>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "cli/state.h"
#include "node/real_node.h"

namespace starling::cli {

struct DhtHostOptions {
  std::vector<Endpoint> listen;
  std::vector<HostPort> bootstrap;
  // Limits of what is answered; 0: those of dht::Options.
  uint32_t source_queries_per_second = 0;
  uint32_t source_bytes_per_second = 0;
  uint32_t queries_per_second = 0;
  bool read_only = false;  // BEP 43: asks, answers nobody, and enters no table
  dht::IdSecurity security = dht::IdSecurity::kPrefer;  // BEP 42
  dht::LookupVariantPointer lookup;                     // empty: the default variant
};

class DhtHost final : private EventSink {
 public:
  // `state` may be null: nothing is loaded or saved. It must outlive the host.
  static absl::StatusOr<std::unique_ptr<DhtHost>> Start(const DhtHostOptions& options,
                                                        StateFolder* state);

  // Calls `tick` every 50 ms until it returns an exit code, or a signal ends the run. Returns that
  // code, saved state behind it.
  int Run(absl::AnyInvocable<std::optional<int>(Time now)> tick);

  Time now() const { return world_.now(); }
  dht::Node& dht() { return *node_->client().dht(); }
  const std::vector<Endpoint>& listening() const { return node_->listening(); }
  // Beside dht(), one for each further address (BEP 45).
  std::vector<DhtAddress> further_dht() const { return node_->further_dht(); }
  uint32_t nodes_known();

 private:
  DhtHost(const DhtHostOptions& options, StateFolder* state) : options_(options), state_(state) {}
  void On(Time, const Event&) override {}
  void Save();

  const DhtHostOptions options_;
  StateFolder* const state_;
  RealWorld world_;
  std::unique_ptr<RealNode> node_;
};

}  // namespace starling::cli
