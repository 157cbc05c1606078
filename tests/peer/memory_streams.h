// Streams in memory with a clock that jumps: a pair of `Stream`s with latency and, if wanted, a
// rate, obeying the law of seams. Everything happens in `Happenings`, an event queue of closures.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <utility>

#include "base/seams.h"
#include "base/time.h"

namespace starling::peer {

class Happenings {
 public:
  Time now() const { return now_; }
  Time next() const { return queue_.empty() ? kNever : queue_.begin()->first.first; }
  void At(Time when, std::function<void()> happening) {
    queue_.emplace(std::pair(std::max(when, now_), sequence_++), std::move(happening));
  }
  void Later(Duration length, std::function<void()> happening) {
    At(now_ + length, std::move(happening));
  }
  void AdvanceTo(Time time) { now_ = std::max(now_, time); }
  void RunOne() {
    auto first = queue_.extract(queue_.begin());
    AdvanceTo(first.key().first);
    first.mapped()();
  }
  void Clear() { queue_.clear(); }

 private:
  Time now_ = Time(seconds(1'000'000));
  uint64_t sequence_ = 0;
  std::map<std::pair<Time, uint64_t>, std::function<void()>> queue_;
};

struct WireOptions {
  Duration latency = milliseconds(10);
  uint64_t rate = 0;  // bytes a second in each direction; 0: no limit
};

class Pipe : public std::enable_shared_from_this<Pipe> {
 public:
  struct Side {
    StreamHandler* handler = nullptr;
    Endpoint remote;
    bool open = true;
    bool reading = true;
    bool peer_closed = false;
    size_t unsent = 0;
    Time free_at{};
    std::deque<Slice> inbox;
  };

  Pipe(Happenings& happenings, const WireOptions& options)
      : happenings_(happenings), options_(options) {}

  Side& side(int index) { return sides_[index]; }

  void Send(int from, Slice bytes) {
    Side& side = sides_[from];
    const size_t size = bytes.size();
    side.unsent += size;
    Time done = std::max(happenings_.now(), side.free_at);
    if (options_.rate > 0) done += Duration(static_cast<int64_t>(size * 1'000'000 / options_.rate));
    side.free_at = done;
    auto self = shared_from_this();
    happenings_.At(done, [self, from, size] { self->OnTaken(from, size); });
    happenings_.At(done + options_.latency, [self, from, bytes] {
      Side& to = self->sides_[1 - from];
      if (!to.open) return;
      to.inbox.push_back(bytes);
      self->Deliver(1 - from);
    });
  }

  void Close(int from) {
    sides_[from].open = false;
    sides_[from].handler = nullptr;
    sides_[from].inbox.clear();
    auto self = shared_from_this();
    const Time done = std::max(happenings_.now(), sides_[from].free_at);
    happenings_.At(done + options_.latency, [self, from] {
      self->sides_[1 - from].peer_closed = true;
      self->Deliver(1 - from);
    });
  }

  void SetReading(int index, bool on) {
    sides_[index].reading = on;
    if (!on) return;
    auto self = shared_from_this();
    happenings_.Later(Duration(0), [self, index] { self->Deliver(index); });
  }

 private:
  void OnTaken(int from, size_t size) {
    Side& side = sides_[from];
    const bool was_high = side.unsent >= Stream::kUnsentLow;
    side.unsent -= size;
    if (side.open && side.handler != nullptr && was_high && side.unsent < Stream::kUnsentLow) {
      side.handler->OnSent(happenings_.now());
    }
  }
  void Deliver(int index) {
    Side& side = sides_[index];
    while (side.open && side.reading && side.handler != nullptr && !side.inbox.empty()) {
      const Slice bytes = std::move(side.inbox.front());
      side.inbox.pop_front();
      side.handler->OnData(happenings_.now(), bytes);
    }
    if (side.open && side.handler != nullptr && side.inbox.empty() && side.peer_closed) {
      side.peer_closed = false;
      side.handler->OnClosed(happenings_.now(), absl::OkStatus());
    }
  }

  Happenings& happenings_;
  WireOptions options_;
  Side sides_[2];
};

class MemoryStream final : public Stream {
 public:
  MemoryStream(std::shared_ptr<Pipe> pipe, int index) : pipe_(std::move(pipe)), index_(index) {}
  ~MemoryStream() override { pipe_->Close(index_); }
  void SetHandler(StreamHandler& handler) override { pipe_->side(index_).handler = &handler; }
  void Send(Time, Slice bytes) override { pipe_->Send(index_, std::move(bytes)); }
  size_t unsent() const override { return pipe_->side(index_).unsent; }
  void SetReading(Time, bool on) override { pipe_->SetReading(index_, on); }
  Endpoint remote() const override { return pipe_->side(index_).remote; }

 private:
  std::shared_ptr<Pipe> pipe_;
  int index_;
};

// Where dialled streams arrive.
class MemoryNet {
 public:
  using Acceptor = std::function<void(Time, std::unique_ptr<Stream>)>;

  explicit MemoryNet(Happenings& happenings) : happenings_(happenings) {}

  WireOptions& options() { return options_; }
  void Listen(const Endpoint& at, Acceptor acceptor) { acceptors_[at] = std::move(acceptor); }
  void StopListening(const Endpoint& at) { acceptors_.erase(at); }
  int dials() const { return dials_; }

  std::unique_ptr<Stream> Dial(const Endpoint& from, const Endpoint& to) {
    ++dials_;
    auto pipe = std::make_shared<Pipe>(happenings_, options_);
    pipe->side(0).remote = to;
    pipe->side(1).remote = from;
    pipe->side(1).remote.port = static_cast<uint16_t>(40'000 + dials_ % 20'000);
    happenings_.Later(options_.latency, [this, pipe, to] {
      const auto listener = acceptors_.find(to);
      if (listener == acceptors_.end()) {
        if (pipe->side(0).open) {
          pipe->side(0).handler->OnClosed(happenings_.now(), absl::UnavailableError("refused"));
        }
        return;
      }
      happenings_.Later(options_.latency, [this, pipe] {
        if (pipe->side(0).open) pipe->side(0).handler->OnOpen(happenings_.now());
      });
      listener->second(happenings_.now(), std::make_unique<MemoryStream>(pipe, 1));
    });
    return std::make_unique<MemoryStream>(pipe, 0);
  }

 private:
  Happenings& happenings_;
  WireOptions options_;
  std::map<Endpoint, Acceptor> acceptors_;
  int dials_ = 0;
};

}  // namespace starling::peer
