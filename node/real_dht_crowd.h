// Many DHT nodes in one process, each with a real socket on a loopback address of its own: a DHT to
// measure, or to try something in. Nodes are bare, without torrents, and IPv4 only.
//
// Each address lies in a /24 of its own as long as there are no more than 62,500 of them, so that
// rules that count addresses or networks see as many participants as there are.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "dht/node.h"
#include "node/asio_loop.h"
#include "node/delayed_port.h"

namespace starling {

// Hears what nodes that are not of the crowd say to it, before the crowd's node does.
class StrangerListener {
 public:
  virtual ~StrangerListener() = default;
  virtual void OnStranger(Time now, size_t node, const Endpoint& from, ByteView bytes) = 0;
};

struct DhtCrowdOptions {
  size_t nodes = 0;               // up to DhtCrowd::kNodesMax
  dht::Options node;              // of all; `id` and `ipv6` are not looked at
  uint64_t seed = 1;              // of their ids and of all else that they draw
  DelayModel* delay{};            // null: as fast as the sockets are; outlives the crowd
  StrangerListener* strangers{};  // null: nobody; outlives the crowd
};

class DhtCrowd {
 public:
  static constexpr size_t kNodesMax = 62'500;

  // Opens the sockets; the nodes know nobody yet. Each takes one descriptor. ResourceExhausted, or
  // what else the system has against so many.
  static absl::StatusOr<std::unique_ptr<DhtCrowd>> Open(AsioLoop& loop,
                                                        const DhtCrowdOptions& options);
  ~DhtCrowd();
  DhtCrowd(const DhtCrowd&) = delete;
  DhtCrowd& operator=(const DhtCrowd&) = delete;

  size_t size() const { return members_.size(); }
  dht::Node& node(size_t index);
  // After each command to that node: its next deadline may be another one.
  void Touch(size_t index);
  const Endpoint& endpoint(size_t index) const;
  // Which node of any crowd is at that address; nothing: none ever is.
  static std::optional<size_t> IndexOf(const Endpoint& endpoint);
  // Datagrams that did not leave or arrive: the system's buffers were full.
  uint64_t dropped() const;
  Duration lateness() const { return queue_.lateness(); }  // of delayed datagrams

 private:
  class Member;
  DhtCrowd(AsioLoop& loop, const DhtCrowdOptions& options);

  AsioLoop& loop_;
  const DhtCrowdOptions options_;
  std::vector<std::unique_ptr<Member>> members_;
  DelayQueue queue_;  // goes before the ports that it sends through
};

// The id of each node of a crowd of that seed, in their order.
NodeId CrowdId(uint64_t seed, size_t index);

}  // namespace starling
