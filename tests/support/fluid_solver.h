// What shared links give to flows if bytes were a fluid: the max-min fair rates, by progressive
// filling. All rates grow together; when a link is full the flows through it keep what they have,
// and the others grow on. The yardstick for the simulated network, which knows only chunks.
#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <vector>

namespace starling::testing_support {

// `links_of` names the links that each flow passes, by their place in `capacity`.
inline std::vector<double> MaxMinFair(std::vector<double> capacity,
                                      const std::vector<std::vector<size_t>>& links_of) {
  std::vector<double> rates(links_of.size(), std::numeric_limits<double>::infinity());
  std::vector<bool> settled(links_of.size(), false);
  for (;;) {
    std::vector<int> flows_on(capacity.size(), 0);
    for (size_t flow = 0; flow < links_of.size(); ++flow) {
      if (settled[flow]) continue;
      for (const size_t link : links_of[flow]) ++flows_on[link];
    }
    size_t tightest = capacity.size();
    double share = std::numeric_limits<double>::infinity();
    for (size_t link = 0; link < capacity.size(); ++link) {
      if (flows_on[link] == 0 || capacity[link] / flows_on[link] >= share) continue;
      share = capacity[link] / flows_on[link];
      tightest = link;
    }
    if (tightest == capacity.size()) return rates;
    for (size_t flow = 0; flow < links_of.size(); ++flow) {
      const std::vector<size_t>& links = links_of[flow];
      if (settled[flow] || std::find(links.begin(), links.end(), tightest) == links.end()) continue;
      settled[flow] = true;
      rates[flow] = share;
      for (const size_t link : links) capacity[link] = std::max(0.0, capacity[link] - share);
    }
  }
}

}  // namespace starling::testing_support
