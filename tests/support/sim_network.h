// A small simulated network for tests of what lies below whole nodes: hosts with ports and dialers,
// and functions that get what arrives. Time jumps from event to event.
#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "base/check.h"
#include "sim/datagram_net.h"
#include "sim/sim_store.h"
#include "sim/stream_net.h"

namespace starling::testing_support {

struct SimNetworkOptions {
  uint64_t seed = 1;
  sim::LinkOptions link{sim::LatencyProfile::kDefault, 0};
  sim::StreamOptions streams;
  int hosts = 2;
};

class SimNetwork final : public sim::Residents {
 public:
  using DatagramReceiver = std::function<void(Time, NodeIndex, const Endpoint&, ByteView)>;
  using StreamReceiver = std::function<void(Time, NodeIndex, std::unique_ptr<Stream>)>;

  explicit SimNetwork(const SimNetworkOptions& options = {})
      : plan(sim::AddressPlan::Space::kPublic, 12),
        links(options.link, options.seed),
        hosts(plan, links),
        datagrams(queue, hosts, links, groups, rules, *this),
        streams(queue, hosts, links, groups, rules, *this, options.streams),
        disks(queue, *this) {
    for (int i = 0; i < options.hosts; ++i) hosts.SetListening(hosts.Add(), true);
  }

  // Handles one event if it is due within `at_most`; else lets that time pass.
  void Step(Duration at_most) {
    const Time end = queue.now() + at_most;
    streams.Settle(queue.now());
    if (queue.next_time() > end) {
      queue.AdvanceTo(end);
      return;
    }
    const sim::Event event = queue.Pop();
    switch (event.kind()) {
      case sim::EventKind::kDatagram:
        datagrams.OnEvent(event);
        break;
      case sim::EventKind::kDisk:
        disks.OnEvent(event);
        break;
      default:
        streams.OnEvent(event);
    }
    streams.Settle(queue.now());
  }
  void RunFor(Duration length) {
    const Time end = queue.now() + length;
    while (queue.now() < end) Step(end - queue.now());
    while (queue.next_time() <= end) Step(Duration(0));
  }
  bool Until(const std::function<bool()>& done, Duration limit = minutes(10)) {
    const Time end = queue.now() + limit;
    while (!done()) {
      if (queue.now() >= end) return false;
      Step(end - queue.now());
    }
    return true;
  }
  Time now() const { return queue.now(); }

  void OnDatagram(Time now, NodeIndex node, const Endpoint& from, ByteView bytes) override {
    if (on_datagram) on_datagram(now, node, from, bytes);
  }
  void OnStream(Time now, NodeIndex node, std::unique_ptr<Stream> stream) override {
    if (on_stream) on_stream(now, node, std::move(stream));
  }
  void OnTouched(Time, NodeIndex) override {}

  sim::EventQueue queue;
  sim::AddressPlan plan;
  sim::LinkModel links;
  sim::Hosts hosts;
  sim::Groups groups;
  sim::Rules rules;
  sim::DatagramNet datagrams;
  sim::StreamNet streams;
  sim::Disks disks;
  DatagramReceiver on_datagram;
  StreamReceiver on_stream;
};

}  // namespace starling::testing_support
