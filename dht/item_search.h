// What a Search has beside its lookup when it is for an item (BEP 44): the best genuine item so
// far, which nodes hold one, and what to put there. Hears the end of the search as its PeerSink and
// tells the ItemSink.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "dht/item_sink.h"
#include "dht/krpc.h"
#include "dht/node.h"

namespace starling::dht {

class ItemSearch final : public PeerSink {
 public:
  // For a get, `put` has no composer.
  ItemSearch(ItemPut put, ItemSink& sink) : put_(std::move(put)), sink_(sink) {}

  // Takes what a node answered. Returns whether it is better than all before.
  bool OnReply(const Endpoint& from, const krpc::Reply& reply);
  // Takes an item that we hold ourselves.
  bool Offer(const ItemView& item);
  // Nothing better can come, and nothing is to be stored.
  bool is_satisfied() const { return !put_.compose && best_.has_value() && !best_->is_mutable; }
  // What is not worth sending to us any more.
  std::optional<int64_t> known_seq() const {
    return best_.has_value() && best_->is_mutable ? std::optional(best_->seq) : std::nullopt;
  }

  bool is_put() const { return put_.compose != nullptr; }
  // The item to store; null if there is none. Asks the composer once.
  const Item* Compose();
  // `cas` for this node: only for who holds something.
  std::optional<int64_t> CasFor(const Endpoint& node) const;
  void OnAsked() { ++report_.asked; }
  void OnRefused(const Endpoint& node, const krpc::Error& error);

  const ItemTarget& target() const { return put_.target; }
  void Tell(Time now, LookupId lookup);
  bool wants_steps() const override { return sink_.wants_steps(); }
  void OnStep(Time now, LookupId lookup, const LookupStep& step) override {
    sink_.OnStep(now, lookup, step);
  }
  void OnPeers(Time, LookupId, std::span<const Endpoint>) override {}
  void OnDone(Time now, LookupId lookup, const LookupReport& report) override;

 private:
  bool IsNews(const ItemView& item) const;

  ItemPut put_;
  ItemSink& sink_;
  std::optional<Item> best_;
  bool is_told_ = true;
  std::vector<Endpoint> holders_;  // as many as a lookup can ask
  ItemReport report_;
};

}  // namespace starling::dht
