// Items (BEP 44): from GetItem and PutItem to OnItemDone. The lookup itself is that of any search
// (node_searches.cc), asking `get` instead of get_peers and putting instead of announcing.

#include <utility>

#include "dht/closest_secure.h"
#include "dht/item_keeper.h"
#include "dht/item_search.h"
#include "dht/node_state.h"

namespace starling::dht {

LookupId Node::State::StartItemSearch(Time now, ItemPut put, ItemSink& sink) {
  if (searches.size() >= options.lookups_max) return LookupId{};
  const NodeId target = NodeId::From(put.target);
  const auto purpose = put.compose ? Search::Purpose::kPutItem : Search::Purpose::kGetItem;
  Search& search = searches.Add(std::make_unique<Search>(purpose, target, options, now));
  const LookupId lookup = search.id;
  search.item = std::make_unique<ItemSearch>(std::move(put), sink);
  search.sink = search.item.get();
  // In a small network we may be one of the closest ourselves, and hold what we look for.
  const Item* held = server.FindItem(now, search.item->target());
  if (held != nullptr && search.item->Offer(held->view())) NoteItem(search);
  Launch(now, search);
  return lookup;
}

bool Node::State::AskForItem(Time now, Search& search, const Endpoint& to, const krpc::Want& want) {
  const krpc::Get query{id, search.item->target(), search.item->known_seq(), want};
  return Query(now, QueryKind::kSearch, to, search.id, query);
}

void Node::State::NoteItem(const Search& search) {
  Notice notice(Notice::Kind::kItem);
  notice.lookup = search.id;
  notices.push_back(notice);
}

void Node::State::TakeItem(const Endpoint& from, const krpc::Reply& reply, Search& search) {
  if (search.item->OnReply(from, reply)) NoteItem(search);
}

// To the closest that gave tokens, of each family.
void Node::State::BeginPut(Time now, Search& search) {
  const Item* item = nullptr;
  for (const LookupPaths& lookup : search.lookups) {
    for (const Candidate* candidate : ChooseClosest(lookup, options.bucket_size, security, true)) {
      // Not before there is somebody to tell: the composer hears of what is stored only once.
      if (item == nullptr) item = search.item->Compose();
      if (item == nullptr) return;
      krpc::Put query;
      query.id = id;
      query.token = candidate->token_view();
      query.item = item->view();
      query.cas = search.item->CasFor(candidate->endpoint);
      if (Query(now, QueryKind::kAnnounce, candidate->endpoint, search.id, query)) {
        ++search.pending;
        search.item->OnAsked();
      }
    }
  }
}

void Node::State::OnPutRefused(const Transaction& transaction, const krpc::Error& error) {
  if (transaction.kind != QueryKind::kAnnounce) return;
  Search* search = searches.Find(static_cast<LookupId>(transaction.lookup));
  if (search != nullptr && search->item != nullptr) search->item->OnRefused(transaction.to, error);
}

void Node::State::TendItems(Time now) {
  while (std::optional<ItemPut> put = keeper->TakeDue(now)) {
    const ItemTarget target = put->target;
    keeper->OnStarted(target, StartItemSearch(now, std::move(*put), *keeper));
  }
  searches_due = std::min(searches_due, keeper->next_due());
}

LookupId Node::GetItem(Time now, const ItemTarget& target, absl::string_view salt, ItemSink& sink) {
  return state_->StartItemSearch(now, {target, std::string(salt), nullptr, std::nullopt}, sink);
}

LookupId Node::PutItem(Time now, ItemPut put, ItemSink& sink) {
  CHECK(put.compose != nullptr);
  return state_->StartItemSearch(now, std::move(put), sink);
}

bool Node::KeepItem(Time now, const Item& item) {
  State& state = *state_;
  if (state.keeper == nullptr) state.keeper = std::make_unique<ItemKeeper>(state.random);
  if (!state.keeper->Keep(now, item)) return false;
  state.searches_due = std::min(state.searches_due, state.keeper->next_due());
  return true;
}

void Node::ForgetItem(const ItemTarget& target) {
  if (state_->keeper != nullptr) state_->keeper->Forget(target);
}

}  // namespace starling::dht
