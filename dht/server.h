// Answers queries (BEP 5, 33, 44, 51): nodes from the tables, peers and items from the stores,
// tokens for those who will announce. Hands out only good contacts, which answered us, and none
// that the asker cannot reach; no datagram over kMessageSizeMax; and only what the rate limit
// allows.
#pragma once

#include <memory>

#include "dht/defences.h"
#include "dht/family.h"
#include "dht/item_store.h"
#include "dht/krpc.h"
#include "dht/outbox.h"
#include "dht/rate_limit.h"
#include "dht/tokens.h"

namespace starling::dht {

struct Options;
class AnnounceListener;

class Server {
 public:
  Server(const Options& options, Random& random, Families& families, Outbox& outbox);

  // False if the sender asks more than the limit allows; then nothing happened.
  bool OnQuery(Time now, const Endpoint& from, const krpc::Message& query);
  void Prefetch() const { rate_limit_.Prefetch(); }
  void Prefetch(const Endpoint& from) { rate_limit_.Prefetch(from); }
  // What we store for others; null if it is not there.
  const Item* FindItem(Time now, const ItemTarget& target) {
    return items_ == nullptr ? nullptr : items_->Find(now, target);
  }
  // Our id is another one now.
  void MoveTo(const NodeId& own_id) {
    if (items_ != nullptr) items_->MoveTo(own_id);
  }
  void SetAnnounceListener(AnnounceListener& listener) { listener_ = &listener; }

 private:
  struct Asker;  // who asked, and what its answer starts with
  void Answer(Asker& asker, const krpc::Ping& query);
  void Answer(Asker& asker, const krpc::FindNode& query);
  void Answer(Asker& asker, const krpc::GetPeers& query);
  void Answer(Asker& asker, const krpc::AnnouncePeer& query);
  void Answer(Asker& asker, const krpc::Get& query);
  void Answer(Asker& asker, const krpc::Put& query);
  void Answer(Asker& asker, const krpc::SampleInfohashes& query);
  void Answer(Asker& asker, const krpc::BadQuery& query);
  // Writes our id into an answer.
  template <class Body>
  void Send(Asker& asker, Body&& body);
  bool MayWrite(const Asker& asker, ByteView token);
  std::unique_ptr<ItemStore> MakeItemStore() const;
  void FindNodes(Asker& asker, const NodeId& target, const krpc::Want& want, krpc::Answer& answer);

  uint32_t bucket_size_;
  Defences defences_;
  Random& random_;
  Families& families_;
  Outbox& outbox_;
  RateLimit rate_limit_;
  Tokens tokens_;
  std::unique_ptr<ItemStore> items_;  // null until the first comes
  AnnounceListener* listener_ = nullptr;
};

}  // namespace starling::dht
