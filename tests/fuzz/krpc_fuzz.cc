// KRPC from strangers: the parser alone, items as a store takes them, then a whole node that is
// told the same bytes as a query, as a reply to one of its own questions, and as a saved table.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/check.h"
#include "base/random.h"
#include "dht/item_store.h"
#include "dht/krpc_writer.h"
#include "dht/node.h"
#include "dht/snapshot.h"

namespace starling::dht {
namespace {

// Keeps the transaction id of the last query, so that the input can pass for its answer.
class Port : public DatagramPort {
 public:
  void Send(Time, const Endpoint&, Writer write) override {
    std::array<std::byte, kDatagramSizeMax> space;
    const size_t size = write(space);
    const auto message = krpc::Parse(ByteView(space).first(size));
    CHECK(size == 0 || message.has_value());
    CHECK(size <= (std::holds_alternative<krpc::Put>(message->body) ? 1400u : 1200u));
    if (message->transaction_id.size() != transaction_id.size()) return;
    std::copy(message->transaction_id.begin(), message->transaction_id.end(),
              transaction_id.begin());
  }
  std::array<std::byte, 4> transaction_id{};
};

// Whatever it is told of has been verified.
class Items : public ItemSink {
 public:
  explicit Items(const ItemTarget& target) : target_(target) {}
  void OnItem(Time, LookupId, const Item& item) override {
    CHECK(IsGenuineFor(target_, item.view()));
  }
  void OnItemDone(Time, LookupId, const ItemReport&, const LookupReport&) override {}

 private:
  ItemTarget target_;
};

class Sink : public PeerSink {
 public:
  void OnPeers(Time, LookupId, std::span<const Endpoint> peers) override {
    for (const Endpoint& peer : peers) CHECK(peer.is_usable());
  }
  void OnDone(Time, LookupId, const LookupReport&) override {}
};

class Prober : public ProbeSink {
 public:
  void OnAnswer(Time, const NodeAnswer& answer) override {
    CHECK(answer.nodes.size() <= NodeAnswer::kNodesMax);
    CHECK(answer.version.size() <= NodeAnswer::kVersionSizeMax);
    for (const Contact& contact : answer.nodes) CHECK(contact.endpoint.is_usable());
  }
};

void Walk(const krpc::Message& message) {
  if (const auto* put = std::get_if<krpc::Put>(&message.body)) {
    // Seen from the store's side, as if the token had been right.
    if (CheckForm(put->item) != ItemError::kNone) return;
    ItemStore store{NodeId{}};
    store.Put(Time{seconds(1000)}, Endpoint::V4(0x09090909, 6881), put->item, put->cas,
              [&] { return IsGenuine(put->item); });
    const Item* found = store.Find(Time{seconds(1001)}, TargetOf(put->item));
    if (found != nullptr) CHECK(IsGenuineFor(found->target(), found->view()));
  }
  const auto* reply = std::get_if<krpc::Reply>(&message.body);
  if (reply == nullptr) return;
  for (size_t i = 0; i < krpc::CountNodes(reply->nodes, krpc::kNodeV4Size); ++i) {
    krpc::NodeAt(reply->nodes, krpc::kNodeV4Size, i);
  }
  for (size_t i = 0; i < krpc::CountNodes(reply->nodes6, krpc::kNodeV6Size); ++i) {
    krpc::NodeAt(reply->nodes6, krpc::kNodeV6Size, i);
  }
  if (!reply->values.has_value()) return;
  for (const bencode::Value& value : *reply->values) value.string();
}

void Converse(ByteView bytes) {
  Port port;
  SeededRandom random(1);
  Sink sink;
  Prober prober;
  Options options;
  options.follows_address = true;
  Node node(options, port, random);
  Time now{seconds(1000)};
  const Endpoint stranger = Endpoint::V4(0x09090909, 6881);
  node.OnDatagram(now, stranger, bytes);
  node.Restore(now, AsText(bytes));
  node.Bootstrap(now, std::array<Endpoint, 1>{stranger});
  node.Announce(now, InfoHash{}, 1, sink);
  node.Scrape(now, InfoHash{}, sink);
  node.Probe(now, stranger, Question::kSampleInfohashes, NodeId{}, prober);
  // Looks for the very item that the input may hold, so that a good one is found.
  ItemTarget wanted;
  const auto message = krpc::Parse(bytes);
  const auto* reply = message ? std::get_if<krpc::Reply>(&message->body) : nullptr;
  if (reply != nullptr && !reply->item.value.empty()) wanted = TargetOf(reply->item);
  Items items(wanted);
  node.GetItem(now, wanted, "", items);
  Item stored;
  stored.value = "5:stuff";
  Items others(stored.target());
  node.PutItem(now, ItemPut::Of(stored), others);
  // As answers: the bytes with the awaited transaction id put where "t" has one of four bytes.
  std::string text(AsText(bytes));
  for (int round = 0; round < 4; ++round) {
    const size_t at = text.find("1:t4:");
    if (at != std::string::npos && at + 9 <= text.size()) {
      text.replace(at + 5, 4, std::string(AsText(port.transaction_id)));
    }
    node.OnDatagram(now, stranger, AsBytes(text));
    now += milliseconds(300);
    node.OnDeadline(now);
  }
  node.Save(now);
}

}  // namespace
}  // namespace starling::dht

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const starling::ByteView bytes(reinterpret_cast<const std::byte*>(data), size);
  if (const auto message = starling::dht::krpc::Parse(bytes)) starling::dht::Walk(*message);
  starling::dht::ReadSnapshot(starling::AsText(bytes));
  starling::dht::Converse(bytes);
  return 0;
}
