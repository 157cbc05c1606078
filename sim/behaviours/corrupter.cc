// Downloads like everybody and serves blocks with wrong bytes: whoever takes a whole piece from it
// alone sees that the hash is wrong, whoever mixes its blocks with those of others must find out
// which of them it was.

#include <cstring>
#include <optional>

#include "base/random.h"
#include "sim/behaviours/builtin.h"
#include "sim/storage_tap.h"

namespace starling::sim {
namespace {

constexpr uint64_t kWhole = 1'000'000;  // shares are counted in millionths

class Corrupter final : public Behaviour, private StorageTap {
 public:
  Corrupter(uint64_t seed, uint64_t share) : random_(seed), share_(share) {}
  storage::Storage& Wrap(storage::Storage& storage) override {
    storage_.emplace(storage, static_cast<StorageTap&>(*this));
    return *storage_;
  }
  bool is_honest() const override { return false; }

 private:
  std::optional<absl::StatusOr<Slice>> OnRead(Time, const storage::BlockRequest&,
                                              absl::StatusOr<Slice> bytes) override {
    const bool spoils = random_.Below(kWhole) < share_;
    if (!spoils || !bytes.ok() || bytes->empty()) return bytes;
    // The bytes belong to everybody in this world, so they are spoilt in a copy.
    const Buffer copy(bytes->size());
    std::memcpy(copy.data(), bytes->data(), bytes->size());
    copy.data()[bytes->size() / 2] ^= std::byte{0x55};
    return copy.Sub(0, bytes->size());
  }

  SeededRandom random_;
  uint64_t share_;
  std::optional<TappedStorage> storage_;
};

}  // namespace

BehaviourKind CorrupterKind() {
  StrategyInfo info{"corrupter", "serves blocks with wrong bytes", {}};
  info.parameters = {
      {"share", ParameterKind::kNumber, 1, 0, 1, "of the blocks it serves, how many are wrong"}};
  return {std::move(info), [](const StrategyValues& values) -> BehaviourFactory {
            const auto share = static_cast<uint64_t>(values.at("share") * kWhole + 0.5);
            return [share](const BehaviourSite& site) {
              return std::make_unique<Corrupter>(site.seed, share);
            };
          }};
}

}  // namespace starling::sim
