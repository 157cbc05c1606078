// How many nodes the network has, estimated from lookups: ids are uniform, so the eighth closest
// node to a random target lies at about 8/N of the id space. The sum of such distances over L
// lookups of k nodes each follows a Gamma distribution with shape kL, of which
//
//   N = (kL - 1) / sum of the distances to the k-th closest
//
// is the unbiased estimate; its standard error is N / sqrt(kL - 2), or 3.5 % for 100 lookups. Nodes
// count only if they answered: entries of the dead, which tables are full of, would add to it.
#pragma once

#include <cstdint>
#include <span>

#include "base/id.h"

namespace starling::dht {

class SizeEstimate {
 public:
  // `closest` are the nodes that answered a lookup for `target`, nearest first. Fewer than two say
  // nothing. A network of fewer nodes than a lookup wants is not estimated but counted.
  void Add(const NodeId& target, std::span<const NodeId> closest);

  int lookups() const { return lookups_; }
  // 0 until there is something to estimate from. For reports only.
  double nodes() const;
  // One standard deviation as a share of nodes(); 0 if there is no estimate.
  double relative_error() const;

 private:
  int lookups_ = 0;
  double found_ = 0;         // the sum of all k
  double distance_sum_ = 0;  // as shares of the id space
};

// The XOR distance as a share of the id space, between 0 and 1.
double DistanceShare(const NodeId& a, const NodeId& b);

}  // namespace starling::dht
