#include "node/asio_loop.h"

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <chrono>
#include <csignal>
#include <utility>

#include "base/check.h"

namespace starling {
namespace {

// A flood of events must not keep the turn from ending.
constexpr int kEventsPerTurnMax = 64;
// Waits are cut to this, so that clock arithmetic cannot overflow.
constexpr Duration kWaitMax = hours(1);

struct SignalWatch {
  SignalWatch(AsioLoop& loop, boost::asio::io_context& io) : loop(loop), signals(io) {}

  void Wait() {
    signals.async_wait([this](const boost::system::error_code& error, int signal) {
      if (error) return;
      Wait();
      handler(loop.now(), signal);
    });
  }

  AsioLoop& loop;
  boost::asio::signal_set signals;
  absl::AnyInvocable<void(Time now, int signal)> handler;
};

}  // namespace

struct AsioLoop::Asio {
  boost::asio::io_context io{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{io.get_executor()};
  std::vector<std::unique_ptr<SignalWatch>> signal_watches;
};

AsioLoop::AsioLoop() : asio_(std::make_unique<Asio>()) {}

AsioLoop::~AsioLoop() {
  for (const TurnHandler* handler : always_) CHECK(handler == nullptr);  // all have left
  once_.clear();
}

boost::asio::io_context& AsioLoop::io() { return asio_->io; }

Time AsioLoop::now() const {
  return Time(
      std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch()));
}

void AsioLoop::Run() {
  while (!stop_.exchange(false)) RunTurn(kWaitMax);
}

void AsioLoop::RunTurn(Duration wait_max) {
  // What was queued at the end of the last turn waits for the end of this one.
  const Time start = now();
  const Time wake = once_.empty() ? std::min(deadlines_.earliest(), start + wait_max) : start;
  if (wake > start) asio_->io.run_one_for(wake - start);
  for (int i = 0; i < kEventsPerTurnMax && !stop_ && asio_->io.poll_one() > 0; ++i) {
  }
  EndTurn();
}

void AsioLoop::EndTurn() {
  deadlines_.RunDue(now());
  // Handlers may queue again; that is for the next turn.
  std::vector<std::shared_ptr<TurnHandler>> once;
  once.swap(once_);
  for (std::shared_ptr<TurnHandler>& handler : once) {
    handler->OnTurnEnd(now());
    handler.reset();
  }
  // Join and Leave are allowed meanwhile: a hole is left and closed here.
  for (size_t i = 0; i < always_.size(); ++i) {
    if (always_[i] != nullptr) always_[i]->OnTurnEnd(now());
  }
  always_.erase(std::remove(always_.begin(), always_.end(), nullptr), always_.end());
  once.clear();
  if (once_.empty()) once_.swap(once);  // keeps the memory
}

void AsioLoop::Stop() {
  stop_ = true;
  boost::asio::post(asio_->io, [] {});  // ends the wait
}

void AsioLoop::Post(absl::AnyInvocable<void(Time now)> f) {
  boost::asio::post(asio_->io, [this, f = std::move(f)]() mutable { f(now()); });
}

void AsioLoop::OnSignal(absl::AnyInvocable<void(Time now, int signal)> f) {
  auto watch = std::make_unique<SignalWatch>(*this, asio_->io);
  watch->handler = std::move(f);
  boost::system::error_code ignored;
  watch->signals.add(SIGINT, ignored);
  watch->signals.add(SIGTERM, ignored);
  watch->Wait();
  asio_->signal_watches.push_back(std::move(watch));
}

void AsioLoop::AtTurnEnd(std::shared_ptr<TurnHandler> handler) {
  once_.push_back(std::move(handler));
}

void AsioLoop::Join(TurnHandler& handler) { always_.push_back(&handler); }

void AsioLoop::Leave(TurnHandler& handler) {
  std::replace(always_.begin(), always_.end(), &handler, static_cast<TurnHandler*>(nullptr));
}

}  // namespace starling
