#include "node/options.h"

namespace starling {

std::vector<HostPort> WellKnownRouters() {
  return {{"router.bittorrent.com", 6881},
          {"dht.transmissionbt.com", 6881},
          {"dht.libtorrent.org", 25401},
          {"router.utorrent.com", 6881}};
}

}  // namespace starling
