#include "sim/stream_tap.h"

#include <utility>

namespace starling::sim {
namespace {

class TappedStream final : public Stream, private StreamHandler {
 public:
  TappedStream(std::unique_ptr<Stream> stream, std::unique_ptr<StreamTap> tap)
      : tap_(std::move(tap)), stream_(std::move(stream)) {}

  void SetHandler(StreamHandler& handler) override {
    handler_ = &handler;
    stream_->SetHandler(*this);
  }
  void Send(Time now, Slice bytes) override {
    Slice passed = tap_->OnSend(now, std::move(bytes));
    if (!passed.empty()) stream_->Send(now, std::move(passed));
  }
  size_t unsent() const override { return stream_->unsent(); }
  void SetReading(Time now, bool on) override { stream_->SetReading(now, on); }
  Endpoint remote() const override { return stream_->remote(); }

 private:
  // The handler may destroy this stream in any of these, so passing the event on comes last.
  void OnOpen(Time now) override {
    tap_->OnOpen(now);
    handler_->OnOpen(now);
  }
  void OnData(Time now, Slice bytes) override {
    tap_->OnReceived(now, bytes);
    handler_->OnData(now, std::move(bytes));
  }
  void OnSent(Time now) override { handler_->OnSent(now); }
  void OnClosed(Time now, absl::Status why) override {
    tap_->OnClosed(now, why);
    handler_->OnClosed(now, std::move(why));
  }

  StreamHandler* handler_ = nullptr;
  std::unique_ptr<StreamTap> tap_;
  std::unique_ptr<Stream> stream_;
};

}  // namespace

std::unique_ptr<Stream> TapStream(std::unique_ptr<Stream> stream, std::unique_ptr<StreamTap> tap) {
  return std::make_unique<TappedStream>(std::move(stream), std::move(tap));
}

}  // namespace starling::sim
