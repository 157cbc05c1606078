#include "sim/rules.h"

#include <algorithm>

#include "base/random.h"

namespace starling::sim {
namespace {

enum Purpose : uint64_t { kLoss = 1, kReorder, kDuplicate };

}  // namespace

void Partition::Put(NodeIndex node, uint8_t group) {
  if (node.value() >= groups_.size()) groups_.resize(node.value() + 1, 0);
  groups_[node.value()] = group;
}

Verdict Partition::Judge(const Packet& packet, Duration) {
  return GroupOf(packet.from) == GroupOf(packet.to) ? Verdict::Pass() : Verdict::Drop();
}

bool NoiseRule::Happens(const Packet& packet, uint64_t purpose, uint32_t ppm) const {
  return ppm > 0 && HashNumbers({noise_.seed, purpose, packet.number}) % 1'000'000 < ppm;
}

Duration NoiseRule::Delay(const Packet& packet, uint64_t purpose) const {
  const auto steps = static_cast<uint64_t>(noise_.delay_max.count()) + 1;
  const uint64_t draw = HashNumbers({noise_.seed, purpose + 100, packet.number});
  return Duration(static_cast<int64_t>(draw % steps));
}

Verdict NoiseRule::Judge(const Packet& packet, Duration usual) {
  if (packet.is_stream && !noise_.streams) return Verdict::Pass();
  if (Happens(packet, kLoss, noise_.loss_ppm)) return Verdict::Drop();
  Verdict verdict;
  if (Happens(packet, kReorder, noise_.reorder_ppm)) {
    verdict = Verdict::Deliver(usual + Delay(packet, kReorder));
  }
  if (Happens(packet, kDuplicate, noise_.duplicate_ppm)) {
    verdict.copy_after = Delay(packet, kDuplicate);
  }
  return verdict;
}

void Rules::Remove(const Rule& rule) {
  std::erase_if(rules_, [&](const std::unique_ptr<Rule>& each) { return each.get() == &rule; });
}

Verdict Rules::Judge(const Packet& packet, Duration usual) const {
  Verdict sum;
  for (const std::unique_ptr<Rule>& rule : rules_) {
    const Verdict verdict = rule->Judge(packet, usual);
    if (verdict.action == Verdict::Action::kDrop) return verdict;
    if (verdict.action == Verdict::Action::kDeliver && sum.action == Verdict::Action::kPass) {
      sum.action = verdict.action;
      sum.after = verdict.after;
    }
    if (verdict.copy_after.has_value()) sum.copy_after = verdict.copy_after;
  }
  return sum;
}

}  // namespace starling::sim
