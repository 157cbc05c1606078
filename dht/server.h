// Answers queries (BEP 5): nodes from the tables, peers from the stores, tokens for those who will
// announce. Hands out only good contacts, which answered us, and none that the asker cannot reach;
// no datagram over kMessageSizeMax; and only what the rate limit allows.
#pragma once

#include "dht/family.h"
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
  void SetAnnounceListener(AnnounceListener& listener) { listener_ = &listener; }

 private:
  struct Asker;  // who asked, and what its answer starts with
  void Answer(Asker& asker, const krpc::Ping& query);
  void Answer(Asker& asker, const krpc::FindNode& query);
  void Answer(Asker& asker, const krpc::GetPeers& query);
  void Answer(Asker& asker, const krpc::AnnouncePeer& query);
  void Answer(Asker& asker, const krpc::BadQuery& query);
  template <class Body>
  void Send(Asker& asker, const Body& body);
  void FindNodes(Asker& asker, const NodeId& target, const krpc::Want& want, krpc::Answer& answer);

  size_t bucket_size_;
  Random& random_;
  Families& families_;
  Outbox& outbox_;
  RateLimit rate_limit_;
  Tokens tokens_;
  AnnounceListener* listener_ = nullptr;
};

}  // namespace starling::dht
