// Makes and takes connections and says nothing on them beyond the handshake, or not even that: it
// fills places that others could have. Its Client hears everything and does not know that nobody
// hears it; in the DHT it is as loud as everybody, so that it is found.

#include <algorithm>
#include <optional>

#include "peer/handshake.h"
#include "sim/behaviours/builtin.h"
#include "sim/stream_tap.h"

namespace starling::sim {
namespace {

class Gag final : public StreamTap {
 public:
  explicit Gag(size_t allowed) : allowed_(allowed) {}
  Slice OnSend(Time, Slice bytes) override {
    const size_t passed = std::min(bytes.size(), allowed_);
    allowed_ -= passed;
    return bytes.Sub(0, passed);
  }

 private:
  size_t allowed_;  // bytes that may still pass
};

class Silent final : public Behaviour {
 public:
  explicit Silent(size_t allowed) : allowed_(allowed) {}
  Dialer& Wrap(Dialer& dialer) override {
    dialer_.emplace(dialer, [this](const Endpoint&) { return std::make_unique<Gag>(allowed_); });
    return *dialer_;
  }
  std::unique_ptr<Stream> Wrap(std::unique_ptr<Stream> stream) override {
    return TapStream(std::move(stream), std::make_unique<Gag>(allowed_));
  }
  bool is_honest() const override { return false; }

 private:
  size_t allowed_;
  std::optional<TappedDialer> dialer_;
};

}  // namespace

BehaviourKind SilentKind() {
  StrategyInfo info{"silent", "takes up connections and says nothing on them", {}};
  info.parameters = {{"handshake", ParameterKind::kFlag, 1, 0, 1, "says the handshake at least"}};
  return {std::move(info), [](const StrategyValues& values) -> BehaviourFactory {
            const size_t allowed = values.at("handshake") != 0 ? peer::kHandshakeSize : 0;
            return [allowed](const BehaviourSite&) { return std::make_unique<Silent>(allowed); };
          }};
}

}  // namespace starling::sim
