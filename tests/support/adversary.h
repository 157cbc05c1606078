// Hosts that know the DHT's protocol and keep to nothing of it, and a network for them to attack.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "dht/krpc_writer.h"
#include "sim/population.h"
#include "tests/support/announced_network.h"

namespace starling::sim {

// A host that says what a test wants it to say.
class Adversary final : public Participant {
 public:
  using Hear =
      std::function<void(Time now, const Endpoint& from, const dht::krpc::Message& message)>;

  explicit Adversary(World& world) : world_(world), index_(world.AddHost()) {
    random_ = std::make_unique<SeededRandom>(world.RandomFor(index_, Purpose::kBehaviour));
    id = random_->NextId<NodeId>();
  }
  // The world owns it from now on.
  static Adversary& Add(World& world) {
    auto adversary = std::make_unique<Adversary>(world);
    Adversary& added = *adversary;
    world.SetParticipant(added.index_, std::move(adversary));
    world.PowerOn(added.index_);
    return added;
  }

  template <class Body>
  void Say(const Endpoint& to, ByteView transaction, const Body& body) {
    dht::krpc::Envelope envelope;
    envelope.transaction_id = transaction;
    port_.Send(world_.now(), to,
               [&](ByteSpan space) { return dht::krpc::Write(space, envelope, body); });
  }
  template <class Body>
  void Say(const Endpoint& to, const Body& body) {
    Say(to, AsBytes("evil"), body);
  }
  // The token that `node` gives it for `hash`.
  std::string TokenOf(const Endpoint& node, const InfoHash& hash) {
    std::string token;
    hear = [&](Time, const Endpoint& from, const dht::krpc::Message& message) {
      const auto* reply = std::get_if<dht::krpc::Reply>(&message.body);
      if (from == node && reply != nullptr) token = std::string(AsText(reply->token));
    };
    Say(node, dht::krpc::GetPeers{id, hash, {}});
    world_.RunFor(seconds(2));
    hear = nullptr;
    return token;
  }

  void OnPowerOn(Time) override {}
  void OnPowerOff(Time) override {}
  void OnDatagram(Time now, const Endpoint& from, ByteView bytes) override {
    const auto message = dht::krpc::Parse(bytes);
    if (hear && message.has_value()) hear(now, from, *message);
  }
  void OnStream(Time, std::unique_ptr<Stream>) override {}
  void OnDeadline(Time) override {}
  Time next_deadline() const override { return kNever; }

  Endpoint endpoint() const { return world_.endpoint(index_); }
  SeededRandom& random() { return *random_; }

  NodeId id;
  Hear hear;

 private:
  World& world_;
  NodeIndex index_;
  SimPort port_{world_.datagrams(), index_};
  std::unique_ptr<SeededRandom> random_;
};

struct AttackedNetwork {
  AttackedNetwork(uint64_t seed, size_t size, const dht::Options& nodes = SimulatedDhtOptions())
      : world(Lossless(seed)), network(world, size, nodes) {
    network.JoinHonestly(milliseconds(200));
    world.RunFor(milliseconds(200) * static_cast<int64_t>(size) + minutes(3));
  }
  Endpoint EndpointOf(DhtHost& host) { return world.endpoint(host.index()); }

  World world;
  DhtPopulation network;
};

}  // namespace starling::sim
