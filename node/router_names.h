// The routers from which the DHT starts, by name: resolves each, hands the addresses to the node,
// and tries again later where a name could not be resolved. No I/O of its own.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/deadlines.h"
#include "base/seams.h"
#include "dht/node.h"
#include "node/options.h"

namespace starling {

class RouterNames {
 public:
  RouterNames(Resolver& resolver, Deadlines& deadlines, dht::Node& node);
  ~RouterNames();
  RouterNames(const RouterNames&) = delete;
  RouterNames& operator=(const RouterNames&) = delete;

  static constexpr size_t kRoutersMax = 64;  // torrents bring `nodes` too; beyond: ignored
  void Add(Time now, const std::vector<HostPort>& routers);

 private:
  class Router;
  Resolver& resolver_;
  Deadlines& deadlines_;
  dht::Node& node_;
  std::vector<std::unique_ptr<Router>> routers_;
};

}  // namespace starling
