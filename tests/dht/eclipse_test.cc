// Eclipse: an attacker stands around one key, answers for it with nobody but himself, and so hides
// who is there (D6 of the simulation targets; here in a network of 1,000). Each defence holds, and
// without it the same attacker wins.

#include <gtest/gtest.h>

#include "tests/dht/network.h"

namespace starling::dht {
namespace {

constexpr uint32_t kHonest = 1000;
constexpr int kLookups = 40;

struct Sybil {
  NodeId id;
  Endpoint endpoint;
};

// A network in which everybody honest has an id of his address, and everybody knows his part of all
// others, attackers included.
class EclipsedNet {
 public:
  EclipsedNet(const Options& options, const NodeId& key, const std::vector<Sybil>& sybils)
      : key_(key) {
    std::vector<Contact> all;
    const auto now_s = ToStamp(net_.now());
    for (const Sybil& sybil : sybils) {
      attackers_.push_back(std::make_unique<Stranger>(net_, sybil.endpoint, sybil.id));
      attackers_.back()->set_responder([this, attacker = attackers_.back().get()](
                                           const Datagram& datagram, const krpc::Message& query) {
        Lie(*attacker, datagram, query);
      });
      all.push_back({sybil.id, sybil.endpoint, 0, 0, now_s});
    }
    lies_ = all;
    std::sort(lies_.begin(), lies_.end(),
              [&](const Contact& a, const Contact& b) { return IsCloser(key_, a.id, b.id); });
    SeededRandom random(11);
    for (uint32_t i = 0; i < kHonest; ++i) {
      Options own = options;
      own.id = DrawSecureId(PublicAddress(i), random);
      honest_.push_back(std::make_unique<NetNode>(net_, PublicAddress(i), own));
      all.push_back({own.id, PublicAddress(i), 0, 0, now_s});
    }
    for (const auto& node : honest_) {
      random.Shuffle(std::span(all));
      node->node().Adopt(net_.now(), all);
    }
  }

  // Of lookups for the key, by anybody: the share that ends with a majority of attackers, and the
  // share that ends with nobody else, so that what is announced reaches nobody honest.
  double CapturedShare() {
    Look();
    return captured_;
  }
  double HiddenShare() {
    Look();
    return hidden_;
  }

 private:
  void Look() {
    int captured = 0;
    int hidden = 0;
    for (uint32_t i = 0; i < kLookups; ++i) {
      NetNode& asker = *honest_[(i * 37) % kHonest];
      Collector found;
      asker->GetPeers(net_.now(), InfoHash::From(key_), found);
      EXPECT_TRUE(net_.RunUntil(seconds(30), [&] { return found.done(); }));
      const auto lying = std::count_if(
          found.closest().begin(), found.closest().end(), [&](const Contact& contact) {
            return std::any_of(lies_.begin(), lies_.end(), [&](const Contact& lie) {
              return lie.endpoint == contact.endpoint;
            });
          });
      captured += 2 * static_cast<size_t>(lying) > found.closest().size() ? 1 : 0;
      hidden += static_cast<size_t>(lying) == found.closest().size() ? 1 : 0;
    }
    captured_ = captured / double(kLookups);
    hidden_ = hidden / double(kLookups);
  }
  void Lie(Stranger& attacker, const Datagram& datagram, const krpc::Message& query) {
    if (std::holds_alternative<krpc::Reply>(query.body)) return;
    std::vector<const Contact*> nodes;
    for (size_t i = 0; i < lies_.size() && i < 8; ++i) nodes.push_back(&lies_[i]);
    krpc::Answer answer;
    answer.id = attacker.id();
    answer.nodes = nodes;
    answer.token = AsBytes("tokn");
    attacker.Say(datagram.from, AsText(query.transaction_id), answer);
  }

  SmallNet net_;
  NodeId key_;
  double captured_ = 0;
  double hidden_ = 0;
  std::vector<Contact> lies_;
  std::vector<std::unique_ptr<Stranger>> attackers_;
  std::vector<std::unique_ptr<NetNode>> honest_;
};

NodeId Key() { return HashNode(4711); }

// 16 ids next to the key, at addresses all over the world.
std::vector<Sybil> ChosenIds() {
  std::vector<Sybil> sybils;
  for (uint32_t i = 0; i < 16; ++i) {
    NodeId id = Key();
    id.bytes[19] ^= std::byte{static_cast<uint8_t>(i + 1)};
    sybils.push_back({id, Endpoint::V4(0x20000000 + i * 0x0101'0101, 6881)});
  }
  return sybils;
}

// 256 addresses side by side; each has the one of its eight ids that is nearest to the key.
std::vector<Sybil> BoundIds(uint32_t step) {
  SeededRandom random(5);
  std::vector<Sybil> sybils;
  for (uint32_t i = 0; i < 256; ++i) {
    const Endpoint place = Endpoint::V4(0x20300000 + i * step, 6881);
    NodeId best = DrawSecureId(place, random);
    for (int trial = 0; trial < 60; ++trial) {
      const NodeId id = DrawSecureId(place, random);
      if (IsCloser(Key(), id, best)) best = id;
    }
    sybils.push_back({best, place});
  }
  return sybils;
}

Options With(IdSecurity security, bool one_per_network) {
  Options options;
  options.security = security;
  options.one_per_network = one_per_network;
  return options;
}

TEST(Eclipse, SixteenChosenIdsCaptureAKeyWhereIdsAreNotChecked) {
  EclipsedNet net(With(IdSecurity::kOff, true), Key(), ChosenIds());
  EXPECT_GE(net.CapturedShare(), 0.95);
  EXPECT_GE(net.HiddenShare(), 0.95);
}

TEST(Eclipse, ChosenIdsCaptureNothingWhereIdsAreBoundToAddresses) {
  EclipsedNet net(With(IdSecurity::kEnforce, true), Key(), ChosenIds());
  EXPECT_LT(net.CapturedShare(), 0.05);
}

TEST(Eclipse, PreferringBoundIdsKeepsSomebodyHonestAmongTheClosest) {
  EclipsedNet net(With(IdSecurity::kPrefer, true), Key(), ChosenIds());
  EXPECT_LT(net.HiddenShare(), 0.25);
}

TEST(Eclipse, ANetworkOfAddressesCapturesAKeyWhereEachOfThemCounts) {
  EclipsedNet net(With(IdSecurity::kEnforce, false), Key(), BoundIds(1));
  EXPECT_GE(net.CapturedShare(), 0.5);
}

TEST(Eclipse, ANetworkOfAddressesCapturesNothingWhereOneOfThemCounts) {
  EclipsedNet net(With(IdSecurity::kEnforce, true), Key(), BoundIds(1));
  EXPECT_LT(net.CapturedShare(), 0.05);
}

}  // namespace
}  // namespace starling::dht
