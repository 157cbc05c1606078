// What a node under attack answers at most: how long, how often, to whom, and to which queries.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "dht/item.h"
#include "dht/krpc_items.h"
#include "tests/dht/small_net.h"

namespace starling::dht {
namespace {

constexpr size_t kAnswerSizeMax = 1200;

// A node whose datagrams are counted by whom they go to.
class ServerLimitsTest : public testing::Test, public DatagramPort {
 protected:
  void Start(const Options& options) { node_ = std::make_unique<Node>(options, *this, random_); }
  // The answer, empty if there was none.
  std::string AskRaw(const Endpoint& from, absl::string_view query) {
    last_.clear();
    node_->OnDatagram(now_, from, AsBytes(query));
    return last_;
  }
  template <class Body>
  std::string Ask(const Endpoint& from, const Body& body, absl::string_view transaction = "aa") {
    std::array<std::byte, kDatagramSizeMax> space;
    krpc::Envelope envelope;
    envelope.transaction_id = AsBytes(transaction);
    envelope.is_read_only = true;  // so that it is not asked back
    return AskRaw(from, AsText(ByteView(space).first(krpc::Write(space, envelope, body))));
  }
  // Stores a peer as whoever lives there does.
  void Announce(const Endpoint& peer, const InfoHash& hash) {
    const std::string answer = Ask(peer, krpc::GetPeers{HashNode(1), hash, {}});
    const auto message = krpc::Parse(AsBytes(answer));
    const std::string token(AsText(std::get<krpc::Reply>(message->body).token));
    Ask(peer, krpc::AnnouncePeer{HashNode(1), hash, 7000, false, AsBytes(token)});
  }
  static Contact Good(const NodeId& id, const Endpoint& endpoint) {
    return {id, endpoint, 0, 1, ToStamp(kStart)};
  }
  static Endpoint V6(uint32_t network) {
    Endpoint endpoint = At("[2600::1]:6881");
    StoreBig<uint32_t>(endpoint.address.data() + 2, network);
    return endpoint;
  }
  static Endpoint V4(uint32_t network) { return Endpoint::V4(0x08000001 + network * 256, 6881); }

  static constexpr Time kStart{seconds(5000)};
  Time now_ = kStart;
  std::map<Endpoint, size_t> answers_;
  std::unique_ptr<Node> node_;

 private:
  void Send(Time, const Endpoint& to, Writer write) override {
    std::array<std::byte, kDatagramSizeMax> space;
    const size_t size = write(space);
    // What comes after the answer is a question: is the asker a node?
    if (last_.empty()) last_.assign(reinterpret_cast<const char*>(space.data()), size);
    ++answers_[to];
  }

  SeededRandom random_{1};
  std::string last_;
};

TEST_F(ServerLimitsTest, NoAnswerOfAnyKindIsLongerThanTheLimit) {
  Options options;
  options.bucket_size = 20;
  Start(options);
  std::vector<Contact> contacts;
  for (uint32_t i = 0; i < 60; ++i) {
    contacts.push_back(Good(HashNode(2 * i), V4(i)));
    contacts.push_back(Good(HashNode(2 * i + 1), V6(i)));
  }
  node_->Adopt(now_, contacts);
  const InfoHash hash = HashOf(1);
  for (uint32_t i = 0; i < 200; ++i) {
    Announce(V4(1000 + i), hash);
    Announce(V6(1000 + i), hash);
  }
  ASSERT_EQ(node_->stats().stored_peers, 400u);
  const std::string longest(krpc::kTransactionIdSizeMax, 't');
  const NodeId id = HashNode(7);
  size_t largest = 0;
  for (const Endpoint& from : {V4(5000), V6(5000)}) {
    for (const krpc::Want& want :
         {krpc::Want{}, krpc::Want{true, false}, krpc::Want{false, true}, krpc::Want{true, true}}) {
      now_ += seconds(2);
      for (const std::string& answer :
           {Ask(from, krpc::Ping{id}, longest), Ask(from, krpc::FindNode{id, id, want}, longest),
            Ask(from, krpc::GetPeers{id, hash, want}, longest),
            Ask(from, krpc::AnnouncePeer{id, hash, 1, false, AsBytes("no token")}, longest),
            AskRaw(from, absl::StrCat("d1:ad2:id20:abcdefghij0123456789e1:q4:vote1:t32:", longest,
                                      "1:y1:qe"))}) {
        EXPECT_FALSE(answer.empty());
        EXPECT_LE(answer.size(), kAnswerSizeMax);
        largest = std::max(largest, answer.size());
      }
    }
  }
  EXPECT_GT(largest, 900u) << "the limit was put to the test";
}

TEST_F(ServerLimitsTest, NoAnswerWithAnItemIsLongerThanTheLimit) {
  Start({});
  std::vector<Contact> contacts;
  for (uint32_t i = 0; i < 60; ++i) {
    contacts.push_back(Good(HashNode(2 * i), V4(i)));
    contacts.push_back(Good(HashNode(2 * i + 1), V6(i)));
  }
  node_->Adopt(now_, contacts);
  const std::string value = absl::StrCat("996:", std::string(996, 'v'));  // 1,000 bytes
  ItemView item;
  item.value = AsBytes(value);
  const ItemTarget target = Item::From(item).target();
  const NodeId id = HashNode(7);
  for (const Endpoint& from : {V4(5000), V6(5000)}) {
    const std::string first = Ask(from, krpc::Get{id, target, {}, {}});
    const auto message = krpc::Parse(AsBytes(first));
    ASSERT_TRUE(message.has_value());
    const std::string token(AsText(std::get<krpc::Reply>(message->body).token));
    Ask(from, krpc::Put{id, AsBytes(token), item, {}});
    now_ += seconds(2);
    const std::string answer = Ask(from, krpc::Get{id, target, {}, krpc::Want{true, true}},
                                   std::string(krpc::kTransactionIdSizeMax, 't'));
    EXPECT_TRUE(absl::StrContains(answer, value));
    EXPECT_LE(answer.size(), kAnswerSizeMax);
  }
}

TEST_F(ServerLimitsTest, PeersAreGivenOnlyForAWellFormedQuery) {
  Start({});
  const InfoHash hash = HashOf(1);
  for (uint32_t i = 0; i < 100; ++i) Announce(V4(i), hash);
  const std::string info_hash(AsText(hash.bytes));
  const auto is_given = [&](const std::string& query) {
    now_ += seconds(2);
    return absl::StrContains(AskRaw(V4(5000), query), "6:values");
  };
  const std::string id = "2:id20:abcdefghij0123456789";
  const std::string hash_key = "9:info_hash20:" + info_hash;
  const std::string end = "1:q9:get_peers1:t2:aa1:y1:qe";
  EXPECT_TRUE(is_given("d1:ad" + id + hash_key + "e" + end));
  EXPECT_FALSE(is_given("d1:ad" + hash_key + "e" + end)) << "no id";
  EXPECT_FALSE(is_given("d1:ad2:id19:abcdefghij012345678" + hash_key + "e" + end)) << "short id";
  EXPECT_FALSE(is_given("d1:ad" + id + "9:info_hash19:" + info_hash.substr(1) + "e" + end));
  EXPECT_FALSE(is_given("d1:ad" + id + "6:target20:" + info_hash + "e" + end)) << "no info_hash";
  EXPECT_FALSE(is_given("d1:ad" + id + hash_key + "e1:q9:find_node1:t2:aa1:y1:qe"));
  EXPECT_FALSE(is_given("d1:ad" + id + hash_key + "e" + end + "e")) << "something behind it";
  EXPECT_FALSE(is_given("d1:ad" + id + hash_key + "e1:q9:get_peers1:t2:aae")) << "no kind";
  EXPECT_FALSE(is_given("d1:ad" + id + hash_key + "e1:q9:get_peers1:t33:" + std::string(33, 't') +
                        "1:y1:qe"))
      << "a transaction id that we would have to repeat";
}

TEST_F(ServerLimitsTest, AllSourcesTogetherAreAnsweredSoOftenAndNoMore) {
  Options options;
  options.all_queries_per_second_max = 500;
  Start(options);
  size_t answered = 0;
  for (int ms = 0; ms < 10'000; ++ms) {
    now_ += milliseconds(1);
    for (uint32_t i = 0; i < 5; ++i) {
      const Endpoint from = V4(static_cast<uint32_t>(ms) % 1000 * 5 + i);
      answered += Ask(from, krpc::Ping{HashNode(i)}).empty() ? 0 : 1;
    }
  }
  EXPECT_GE(answered, 5000u);
  EXPECT_LE(answered, 5500u) << "ten seconds and one of burst";
  EXPECT_EQ(node_->stats().queries_limited, 50'000u - answered);
}

TEST_F(ServerLimitsTest, OneSourceCannotStarveTheOthers) {
  Options options;
  options.all_queries_per_second_max = 500;
  Start(options);
  const Endpoint greedy = V4(1);
  size_t asked = 0;
  for (int ms = 0; ms < 10'000; ++ms) {
    now_ += milliseconds(1);
    for (int i = 0; i < 4; ++i) Ask(greedy, krpc::FindNode{HashNode(1), HashNode(2), {}});
    if (ms % 5 != 0) continue;  // 200 a second
    ++asked;
    Ask(V4(10 + static_cast<uint32_t>(ms) % 500), krpc::Ping{HashNode(3)});
  }
  EXPECT_LE(answers_[greedy], 1100u);
  answers_.erase(greedy);
  size_t answered = 0;
  for (const auto& [to, count] : answers_) answered += count;
  EXPECT_EQ(answered, asked);
}

}  // namespace
}  // namespace starling::dht
