#include "sim/groups.h"

#include "base/check.h"

namespace starling::sim {

GroupIndex Groups::Add(const GroupOptions& options) {
  CHECK(groups_.size() < kGroupsMax);
  Group group{RateServer(options.up), RateServer(options.down), options.latency, kNone, 0};
  if (options.parent.has_value()) {
    CHECK(options.parent->value() < groups_.size());
    group.parent = static_cast<uint16_t>(options.parent->value());
    group.depth = static_cast<uint16_t>(groups_[group.parent].depth + 1);
    CHECK(group.depth < kDepthMax);
  }
  groups_.push_back(group);
  return GroupIndex(static_cast<uint32_t>(groups_.size() - 1));
}

void Groups::Put(NodeIndex node, GroupIndex group) {
  CHECK(group.value() < groups_.size());
  if (node.value() >= group_of_.size()) group_of_.resize(node.value() + 1, kNone);
  group_of_[node.value()] = static_cast<uint16_t>(group.value());
}

void Groups::TakeOut(NodeIndex node) {
  if (node.value() < group_of_.size()) group_of_[node.value()] = kNone;
}

uint16_t Groups::CommonOf(uint16_t a, uint16_t b) const {
  while (a != b) {
    if (a == kNone || b == kNone) return kNone;
    if (groups_[a].depth >= groups_[b].depth) {
      a = groups_[a].parent;
    } else {
      b = groups_[b].parent;
    }
  }
  return a;
}

Duration Groups::Latency(NodeIndex from, NodeIndex to) const {
  const uint16_t common = CommonOf(GroupOf(from), GroupOf(to));
  Duration sum{};
  for (uint16_t at = GroupOf(from); at != common; at = groups_[at].parent) {
    sum += groups_[at].latency;
  }
  for (uint16_t at = GroupOf(to); at != common; at = groups_[at].parent) {
    sum += groups_[at].latency;
  }
  return sum;
}

uint32_t Groups::LinksBeforeTravel(NodeIndex from, NodeIndex to) const {
  const uint16_t common = CommonOf(GroupOf(from), GroupOf(to));
  uint32_t links = 0;
  for (uint16_t at = GroupOf(from); at != common; at = groups_[at].parent) {
    links += groups_[at].up.rate() > 0;
  }
  return links;
}

RateServer* Groups::LinkAt(NodeIndex from, NodeIndex to, uint32_t step) {
  const uint16_t common = CommonOf(GroupOf(from), GroupOf(to));
  for (uint16_t at = GroupOf(from); at != common; at = groups_[at].parent) {
    if (groups_[at].up.rate() > 0 && step-- == 0) return &groups_[at].up;
  }
  // Down from the outermost group; the chain of parents leads the other way.
  RateServer* inwards[kDepthMax];
  uint32_t count = 0;
  for (uint16_t at = GroupOf(to); at != common; at = groups_[at].parent) {
    if (groups_[at].down.rate() > 0) inwards[count++] = &groups_[at].down;
  }
  return step < count ? inwards[count - 1 - step] : nullptr;
}

}  // namespace starling::sim
