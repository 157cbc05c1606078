#include "dht/item_search.h"

#include <algorithm>

namespace starling::dht {
namespace {

constexpr size_t kRefusalsMax = 64;

}  // namespace

bool ItemSearch::OnReply(const Endpoint& from, const krpc::Reply& reply) {
  if (reply.item.value.empty()) {
    // Without a value it only says how new the one is that it could send.
    if (reply.seq.has_value()) holders_.push_back(from);
    return false;
  }
  ItemView item = reply.item;
  item.salt = AsBytes(put_.salt);  // answers do not repeat it
  if (best_.has_value() && !IsNews(item)) {
    holders_.push_back(from);
    return false;
  }
  if (!IsGenuineFor(put_.target, item)) return false;
  holders_.push_back(from);
  return Offer(item);
}

bool ItemSearch::Offer(const ItemView& item) {
  if (best_.has_value() && !IsNews(item)) return false;
  best_ = Item::From(item);
  is_told_ = false;
  return true;
}

// Could it be better than what we have? What is not, need not be verified.
bool ItemSearch::IsNews(const ItemView& item) const {
  return best_->is_mutable && item.is_mutable() && item.seq > best_->seq;
}

const Item* ItemSearch::Compose() {
  report_.put = put_.compose(best_.has_value() ? &*best_ : nullptr);
  return report_.put.has_value() ? &*report_.put : nullptr;
}

std::optional<int64_t> ItemSearch::CasFor(const Endpoint& node) const {
  const bool is_holder = std::find(holders_.begin(), holders_.end(), node) != holders_.end();
  return is_holder ? put_.cas : std::nullopt;
}

void ItemSearch::OnRefused(const Endpoint& node, const krpc::Error& error) {
  if (report_.refusals.size() >= kRefusalsMax) return;
  const absl::string_view text = error.text.substr(0, kRefusalTextMax);
  report_.refusals.push_back({node, error.code, std::string(text)});
}

void ItemSearch::Tell(Time now, LookupId lookup) {
  if (is_told_) return;
  is_told_ = true;
  const Item item = *best_;  // the sink may destroy us
  sink_.OnItem(now, lookup, item);
}

void ItemSearch::OnDone(Time now, LookupId lookup, const LookupReport& report) {
  report_.holders = static_cast<int>(holders_.size());
  report_.stored = report.announced;
  report_.found = best_;
  sink_.OnItemDone(now, lookup, report_, report);
}

}  // namespace starling::dht
