// Strangers of every bad kind: damaged bytes, liars, floods. A node survives, stays within its
// limits, and goes on serving the honest.

#include <gtest/gtest.h>

#include "dht/lookup.h"
#include "tests/dht/network.h"

namespace starling::dht {
namespace {

TEST(Hostile, DamagedDatagramsOfAWholeConversationAreSurvived) {
  // A network in which every tenth datagram arrives with some bytes changed, cut or repeated.
  Network network(25);
  SeededRandom random(4);
  network.net().set_damage([&](std::string& bytes) {
    if (random.Below(10) != 0) return;
    for (uint64_t i = 0, count = 1 + random.Below(4); i < count; ++i) {
      const size_t at = random.Below(bytes.size());
      switch (random.Below(4)) {
        case 0:
          bytes[at] = static_cast<char>(random.Below(256));
          break;
        case 1:
          bytes.resize(at + 1);
          break;
        case 2:
          bytes.insert(at, bytes.substr(0, random.Below(30)));
          break;
        default:
          bytes[at] = static_cast<char>('0' + random.Below(10));
      }
    }
  });
  network.Join();
  network.net().Run(minutes(20));
  Collector announced;
  network.at(3)->Announce(network.net().now(), HashOf(1), 7000, announced);
  network.net().Run(seconds(20));
  Collector found;
  network.at(20)->GetPeers(network.net().now(), HashOf(1), found);
  network.net().Run(seconds(20));
  EXPECT_FALSE(found.peers().empty());
}

TEST(Hostile, NoiseIsCountedAndDropped) {
  SmallNet net;
  NetNode node(net, At("8.8.8.8:6881"));
  Stranger noisy(net, At("9.9.9.9:1"), IdOf({9}));
  SeededRandom random(4);
  for (int i = 0; i < 2000; ++i) {
    std::string bytes(random.Below(200), '\0');
    random.Fill({reinterpret_cast<std::byte*>(bytes.data()), bytes.size()});
    noisy.SayRaw(node.endpoint(), bytes);
  }
  noisy.SayRaw(node.endpoint(), std::string(65'000, 'd'));
  noisy.SayRaw(node.endpoint(), "");
  net.Run(seconds(1));
  EXPECT_EQ(node->stats().malformed, 2002u);
  EXPECT_EQ(node->stats().datagrams_out, 0u);
  EXPECT_EQ(node->next_deadline(), kNever);
}

// A node that names fakes, ever nearer to what is looked for, with every answer.
class Liar {
 public:
  Liar(SmallNet& net, const Endpoint& endpoint, const NodeId& id, uint64_t seed)
      : stranger_(net, endpoint, id), random_(seed) {
    stranger_.set_responder([this](const Datagram& datagram, const krpc::Message& message) {
      NodeId target;
      if (const auto* query = std::get_if<krpc::GetPeers>(&message.body)) {
        target = NodeId::From(query->info_hash);
      } else if (const auto* find = std::get_if<krpc::FindNode>(&message.body)) {
        target = find->target;
      }
      std::array<Contact, 20> fakes;
      std::array<const Contact*, 20> pointers;
      for (size_t i = 0; i < fakes.size(); ++i) {
        fakes[i].id = target;
        fakes[i].id.bytes[18] = static_cast<std::byte>(random_.Next());
        fakes[i].id.bytes[19] = static_cast<std::byte>(random_.Next());
        fakes[i].endpoint = Endpoint::V4(0x60000000 + static_cast<uint32_t>(random_.Below(1 << 24)),
                                         static_cast<uint16_t>(1 + random_.Below(60'000)));
        pointers[i] = &fakes[i];
      }
      krpc::Answer answer;
      answer.id = stranger_.id();
      answer.nodes = pointers;
      stranger_.Say(datagram.from, AsText(message.transaction_id), answer);
    });
  }
  Stranger& stranger() { return stranger_; }

 private:
  Stranger stranger_;
  SeededRandom random_;
};

TEST(Hostile, LiarsNeitherStopALookupNorGrowIt) {
  Network network(40);
  network.Join();
  network.net().Run(minutes(2));
  std::vector<std::unique_ptr<Liar>> liars;
  for (uint32_t i = 0; i < 5; ++i) {
    liars.push_back(std::make_unique<Liar>(network.net(), Endpoint::V4(0x70000000 + 99'999 * i, 9),
                                           HashNode(i), i));
    network.at(1)->Hear(network.net().now(), liars.back()->stranger().endpoint());
    network.at(7)->Hear(network.net().now(), liars.back()->stranger().endpoint());
  }
  network.net().Run(seconds(10));
  Collector announced;
  network.at(7)->Announce(network.net().now(), HashOf(3), 7777, announced);
  ASSERT_TRUE(network.net().RunUntil(minutes(3), [&] { return announced.done(); }));
  EXPECT_GE(announced.report().announced, 3);
  EXPECT_LE(announced.report().queries, Lookup::kQueriesMax);
  Collector found;
  network.at(1)->GetPeers(network.net().now(), HashOf(3), found);
  ASSERT_TRUE(network.net().RunUntil(minutes(3), [&] { return found.done(); }));
  EXPECT_FALSE(found.peers().empty());
}

TEST(Hostile, ANodeThatNamesOnlyItselfOrUsDoesNotLoop) {
  SmallNet net;
  NetNode node(net, At("8.8.8.8:6881"));
  Stranger narcissus(net, At("9.9.9.9:1"), IdOf({9}));
  narcissus.set_responder([&](const Datagram& datagram, const krpc::Message& message) {
    if (std::holds_alternative<krpc::Reply>(message.body)) return;
    std::array<Contact, 3> names;
    names[0].id = narcissus.id();
    names[0].endpoint = narcissus.endpoint();
    names[1].id = HashNode(static_cast<uint64_t>(net.sent()));  // ever new names for one place
    names[1].endpoint = narcissus.endpoint();
    names[2].id = node->id();
    names[2].endpoint = node.endpoint();
    const std::array<const Contact*, 3> pointers = {&names[0], &names[1], &names[2]};
    krpc::Answer answer;
    answer.id = narcissus.id();
    answer.nodes = pointers;
    narcissus.Say(datagram.from, AsText(message.transaction_id), answer);
  });
  node->Hear(net.now(), narcissus.endpoint());
  net.Run(seconds(1));
  const uint64_t asked = node->stats().queries_out;
  Collector found;
  node->GetPeers(net.now(), HashOf(1), found);
  net.Run(seconds(10));
  EXPECT_TRUE(found.done());
  EXPECT_LE(node->stats().queries_out - asked, 8u);
}

TEST(Hostile, ReferralsToUnusableOrNearerPlacesAreIgnored) {
  SmallNet net;
  NetNode node(net, At("8.8.8.8:6881"));
  Stranger liar(net, At("9.9.9.9:1"), IdOf({9}));
  Stranger victim(net, At("192.168.1.1:80"), IdOf({1}));
  Stranger self(net, At("127.0.0.1:22"), IdOf({2}));
  liar.set_responder([&](const Datagram& datagram, const krpc::Message& message) {
    if (std::holds_alternative<krpc::Reply>(message.body)) return;
    std::array<Contact, 5> names;
    const std::array<Endpoint, 5> places = {victim.endpoint(), self.endpoint(), At("0.0.0.0:1"),
                                            At("255.255.255.255:1"), At("224.0.0.1:1")};
    std::array<const Contact*, 5> pointers;
    for (size_t i = 0; i < names.size(); ++i) {
      names[i].id = HashNode(i);
      names[i].endpoint = places[i];
      pointers[i] = &names[i];
    }
    krpc::Answer answer;
    answer.id = liar.id();
    answer.nodes = pointers;
    liar.Say(datagram.from, AsText(message.transaction_id), answer);
  });
  node->Hear(net.now(), liar.endpoint());
  net.Run(seconds(1));
  Collector found;
  node->GetPeers(net.now(), HashOf(1), found);
  net.Run(seconds(10));
  EXPECT_EQ(found.report().queries, 1);
  EXPECT_TRUE(victim.heard().empty());
  EXPECT_TRUE(self.heard().empty());
}

TEST(Hostile, OneAddressWithManyPortsHasOnePlaceInTheTable) {
  SmallNet net;
  NetNode node(net, At("8.8.8.8:6881"));
  std::vector<std::unique_ptr<Stranger>> sybils;
  for (uint16_t port = 1; port <= 50; ++port) {
    sybils.push_back(
        std::make_unique<Stranger>(net, Endpoint::V4(0x09090909, port), HashNode(port)));
    sybils.back()->AnswerPlainly();
    sybils.back()->Say(node.endpoint(), "aa", krpc::Ping{sybils.back()->id()});
    net.Run(milliseconds(100));
  }
  EXPECT_EQ(node->stats().table_nodes, 1u);
}

TEST(Hostile, AFloodOfAnnouncesStaysWithinTheLimits) {
  SmallNet net;
  Options options;
  options.stored_infohashes_max = 50;
  NetNode node(net, At("8.8.8.8:6881"), options);
  for (uint32_t i = 0; i < 300; ++i) {
    Stranger flooder(net, Endpoint::V4(0x20000000 + 77'777 * i, 1), HashNode(i));
    flooder.set_read_only();
    flooder.Say(node.endpoint(), "gp", krpc::GetPeers{flooder.id(), HashOf(i), {}});
    net.Run(milliseconds(50));
    const krpc::Message answer = flooder.last_answer();
    const std::string token(AsText(std::get<krpc::Reply>(answer.body).token));
    for (uint64_t k = 0; k < 20; ++k) {
      flooder.Say(node.endpoint(), "an",
                  krpc::AnnouncePeer{flooder.id(), HashOf(1000 * i + k), 9, false, AsBytes(token)});
    }
    net.Run(milliseconds(50));
  }
  EXPECT_LE(node->stats().stored_peers, 50u);
  EXPECT_GE(node->stats().stored_peers, 40u);
}

}  // namespace
}  // namespace starling::dht
