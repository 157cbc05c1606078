// The walk of `dht crawl` through a network, without any I/O: whom to ask next, and what each node
// turned out to be. Every node is asked once, for the nodes near its own id: neighbours know each
// other, so the walk reaches whoever anybody knows.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "dht/probe.h"

namespace starling::cli {

struct CrawledNode {
  enum class State : uint8_t { kQueued, kAsked, kAnswered, kSilent };

  NodeId id;  // as named by others, until it answers itself
  Endpoint endpoint;
  State state = State::kQueued;
  bool is_read_only = false;  // says so in its answer (BEP 43)
  float rtt_ms = 0;
  std::string version;  // `v` of its answer
};

class CrawlWalk {
 public:
  // More than the public network has had; beyond, nobody new is taken.
  static constexpr size_t kNodesMax = 20'000'000;

  // Somebody named it. Whoever is known already, at that endpoint, is no news.
  void Hear(const NodeId& id, const Endpoint& endpoint);
  // The next to ask; null: nobody is left.
  std::optional<dht::Contact> Next();
  void OnAnswer(const dht::NodeAnswer& answer);

  // In the order in which they were heard of.
  const std::vector<CrawledNode>& nodes() const { return nodes_; }
  size_t queued() const { return queue_.size(); }
  size_t answered() const { return answered_; }
  size_t silent() const { return silent_; }

 private:
  std::vector<CrawledNode> nodes_;
  absl::flat_hash_map<Endpoint, uint32_t> places_;  // found in, never walked
  std::deque<uint32_t> queue_;
  size_t answered_ = 0;
  size_t silent_ = 0;
};

// "LT-0208": two letters and the version in hex, as BEP 20 has it; anything else in hex.
std::string FormatClientVersion(absl::string_view version);
// The head and one line for each node that was asked; docs/json.md says what the columns mean.
std::string CrawlCsv(const std::vector<CrawledNode>& nodes);

}  // namespace starling::cli
