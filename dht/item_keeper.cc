#include "dht/item_keeper.h"

#include <algorithm>

namespace starling::dht {

bool ItemKeeper::Keep(Time now, const Item& item) {
  const ItemTarget target = item.target();
  if (Kept* kept = Find(target)) {
    if (item.seq > kept->item.seq) kept->item = item;
    return true;
  }
  if (kept_.size() >= kItemsMax) return false;
  kept_.push_back({target, item, now + DrawPeriod()});
  return true;
}

void ItemKeeper::Forget(const ItemTarget& target) {
  std::erase_if(kept_, [&](const Kept& kept) { return kept.target == target; });
}

Time ItemKeeper::next_due() const {
  Time due = kNever;
  for (const Kept& kept : kept_) due = std::min(due, kept.due);
  return due;
}

std::optional<ItemPut> ItemKeeper::TakeDue(Time now) {
  auto running =
      std::count_if(kept_.begin(), kept_.end(), [](const Kept& kept) { return kept.is_running; });
  for (Kept& kept : kept_) {
    if (kept.due > now) continue;
    // If nothing comes of it, for whatever reason, there is another try.
    kept.due = now + (running < kRunningMax ? kRetry : kWait);
    if (kept.is_running || running >= kRunningMax) continue;
    ItemPut put = ItemPut::Of(kept.item);
    put.compose = [item = kept.item](const Item* current) {
      return std::optional<Item>(current != nullptr && current->seq > item.seq ? *current : item);
    };
    return put;
  }
  return std::nullopt;
}

void ItemKeeper::OnStarted(const ItemTarget& target, LookupId lookup) {
  Kept* kept = Find(target);
  kept->is_running = lookup != LookupId{};
  kept->lookup = lookup;
}

void ItemKeeper::OnItem(Time, LookupId lookup, const Item& item) {
  Kept* kept = Find(lookup);
  if (kept != nullptr && item.seq > kept->item.seq) kept->item = item;
}

void ItemKeeper::OnItemDone(Time now, LookupId lookup, const ItemReport& report,
                            const LookupReport&) {
  Kept* kept = Find(lookup);
  if (kept == nullptr) return;  // forgotten meanwhile
  kept->is_running = false;
  kept->lookup = {};
  kept->due = now + (report.stored > 0 ? DrawPeriod() : kRetry);
}

ItemKeeper::Kept* ItemKeeper::Find(const ItemTarget& target) {
  const auto found = std::find_if(kept_.begin(), kept_.end(),
                                  [&](const Kept& kept) { return kept.target == target; });
  return found == kept_.end() ? nullptr : &*found;
}

ItemKeeper::Kept* ItemKeeper::Find(LookupId lookup) {
  const auto found = std::find_if(kept_.begin(), kept_.end(), [&](const Kept& kept) {
    return kept.is_running && kept.lookup == lookup;
  });
  return found == kept_.end() ? nullptr : &*found;
}

Duration ItemKeeper::DrawPeriod() {
  const uint64_t earlier = random_.Below(static_cast<uint64_t>(Duration(kJitter).count()));
  return kPeriod - microseconds(earlier);
}

}  // namespace starling::dht
