// Says that it has every piece as soon as it knows how many there are, and has none: it unchokes,
// takes requests, and then either never serves them or serves rubbish. Its disk claims to be full,
// so its Client believes itself a seed.

#include <cstring>
#include <optional>

#include "peer/wire.h"
#include "sim/behaviours/builtin.h"
#include "sim/storage_tap.h"

namespace starling::sim {
namespace {

class Liar final : public Behaviour, private StorageTap {
 public:
  explicit Liar(bool serves) : serves_(serves) {}
  storage::Storage& Wrap(storage::Storage& storage) override {
    storage_.emplace(storage, static_cast<StorageTap&>(*this));
    return *storage_;
  }
  bool is_honest() const override { return false; }

 private:
  void OnOpened(Time, absl::StatusOr<Bitfield>* have) override {
    if (have->ok()) (*have)->SetAll();
  }
  std::optional<absl::StatusOr<Slice>> OnRead(Time, const storage::BlockRequest& request,
                                              absl::StatusOr<Slice>) override {
    if (!serves_ || request.length > peer::kRequestLengthMax) return std::nullopt;
    if (!rubbish_) {
      rubbish_ = Buffer(peer::kRequestLengthMax);
      std::memset(rubbish_.data(), 0x5a, rubbish_.capacity());
    }
    return rubbish_.Sub(0, request.length);
  }

  bool serves_;
  Buffer rubbish_;  // the same for every block
  std::optional<TappedStorage> storage_;
};

}  // namespace

BehaviourKind LiarKind() {
  StrategyInfo info{"liar", "claims to have every piece, and has none", {}};
  info.parameters = {{"serves", ParameterKind::kFlag, 0, 0, 1,
                      "answer requests with rubbish; no: leave them unanswered"}};
  return {std::move(info), [](const StrategyValues& values) -> BehaviourFactory {
            const bool serves = values.at("serves") != 0;
            return [serves](const BehaviourSite&) { return std::make_unique<Liar>(serves); };
          }};
}

}  // namespace starling::sim
