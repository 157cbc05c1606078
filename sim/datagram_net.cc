#include "sim/datagram_net.h"

#include <array>
#include <optional>

#include "base/check.h"

namespace starling::sim {
namespace {

constexpr uint32_t kUnit = 16;          // datagrams begin at multiples of it
constexpr uint32_t kBlockUnits = 4096;  // so a handle is 20 bits of block and 12 of unit
constexpr uint32_t kBlockBytes = kUnit * kBlockUnits;
constexpr Duration kToItself = microseconds(20);

}  // namespace

struct DatagramNet::Header {
  NodeIndex from;
  uint16_t from_generation;
  uint16_t to_generation;
  uint16_t size;
  uint16_t copies;  // events that still refer to it
};

struct DatagramNet::Block {
  alignas(kUnit) std::array<std::byte, kBlockBytes> bytes;
  uint32_t used = 0;
  uint32_t live = 0;  // datagrams in it that are on their way
};

DatagramNet::DatagramNet(EventQueue& queue, const Hosts& hosts, const LinkModel& links,
                         const Groups& groups, const Rules& rules, Residents& residents)
    : queue_(queue),
      hosts_(hosts),
      links_(links),
      groups_(groups),
      rules_(rules),
      residents_(residents) {
  static_assert(sizeof(Header) <= kUnit);
  blocks_.push_back(std::make_unique<Block>());
}

DatagramNet::~DatagramNet() = default;

DatagramNet::Header& DatagramNet::HeaderAt(uint32_t handle) const {
  std::byte* at = blocks_[handle / kBlockUnits]->bytes.data() + handle % kBlockUnits * kUnit;
  return *reinterpret_cast<Header*>(at);
}

// Space for the largest datagram at the end of the open block, after room for its header.
ByteSpan DatagramNet::Lend() {
  if (blocks_[open_block_]->used + kUnit + kDatagramSizeMax > kBlockBytes) {
    if (free_blocks_.empty()) {
      free_blocks_.push_back(static_cast<uint32_t>(blocks_.size()));
      blocks_.push_back(std::make_unique<Block>());
    }
    const uint32_t full = open_block_;
    open_block_ = free_blocks_.back();
    free_blocks_.pop_back();
    blocks_[open_block_]->used = 0;
    if (blocks_[full]->live == 0) free_blocks_.push_back(full);
  }
  Block& block = *blocks_[open_block_];
  return {block.bytes.data() + block.used + kUnit, kDatagramSizeMax};
}

void DatagramNet::Send(Time now, NodeIndex from, const Endpoint& to, DatagramPort::Writer write) {
  hosts_.Prefetch(to);
  const ByteSpan space = Lend();
  const size_t size = write(space);
  CHECK(size <= space.size());
  if (size == 0 || !hosts_.is_up(from)) return;
  const uint64_t number = counts_.sent++;
  counts_.bytes += size;
  if (hosts_.reachability(from) != Reachability::kPublic) mappings_.OnSent(now, from, to);
  const std::optional<NodeIndex> target = hosts_.Find(to);
  if (!target.has_value() || to.port != kSimulatedPort) {
    ++counts_.undelivered;
    return;
  }
  Duration travel = kToItself;
  Verdict verdict;
  if (*target != from) {
    travel = links_.OneWay(hosts_.coordinates(from), hosts_.coordinates(*target), number);
    if (!groups_.empty()) travel += groups_.Latency(from, *target);
    if (!rules_.empty()) {
      const Packet packet{now, from, *target, static_cast<uint32_t>(size), number, false};
      verdict = rules_.Judge(packet, travel);
    }
    if (verdict.action == Verdict::Action::kDrop || links_.Loses(number)) {
      ++counts_.lost;
      return;
    }
    if (verdict.action == Verdict::Action::kDeliver) travel = verdict.after;
  }
  Block& block = *blocks_[open_block_];
  const uint32_t handle = open_block_ * kBlockUnits + block.used / kUnit;
  HeaderAt(handle) = {from, hosts_.generation(from), hosts_.generation(*target),
                      static_cast<uint16_t>(size), 1};
  block.used += kUnit + (static_cast<uint32_t>(size) + kUnit - 1) / kUnit * kUnit;
  ++block.live;
  queue_.Push(now + travel, EventKind::kDatagram, target->value(), handle);
  if (verdict.copy_after.has_value()) {
    ++HeaderAt(handle).copies;
    queue_.Push(now + travel + *verdict.copy_after, EventKind::kDatagram, target->value(), handle);
  }
}

ByteView DatagramNet::BytesOf(const Event& event) const {
  const Header& header = HeaderAt(event.payload);
  return {reinterpret_cast<const std::byte*>(&header) + kUnit, header.size};
}

void DatagramNet::Prefetch(const Event& event) const {
  constexpr size_t kLine = 64;
  const auto* at = reinterpret_cast<const std::byte*>(&HeaderAt(event.payload));
  for (size_t i = 0; i < 3; ++i) __builtin_prefetch(at + i * kLine);
}

void DatagramNet::PrefetchSender(const Event& event) const {
  hosts_.Prefetch(HeaderAt(event.payload).from);
}

void DatagramNet::OnEvent(const Event& event) {
  const NodeIndex to(event.target);
  const Header header = HeaderAt(event.payload);
  if (hosts_.is_up(to) && hosts_.generation(to) == header.to_generation) {
    const Endpoint from = hosts_.EndpointOf(header.from, header.from_generation);
    if (hosts_.reachability(to) == Reachability::kPublic ||
        mappings_.Admits(event.time, to, from) || header.from == to) {
      ++counts_.delivered;
      residents_.OnDatagram(event.time, to, from, BytesOf(event));
    } else {
      ++counts_.blocked;
    }
  } else {
    ++counts_.undelivered;
  }
  Release(event.payload);
}

void DatagramNet::Release(uint32_t handle) {
  if (--HeaderAt(handle).copies > 0) return;
  const uint32_t index = handle / kBlockUnits;
  Block& block = *blocks_[index];
  if (--block.live > 0) return;
  if (index == open_block_) {
    block.used = 0;  // start over while it is warm in the cache
  } else {
    free_blocks_.push_back(index);
  }
}

}  // namespace starling::sim
