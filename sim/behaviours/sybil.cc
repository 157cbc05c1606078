// Stands in the DHT next to the key of its torrent, where announcements are stored and looked for,
// and keeps them to itself: whoever asks it for the peers of that torrent hears of nobody, or of
// peers that do not exist, and of no other node that might know better. Other questions it answers
// well, so that it stays in the tables. It shares nothing: it makes and takes no connections. One
// does little, eight of them surround the key.
//
// Its id is not bound to its address as BEP 42 asks: where that is enforced it is found out.

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <span>
#include <vector>

#include "base/random.h"
#include "dht/krpc_writer.h"
#include "sim/behaviours/builtin.h"

namespace starling::sim {
namespace {

namespace krpc = dht::krpc;

constexpr double kFalsePeersMax = 50;

// An id that shares its first `bits` bits with `key` and differs in the next.
NodeId DrawIdNear(const InfoHash& key, size_t bits, Random& random) {
  auto id = random.NextId<NodeId>();
  for (size_t bit = 0; bit <= bits; ++bit) {
    const std::byte mask{static_cast<uint8_t>(0x80 >> bit % 8)};
    const bool wanted = bit < bits ? key.bit(bit) : !key.bit(bit);
    id.bytes[bit / 8] = wanted ? id.bytes[bit / 8] | mask : id.bytes[bit / 8] & ~mask;
  }
  return id;
}

class Sybil final : public Behaviour, private DatagramPort {
 public:
  Sybil(const BehaviourSite& site, size_t bits, size_t false_peers)
      : random_(site.seed), keys_(site.contents), bits_(bits), false_peers_(false_peers) {}

  void Adjust(ClientOptions* options) override {
    if (!keys_.empty()) options->dht_id = DrawIdNear(keys_.front(), bits_, random_);
    options->peers_max = 0;
  }
  DatagramPort& Wrap(DatagramPort& port) override {
    port_ = &port;
    return *this;
  }
  // Answers leave before the next datagram is told of, so this knows what they answer.
  void OnDatagram(Time, const Endpoint&, ByteView bytes) override {
    const std::optional<krpc::Message> message = krpc::Parse(bytes);
    const auto* query = message ? std::get_if<krpc::GetPeers>(&message->body) : nullptr;
    asked_for_key_ =
        query != nullptr && std::find(keys_.begin(), keys_.end(), query->info_hash) != keys_.end();
  }
  bool is_honest() const override { return false; }

 private:
  void Send(Time now, const Endpoint& to, Writer write) override {
    if (!asked_for_key_) return port_->Send(now, to, write);
    std::vector<Endpoint> invented;
    for (size_t i = 0; i < false_peers_; ++i) invented.push_back(Invent());
    port_->Send(now, to, [&](ByteSpan space) { return Forge(space, write(space), invented); });
  }

  // Any public address: few of them belong to anybody.
  Endpoint Invent() {
    const auto address = static_cast<uint32_t>(0x10000000 + random_.Below(0x40000000));
    const auto port = static_cast<uint16_t>(1024 + random_.Below(60'000));
    return Endpoint::V4(address, port);
  }

  // Writes over the answer in `space` one that names `invented` instead of what is known.
  static size_t Forge(ByteSpan space, size_t size, std::span<const Endpoint> invented) {
    const std::optional<krpc::Message> message = krpc::Parse(space.first(size));
    const auto* reply = message ? std::get_if<krpc::Reply>(&message->body) : nullptr;
    if (reply == nullptr || message->transaction_id.size() > krpc::kTransactionIdSizeMax ||
        reply->token.size() > krpc::kTokenSizeMax) {
      return size;
    }
    // What stays of the answer points into the space that is about to be written.
    std::array<std::byte, krpc::kTransactionIdSizeMax> transaction_id;
    std::array<std::byte, krpc::kTokenSizeMax> token;
    std::copy(message->transaction_id.begin(), message->transaction_id.end(),
              transaction_id.begin());
    std::copy(reply->token.begin(), reply->token.end(), token.begin());
    krpc::Envelope envelope;
    envelope.transaction_id = ByteView(transaction_id).first(message->transaction_id.size());
    envelope.version = krpc::kClientVersion;
    envelope.seen_as = message->seen_as;
    krpc::Answer answer;
    answer.id = reply->id;
    answer.nodes.emplace();  // there is nobody else to ask
    answer.token = ByteView(token).first(reply->token.size());
    answer.values = invented;
    return krpc::Write(space, envelope, answer);
  }

  SeededRandom random_;
  std::vector<InfoHash> keys_;
  size_t bits_;
  size_t false_peers_;
  DatagramPort* port_ = nullptr;
  bool asked_for_key_ = false;
};

}  // namespace

BehaviourKind SybilKind() {
  StrategyInfo info{"sybil", "stands near the torrent's key in the DHT and hides its peers", {}};
  info.parameters = {
      {"bits", ParameterKind::kInteger, 40, 0, 150, "that its node id shares with the key"},
      {"peers", ParameterKind::kInteger, 0, 0, kFalsePeersMax,
       "invented peers that it names each time; 0: it knows nobody"}};
  return {std::move(info), [](const StrategyValues& values) -> BehaviourFactory {
            const auto bits = static_cast<size_t>(values.at("bits"));
            const auto false_peers = static_cast<size_t>(values.at("peers"));
            return [bits, false_peers](const BehaviourSite& site) {
              return std::make_unique<Sybil>(site, bits, false_peers);
            };
          }};
}

}  // namespace starling::sim
