#include "cli/dht_host.h"

#include <cstdlib>
#include <optional>
#include <utility>

#include "base/check.h"
#include "cli/addresses.h"
#include "cli/command.h"

namespace starling::cli {

namespace {

constexpr Duration kTick = milliseconds(50);
constexpr Duration kSaveFirst = seconds(30);
constexpr Duration kSavePeriod = minutes(5);

}  // namespace

absl::StatusOr<std::unique_ptr<DhtHost>> DhtHost::Start(const DhtHostOptions& options,
                                                        StateFolder* state) {
  // Not make_unique: the constructor is private.
  std::unique_ptr<DhtHost> host(new DhtHost(options, state));
  RealNodeOptions node_options;
  node_options.listen = options.listen;
  node_options.client.dht_routers = options.bootstrap;
  node_options.client.dht_read_only = options.read_only;
  node_options.client.dht_security = options.security;
  node_options.client.trackers = TrackerRule::kNever;
  node_options.client.dht_source_queries_per_second = options.source_queries_per_second;
  node_options.client.dht_source_bytes_per_second = options.source_bytes_per_second;
  node_options.client.dht_queries_per_second = options.queries_per_second;
  node_options.client.dht_lookup = options.lookup;
  if (state != nullptr) {
    SavedDht saved = state->LoadDht(options.bootstrap);
    node_options.client.dht_id = saved.id;
    node_options.client.dht_snapshot = std::move(saved.table);
  }
  ASSIGN_OR_RETURN(host->node_, StartNode(host->world_, node_options, *host));
  return host;
}

int DhtHost::Run(absl::AnyInvocable<std::optional<int>(Time now)> tick) {
  std::optional<int> code;
  world_.OnSignal([&](Time, int signal) {
    code = kExitSignal + signal;
    world_.Stop();
  });
  Time next_save = world_.now() + kSaveFirst;
  world_.Every(kTick, [&](Time now) {
    if (!code.has_value()) code = tick(now);
    if (code.has_value()) return world_.Stop();
    if (now >= next_save) {
      next_save = now + kSavePeriod;
      Save();
    }
  });
  world_.Run();
  Save();
  return code.value_or(kExitCouldNot);
}

uint32_t DhtHost::nodes_known() {
  const dht::Stats stats = dht().stats();
  return stats.table_nodes + stats.table_nodes_v6;
}

void DhtHost::Save() {
  if (state_ == nullptr) return;
  state_->SaveDht(options_.bootstrap, SavedDht{dht().id(), dht().Save(world_.now())});
}

}  // namespace starling::cli
