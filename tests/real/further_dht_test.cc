// A machine with several addresses is several nodes to the DHT (BEP 45).

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "node/real_further_dht.h"
#include "node/real_node.h"
#include "node/real_parts.h"
#include "tests/real/real_parts.h"

namespace starling::testing_support {
namespace {

Endpoint At(absl::string_view text) { return *Endpoint::Parse(text); }

TEST(FurtherAddresses, AreThoseFromWhichNothingWouldBeSent) {
  using Indices = std::vector<size_t>;
  EXPECT_EQ(FurtherAddresses({At("127.0.0.1:1")}), Indices{});
  EXPECT_EQ(FurtherAddresses({At("0.0.0.0:1"), At("[::]:1")}), Indices{});
  EXPECT_EQ(FurtherAddresses({At("8.8.8.8:1"), At("[2001:db8::1]:1")}), Indices{});
  EXPECT_EQ(FurtherAddresses({At("127.0.0.1:1"), At("192.168.0.7:1")}), Indices{});
  EXPECT_EQ(FurtherAddresses(
                {At("8.8.8.8:1"), At("8.8.4.4:1"), At("[2001:db8::1]:1"), At("[2001:db8:1::1]:1")}),
            (Indices{1, 3}));
  const std::vector<Endpoint> many(100, At("8.8.8.8:1"));
  EXPECT_EQ(FurtherAddresses(many).size(), kFurtherDhtMax);
}

class PingCollector final : public dht::PingSink {
 public:
  void OnPing(Time, const Endpoint& node, const NodeId* id, Duration) override {
    if (id != nullptr) ids[node] = *id;
  }
  std::map<Endpoint, NodeId> ids;
};

class FurtherDhtTest : public testing::Test, public EventSink {
 protected:
  std::unique_ptr<RealNode> Start(std::vector<Endpoint> listen, const RealNode* router = nullptr) {
    RealNodeOptions options;
    options.listen = std::move(listen);
    options.client.dht_routers.clear();
    if (router != nullptr) {
      const Endpoint at = router->listening()[0];
      options.client.dht_routers.emplace_back(at.AddressToString(), at.port);
    }
    auto started = RealNode::Start(world_, options, *this);
    EXPECT_TRUE(started.ok()) << started.status();
    return *std::move(started);
  }
  bool Until(const std::function<bool()>& done) {
    const Time end = world_.now() + seconds(30);
    while (!done()) {
      if (world_.now() >= end) return false;
      world_.parts().loop.RunTurn(milliseconds(5));
    }
    return true;
  }
  RealWorld world_;

 private:
  void On(Time, const Event&) override {}
};

TEST_F(FurtherDhtTest, EachAddressHasAnIdOfItsOwnAndAnswersFromWhereItWasAsked) {
  const auto node = Start({At("127.0.0.1:0"), At("127.0.0.2:0"), At("127.0.0.3:0")});
  ASSERT_EQ(node->further_dht().size(), 2u);
  const auto other = Start({At("127.0.0.9:0")}, node.get());
  EXPECT_TRUE(other->further_dht().empty());
  PingCollector pings;
  for (const Endpoint& place : node->listening()) {
    other->client().dht()->Ping(world_.now(), place, pings);
  }
  ASSERT_TRUE(Until([&] { return pings.ids.size() == 3; }));
  EXPECT_EQ(pings.ids[node->listening()[0]], node->client().dht()->id());
  std::set<std::byte> first_bytes;
  for (const auto& [place, id] : pings.ids) first_bytes.insert(id.bytes[0]);
  EXPECT_EQ(first_bytes.size(), 3u) << "far apart";
  for (const DhtAddress& further : node->further_dht()) {
    EXPECT_EQ(pings.ids[further.local], further.id);
  }
}

TEST_F(FurtherDhtTest, TheyJoinTheNetworkByWhatTheFirstOneKnows) {
  const auto node = Start({At("127.0.0.1:0"), At("127.0.0.2:0")});
  const auto other = Start({At("127.0.0.9:0")}, node.get());
  EXPECT_TRUE(Until([&] {
    const std::vector<dht::Contact> known = other->client().dht()->contacts();
    return std::any_of(known.begin(), known.end(), [&](const dht::Contact& contact) {
      return contact.id == node->further_dht()[0].id;
    });
  }));
}

TEST_F(FurtherDhtTest, WithoutADhtThereIsNone) {
  RealNodeOptions options;
  options.client.dht = false;
  options.listen = {At("127.0.0.1:0"), At("127.0.0.2:0")};
  class Ignore final : public EventSink {
    void On(Time, const Event&) override {}
  } ignore;
  const auto node = RealNode::Start(world_, options, ignore);
  ASSERT_TRUE(node.ok());
  EXPECT_TRUE((*node)->further_dht().empty());
}

}  // namespace
}  // namespace starling::testing_support
