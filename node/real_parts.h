// The inside of a RealWorld, which RealNode builds on: what all nodes of a process share.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "node/asio_loop.h"
#include "node/asio_resolver.h"
#include "node/asio_stream.h"
#include "node/real_node.h"
#include "node/system_random.h"
#include "storage/file_store.h"
#include "storage/worker_pool.h"

namespace starling {

// Calls a function in the loop, again and again.
class Repetition final : private DeadlineHandler {
 public:
  Repetition(AsioLoop& loop, Duration period, absl::AnyInvocable<void(Time now)> f)
      : period_(period), f_(std::move(f)), deadline_(loop.deadlines(), *this) {
    deadline_.Set(After(loop.now(), period_));
  }

 private:
  void OnDeadline(Time now) override {
    deadline_.Set(After(now, period_));
    f_(now);
  }

  const Duration period_;
  absl::AnyInvocable<void(Time now)> f_;
  Deadline deadline_;
};

struct RealWorld::Parts {
  explicit Parts(int disk_workers)
      : resolver(loop), workers(disk_workers, [this] { DeliverSoon(); }), storage(workers) {}

  // From a worker. One wake-up brings a whole batch.
  void DeliverSoon() {
    loop.Post([this](Time now) { workers.DeliverFinished(now); });
  }

  AsioLoop loop;  // outlives all others
  ReceiveBuffers buffers;
  SystemRandom random;
  AsioResolver resolver;
  storage::WorkerPool workers;
  storage::FileStorage storage;
  std::vector<std::unique_ptr<Repetition>> repetitions;
};

}  // namespace starling
