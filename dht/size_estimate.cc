#include "dht/size_estimate.h"

#include <cmath>

namespace starling::dht {

double DistanceShare(const NodeId& a, const NodeId& b) {
  // 53 bits are all that a double keeps; the next 64 matter only for ids that share more.
  double share = 0;
  double weight = 1;
  for (size_t i = 0; i < 16; i += 8) {
    weight *= 0x1p-64;
    share += weight * static_cast<double>(LoadBig<uint64_t>(a.bytes.data() + i) ^
                                          LoadBig<uint64_t>(b.bytes.data() + i));
  }
  return share;
}

void SizeEstimate::Add(const NodeId& target, std::span<const NodeId> closest) {
  if (closest.size() < 2) return;
  ++lookups_;
  found_ += static_cast<double>(closest.size());
  distance_sum_ += DistanceShare(target, closest.back());
}

double SizeEstimate::nodes() const { return distance_sum_ > 0 ? (found_ - 1) / distance_sum_ : 0; }

double SizeEstimate::relative_error() const {
  return found_ > 2 && distance_sum_ > 0 ? 1 / std::sqrt(found_ - 2) : 0;
}

}  // namespace starling::dht
