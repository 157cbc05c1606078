// Faults of the network as a list of small rules. Each packet is judged by every rule in order:
// pass it on to the next rule, deliver it after some time instead of the usual one, or drop it; a
// rule may also ask for a second copy. Rules are added and removed while the simulation runs.
//
// For streams a packet is one chunk: a dropped one is sent again with growing pauses, as TCP does,
// until the connection gives up.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/strong_int.h"
#include "base/time.h"

namespace starling::sim {

struct Packet {
  Time sent;
  NodeIndex from;
  NodeIndex to;
  uint32_t size;
  uint64_t number;  // no other packet of the run has it
  bool is_stream;
};

struct Verdict {
  enum class Action : uint8_t { kPass, kDeliver, kDrop };
  Action action = Action::kPass;
  Duration after{};                    // kDeliver: instead of the link's latency
  std::optional<Duration> copy_after;  // a second copy arrives so much later than the first

  static Verdict Pass() { return {}; }
  static Verdict Deliver(Duration after) { return {Action::kDeliver, after, std::nullopt}; }
  static Verdict Drop() { return {Action::kDrop, Duration{}, std::nullopt}; }
};

class Rule {
 public:
  virtual ~Rule() = default;
  // `usual` is how long the packet would travel.
  virtual Verdict Judge(const Packet& packet, Duration usual) = 0;
};

// Nothing passes between the groups. Nodes that were not named are in group 0.
class Partition final : public Rule {
 public:
  void Put(NodeIndex node, uint8_t group);
  Verdict Judge(const Packet& packet, Duration usual) override;

 private:
  uint8_t GroupOf(NodeIndex node) const {
    return node.value() < groups_.size() ? groups_[node.value()] : 0;
  }
  std::vector<uint8_t> groups_;
};

// Chances are parts in a million, drawn from the seed and the packet's number. Only datagrams are
// meant unless `streams` is set: a chunk of a stream is many packets.
struct Noise {
  uint64_t seed = 0;
  uint32_t loss_ppm = 0;
  uint32_t reorder_ppm = 0;    // delivered late, after up to `delay_max` more
  uint32_t duplicate_ppm = 0;  // delivered again within `delay_max`
  Duration delay_max = milliseconds(500);
  bool streams = false;
};

class NoiseRule final : public Rule {
 public:
  explicit NoiseRule(const Noise& noise) : noise_(noise) {}
  Verdict Judge(const Packet& packet, Duration usual) override;

 private:
  bool Happens(const Packet& packet, uint64_t purpose, uint32_t ppm) const;
  Duration Delay(const Packet& packet, uint64_t purpose) const;
  Noise noise_;
};

class Rules {
 public:
  // The rule is kept until Remove; the reference stays good until then.
  template <class R>
  R& Add(std::unique_ptr<R> rule) {
    R& added = *rule;
    rules_.push_back(std::move(rule));
    return added;
  }
  void Remove(const Rule& rule);
  // What becomes of the packet in the end; an answer of kPass means the usual time.
  Verdict Judge(const Packet& packet, Duration usual) const;
  bool empty() const { return rules_.empty(); }

 private:
  std::vector<std::unique_ptr<Rule>> rules_;
};

}  // namespace starling::sim
