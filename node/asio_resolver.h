// Names to addresses by the system's resolver, which blocks, on threads of its own. A dead name
// server holds a thread for many seconds: there are several, so that other names do not wait, and
// the program never waits for them when it ends.
#pragma once

#include <memory>

#include "base/seams.h"
#include "node/asio_loop.h"

namespace starling {

class AsioResolver final : public Resolver {
 public:
  static constexpr int kThreadsMax = 4;
  static constexpr size_t kAddressesMax = 16;    // of one name
  static constexpr size_t kQuestionsMax = 1024;  // waiting; beyond: ResourceExhausted

  explicit AsioResolver(AsioLoop& loop);
  ~AsioResolver() override;

  std::unique_ptr<Resolution> Resolve(Time now, absl::string_view host, uint16_t port,
                                      ResolveHandler& handler) override;

 private:
  class Queue;
  AsioLoop& loop_;
  std::shared_ptr<Queue> queue_;
};

}  // namespace starling
