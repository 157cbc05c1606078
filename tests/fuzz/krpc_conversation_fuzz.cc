// Whole KRPC conversations with a node that has state: the input is a script whose steps are
// queries with tokens that the node gave, answers and errors to the queries that it has in flight,
// raw datagrams with the id of one of them, commands, and time that passes. Afterwards all
// searches must come to an end and every limit hold.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/random.h"
#include "dht/krpc_items.h"
#include "dht/krpc_writer.h"
#include "dht/node.h"
#include "dht/tuned_variant.h"

namespace starling::dht {
namespace {

constexpr size_t kStepsMax = 300;
constexpr size_t kAskedMax = 64;

// The script; at its end it says zero for ever.
class Script {
 public:
  explicit Script(ByteView bytes) : bytes_(bytes) {}
  bool empty() const { return bytes_.empty(); }
  uint8_t Take() {
    if (bytes_.empty()) return 0;
    const auto value = static_cast<uint8_t>(bytes_.front());
    bytes_ = bytes_.subspan(1);
    return value;
  }
  size_t Below(size_t bound) { return Take() % bound; }
  std::string TakeText(size_t size_max) {
    const size_t size = std::min(std::min<size_t>(Take(), size_max), bytes_.size());
    const absl::string_view text = AsText(bytes_.first(size));
    bytes_ = bytes_.subspan(size);
    return std::string(text);
  }

 private:
  ByteView bytes_;
};

// Sixteen strangers: some share a network, two an address, one is private, one of IPv6.
Endpoint StrangerAt(size_t index) {
  if (index == 0) return Endpoint::V4(0x0a000001, 6881);
  if (index == 1) return *Endpoint::Parse("[2001:4860::8888]:6881");
  if (index < 4) return Endpoint::V4(0x09090909, static_cast<uint16_t>(6880 + index));
  if (index < 8) return Endpoint::V4(0x08080800 + static_cast<uint32_t>(index), 6881);
  return Endpoint::V4(0x20000000 + static_cast<uint32_t>(index) * 0x01010101, 6881);
}

class Conversation : public DatagramPort,
                     public PeerSink,
                     public ItemSink,
                     public PingSink,
                     public ProbeSink {
 public:
  explicit Conversation(ByteView bytes) : script_(bytes) {
    Options options;
    const uint8_t kind = script_.Take();
    options.follows_address = (kind & 1) != 0;
    options.strangers_expected_from = 1;
    options.security = static_cast<IdSecurity>((kind >> 1) % 3);
    options.one_per_network = (kind & 8) != 0;
    options.announce_paths = static_cast<uint8_t>(kind >> 4);
    if ((kind & 0x80) != 0) options.variant = MakeTunedVariant(DefaultTuning());
    node_ = std::make_unique<Node>(options, *this, random_);
    node_->Bootstrap(now_, std::array{StrangerAt(9), StrangerAt(10)});
  }

  void Play() {
    for (size_t step = 0; step < kStepsMax && !script_.empty(); ++step) Step();
    // Nobody says anything more.
    for (int i = 0; i < 200; ++i) Pass(seconds(5));
    CHECK(running_ == 0);
    const Stats stats = node_->stats();
    CHECK(stats.table_nodes + stats.table_nodes_v6 <= 16);
    CHECK(stats.stored_peers <= 16 * 300);
    CHECK(node_->contacts().size() <= 16);
  }

  void Send(Time, const Endpoint& to, Writer write) override {
    std::array<std::byte, kDatagramSizeMax> space;
    const size_t size = write(space);
    if (size == 0) return;
    const auto message = krpc::Parse(ByteView(space).first(size));
    CHECK(message.has_value() && to.is_usable());
    CHECK(size <= (std::holds_alternative<krpc::Put>(message->body) ? 1400u : 1200u));
    if (const auto* reply = std::get_if<krpc::Reply>(&message->body)) {
      if (!reply->token.empty()) token_ = std::string(AsText(reply->token));
      return;
    }
    if (std::holds_alternative<krpc::Error>(message->body)) return;
    asked_.push_back({to, std::string(AsText(message->transaction_id))});
    if (asked_.size() > kAskedMax) asked_.pop_front();
    if (const auto* query = std::get_if<krpc::FindNode>(&message->body)) target_ = query->target;
    if (const auto* query = std::get_if<krpc::GetPeers>(&message->body)) {
      target_ = NodeId::From(query->info_hash);
    }
  }

  void OnPeers(Time, LookupId, std::span<const Endpoint> peers) override {
    for (const Endpoint& peer : peers) CHECK(peer.is_usable());
  }
  void OnDone(Time, LookupId, const LookupReport& report) override {
    --running_;
    CHECK(report.queries <= 2 * Lookups());
    for (const Contact& contact : report.closest) CHECK(contact.endpoint.is_usable());
  }
  void OnItem(Time, LookupId, const Item& item) override {
    CHECK(item.value.size() <= kItemValueSizeMax && IsGenuineFor(item.target(), item.view()));
  }
  void OnItemDone(Time, LookupId, const ItemReport&, const LookupReport&) override { --running_; }
  void OnPing(Time, const Endpoint&, const NodeId*, Duration) override { --running_; }
  void OnAnswer(Time, const NodeAnswer& answer) override {
    --running_;
    CHECK(answer.nodes.size() <= NodeAnswer::kNodesMax);
  }

 private:
  struct Asked {
    Endpoint to;
    std::string transaction_id;
  };
  static constexpr int Lookups() { return 96; }

  void Step() {
    switch (script_.Below(8)) {
      case 0:
        return Ask();
      case 1:
        return Say(TakeAsked());
      case 2:
        return Refuse(TakeAsked());
      case 3:
        return SayRaw();
      case 4:
        return Pass(milliseconds(1) * (int64_t{1} << script_.Below(24)));
      case 5:
        return Command();
      default:
        return Say(TakeAsked());  // conversations are made of answers
    }
  }

  // One that the node waits for, or of nobody.
  Asked TakeAsked() {
    if (asked_.empty()) return {StrangerAt(script_.Below(16)), "none"};
    const size_t place = asked_.size() - 1 - script_.Below(asked_.size());
    const Asked asked = asked_[place];
    asked_.erase(asked_.begin() + static_cast<ptrdiff_t>(place));
    return asked;
  }
  // Of the stranger, of the node, or next to what is looked for.
  NodeId TakeId() {
    const uint8_t kind = script_.Take();
    if (kind == 0) return node_->id();
    if (kind < 128) return SeededRandom(kind).NextId<NodeId>();
    NodeId id = target_;
    id.bytes[19] ^= static_cast<std::byte>(kind);
    return id;
  }
  template <class Body>
  void Tell(const Endpoint& from, absl::string_view transaction_id, const Body& body) {
    std::array<std::byte, kDatagramSizeMax> space;
    krpc::Envelope envelope;
    envelope.transaction_id = AsBytes(transaction_id);
    envelope.is_read_only = script_.Below(16) == 1;
    if (script_.Below(4) == 1) envelope.seen_as = StrangerAt(script_.Below(16));
    const size_t size = krpc::Write(space, envelope, body);
    node_->OnDatagram(now_, from, ByteView(space).first(size));
  }
  void Ask() {
    const Endpoint from = StrangerAt(script_.Below(16));
    const NodeId id = TakeId();
    const InfoHash hash = InfoHash::From(TakeId());
    const std::string token = script_.Below(4) == 0 ? script_.TakeText(40) : token_;
    const auto port = static_cast<uint16_t>(script_.Take() * 257);
    switch (script_.Below(6)) {
      case 0:
        return Tell(from, "aa", krpc::Ping{id});
      case 1:
        return Tell(from, "bb", krpc::FindNode{id, NodeId::From(hash), {true, true}});
      case 2:
        return Tell(from, "cc", krpc::GetPeers{id, hash, {}, script_.Below(2) == 1});
      case 3:
        return Tell(from, "dd", krpc::AnnouncePeer{id, hash, port, port == 0, AsBytes(token)});
      case 4:
        return Tell(from, "ee", krpc::SampleInfohashes{id, NodeId::From(hash), {}});
      default:
        break;
    }
    krpc::Put put;
    const std::string value = script_.TakeText(60);
    put.id = id;
    put.token = AsBytes(token);
    put.item.value = AsBytes(value);
    Tell(from, "ff", put);
  }
  void Say(const Asked& asked) {
    std::array<Contact, 20> contacts;
    std::vector<const Contact*> nodes;
    std::vector<Endpoint> peers;
    for (size_t i = 0, count = script_.Below(contacts.size() + 1); i < count; ++i) {
      contacts[i].id = TakeId();
      contacts[i].endpoint = StrangerAt(script_.Below(16));
      if (contacts[i].endpoint.is_v4()) nodes.push_back(&contacts[i]);
    }
    for (size_t i = 0, count = script_.Below(8); i < count; ++i) {
      peers.push_back(StrangerAt(script_.Below(16)));
    }
    const std::string token = script_.TakeText(40);
    krpc::Answer answer;
    answer.id = TakeId();
    answer.nodes = nodes;
    if (!token.empty()) answer.token = AsBytes(token);
    if (!peers.empty()) answer.values = peers;
    Tell(asked.to, asked.transaction_id, answer);
  }
  void Refuse(const Asked& asked) {
    const std::string text =
        absl::StrCat("d1:eli", 200 + script_.Take(), "e1:xe1:t", asked.transaction_id.size(), ":",
                     asked.transaction_id, "1:y1:ee");
    node_->OnDatagram(now_, asked.to, AsBytes(text));
  }
  void SayRaw() {
    const Asked asked = TakeAsked();
    std::string text = script_.TakeText(255);
    const size_t at = text.find("1:t4:");
    if (at != std::string::npos && at + 9 <= text.size() && asked.transaction_id.size() == 4) {
      text.replace(at + 5, 4, asked.transaction_id);
    }
    node_->OnDatagram(now_, asked.to, AsBytes(text));
  }
  void Command() {
    const InfoHash hash = InfoHash::From(TakeId());
    const Endpoint node = StrangerAt(script_.Below(16));
    switch (script_.Below(10)) {
      case 0:
        return Count(node_->GetPeers(now_, hash, *this));
      case 1:
        return Count(node_->Announce(now_, hash, 7000, *this, script_.Below(2) == 1));
      case 2:
        return Count(node_->Scrape(now_, hash, *this));
      case 3:
        return Count(node_->GetItem(now_, ItemTarget::From(hash), "", *this));
      case 4: {
        Item item;
        item.value = "5:stuff";
        if (script_.Below(2) == 1) item = SignItem(SigningSeed{}, "", script_.Take(), "5:stuff");
        return Count(node_->PutItem(now_, ItemPut::Of(item), *this));
      }
      case 5:
        ++running_;
        return node_->Ping(now_, node, *this);
      case 6:
        ++running_;
        return node_->Probe(now_, node, Question::kSampleInfohashes, NodeId::From(hash), *this);
      case 7:
        return node_->Hear(now_, node);
      case 8:
        CHECK(node_->Restore(now_, node_->Save(now_)));
        return;
      default:
        return node_->Bootstrap(now_, std::array{node});
    }
  }
  void Count(LookupId lookup) { running_ += lookup == LookupId{} ? 0 : 1; }
  // Each deadline on its way, though not more of them than a busy node has.
  void Pass(Duration length) {
    const Time end = now_ + length;
    for (int i = 0; i < 2000 && node_->next_deadline() <= end; ++i) {
      now_ = std::max(now_, node_->next_deadline());
      node_->OnDeadline(now_);
    }
    now_ = end;
    node_->OnDeadline(now_);
  }

  Script script_;
  SeededRandom random_{1};
  std::unique_ptr<Node> node_;
  Time now_{seconds(1000)};
  std::deque<Asked> asked_;
  std::string token_;
  NodeId target_;
  int running_ = 0;  // searches, pings and probes whose end has not come
};

}  // namespace
}  // namespace starling::dht

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const starling::ByteView bytes(reinterpret_cast<const std::byte*>(data), size);
  starling::dht::Conversation(bytes).Play();
  return 0;
}
