// Keeps items alive in the DHT (BEP 44, "Expiration"): puts each again every hour while the node
// runs, the newest version that it meets on the way, which needs nobody's private key.
#pragma once

#include <vector>

#include "base/random.h"
#include "dht/item_sink.h"

namespace starling::dht {

class ItemKeeper final : public ItemSink {
 public:
  static constexpr size_t kItemsMax = 256;
  static constexpr Duration kPeriod = hours(1);
  static constexpr Duration kJitter = minutes(5);  // so much earlier at most
  static constexpr Duration kRetry = minutes(5);   // after a put that nobody took
  static constexpr int kRunningMax = 4;
  static constexpr Duration kWait = seconds(30);  // while so many run

  explicit ItemKeeper(Random& random) : random_(random) {}

  // An older one of the same target gives way. False if there are too many.
  bool Keep(Time now, const Item& item);
  void Forget(const ItemTarget& target);
  bool empty() const { return kept_.empty(); }

  // When to call TakeDue.
  Time next_due() const;
  // An item that is to be put now; then comes OnStarted. Call until it returns nothing.
  std::optional<ItemPut> TakeDue(Time now);
  void OnStarted(const ItemTarget& target, LookupId lookup);

  void OnItem(Time now, LookupId lookup, const Item& item) override;
  void OnItemDone(Time now, LookupId lookup, const ItemReport& report,
                  const LookupReport& path) override;

 private:
  struct Kept {
    ItemTarget target;
    Item item;
    Time due;
    bool is_running = false;
    LookupId lookup{};
  };
  Kept* Find(const ItemTarget& target);
  Kept* Find(LookupId lookup);
  Duration DrawPeriod();

  Random& random_;
  std::vector<Kept> kept_;
};

}  // namespace starling::dht
