// Takes and never gives: whatever choker its population asks for, it serves nobody. In all else it
// is a good member: it says what it has, announces itself, and refuses what it will not serve.

#include <optional>
#include <utility>

#include "base/check.h"
#include "peer/choker_registry.h"
#include "sim/behaviours/builtin.h"
#include "sim/storage_tap.h"

namespace starling::sim {
namespace {

class FreeRider final : public Behaviour, private StorageTap {
 public:
  void Adjust(ClientOptions* options) override {
    const absl::StatusOr<peer::ChokerFactory> never =
        peer::ChokerRegistry().Make(StrategySpec{"never", {}});
    CHECK(never.ok());
    options->choker = *never;
  }
  storage::Storage& Wrap(storage::Storage& storage) override {
    storage_.emplace(storage, static_cast<StorageTap&>(*this));
    return *storage_;
  }
  bool is_honest() const override { return false; }

 private:
  // Newcomers may ask for a few pieces even while they are choked (BEP 6). What is read for them
  // comes up short, and so their requests are rejected.
  std::optional<absl::StatusOr<Slice>> OnRead(Time, const storage::BlockRequest&,
                                              absl::StatusOr<Slice> bytes) override {
    return bytes.ok() ? absl::StatusOr<Slice>(Slice()) : std::move(bytes);
  }

  std::optional<TappedStorage> storage_;
};

}  // namespace

BehaviourKind FreeRiderKind() {
  return {{"free-rider", "downloads and never uploads", {}},
          [](const StrategyValues&) -> BehaviourFactory {
            return [](const BehaviourSite&) { return std::make_unique<FreeRider>(); };
          }};
}

}  // namespace starling::sim
