#include <utility>

#include "node/real_parts.h"

namespace starling {

RealWorld::RealWorld(int disk_workers) : parts_(std::make_unique<Parts>(disk_workers)) {}
RealWorld::~RealWorld() = default;

Time RealWorld::now() const { return parts_->loop.now(); }
void RealWorld::Run() { parts_->loop.Run(); }
void RealWorld::Stop() { parts_->loop.Stop(); }
void RealWorld::Post(absl::AnyInvocable<void(Time now)> f) { parts_->loop.Post(std::move(f)); }

void RealWorld::Every(Duration period, absl::AnyInvocable<void(Time now)> f) {
  parts_->repetitions.push_back(std::make_unique<Repetition>(parts_->loop, period, std::move(f)));
}

void RealWorld::OnSignal(absl::AnyInvocable<void(Time now, int signal)> f) {
  parts_->loop.OnSignal(std::move(f));
}

}  // namespace starling
