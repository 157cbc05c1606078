// What a node answers to `get` and `put`, seen from a stranger's side of the wire.

#include <gtest/gtest.h>

#include "dht/krpc_items.h"
#include "tests/dht/items.h"
#include "tests/dht/small_net.h"

namespace starling::dht {
namespace {

class ItemServerTest : public testing::Test {
 protected:
  const krpc::Reply& Get(const ItemTarget& target, std::optional<int64_t> seq = std::nullopt) {
    stranger_.Say(node_.endpoint(), "gt", krpc::Get{stranger_.id(), target, seq, {}});
    net_.Run(milliseconds(100));
    message_ = stranger_.last_answer();
    return std::get<krpc::Reply>(message_.body);
  }
  // The error code; 0: it was taken.
  int64_t Put(const Item& item, std::optional<int64_t> cas = std::nullopt) {
    const std::string token(AsText(Get(item.target()).token));
    return PutWith(token, item, cas);
  }
  int64_t PutWith(absl::string_view token, const Item& item, std::optional<int64_t> cas) {
    stranger_.Say(node_.endpoint(), "pt",
                  krpc::Put{stranger_.id(), AsBytes(token), item.view(), cas});
    net_.Run(milliseconds(100));
    message_ = stranger_.last_answer();
    const auto* error = std::get_if<krpc::Error>(&message_.body);
    return error == nullptr ? 0 : error->code;
  }

  SmallNet net_;
  NetNode node_{net_, At("8.8.8.8:6881")};
  Stranger stranger_{net_, At("9.9.9.9:1000"), IdOf({9})};
  krpc::Message message_;
};

TEST_F(ItemServerTest, GivesBackWhatWasPut) {
  const Item item = Immutable("text");
  EXPECT_EQ(Put(item), 0);
  const krpc::Reply& reply = Get(item.target());
  EXPECT_EQ(Item::From(reply.item), item);
  EXPECT_FALSE(reply.token.empty());

  const Item news = Signed(3, "news", "salt");
  EXPECT_EQ(Put(news), 0);
  const krpc::Reply& answer = Get(news.target());
  EXPECT_EQ(AsText(answer.item.value), "4:news");
  EXPECT_EQ(answer.item.public_key(), news.key);
  EXPECT_EQ(answer.seq, 3);
}

TEST_F(ItemServerTest, SaysNothingOfWhatItDoesNotHave) {
  const krpc::Reply& reply = Get(Immutable("text").target());
  EXPECT_TRUE(reply.item.value.empty());
  EXPECT_FALSE(reply.seq.has_value());
  EXPECT_FALSE(reply.token.empty());
}

TEST_F(ItemServerTest, SendsAValueOnlyToThoseWhoDoNotHaveIt) {
  EXPECT_EQ(Put(Signed(3, "news")), 0);
  EXPECT_TRUE(Get(Signed(3, "news").target(), 3).item.value.empty());
  EXPECT_EQ(Get(Signed(3, "news").target(), 4).seq, 3);
  EXPECT_EQ(AsText(Get(Signed(3, "news").target(), 2).item.value), "4:news");
}

TEST_F(ItemServerTest, TakesNothingWithoutAToken) {
  EXPECT_EQ(PutWith("12345678", Immutable("text"), std::nullopt), 203);
  EXPECT_TRUE(Get(Immutable("text").target()).item.value.empty());
}

TEST_F(ItemServerTest, ATokenIsGoodOnlyForWhomItWasGivenTo) {
  const std::string token(AsText(Get(Immutable("text").target()).token));
  Stranger thief(net_, At("9.9.9.10:1000"), IdOf({10}));
  thief.Say(node_.endpoint(), "pt",
            krpc::Put{thief.id(), AsBytes(token), Immutable("text").view(), std::nullopt});
  net_.Run(milliseconds(100));
  EXPECT_TRUE(Get(Immutable("text").target()).item.value.empty());
}

TEST_F(ItemServerTest, AnswersEachFaultWithTheNumberOfTheBep) {
  EXPECT_EQ(Put(Immutable(std::string(997, 'x'))), 205);
  EXPECT_EQ(Put(Signed(1, "x", std::string(65, 's'))), 207);
  Item forged = Signed(1, "x");
  forged.signature.bytes[0] ^= std::byte{1};
  EXPECT_EQ(Put(forged), 206);
  EXPECT_EQ(Put(Signed(-2, "x")), 203);
  EXPECT_EQ(Put(Signed(5, "x")), 0);
  EXPECT_EQ(Put(Signed(4, "x")), 302);
  EXPECT_EQ(Put(Signed(6, "y"), 4), 301);
  EXPECT_EQ(Put(Signed(6, "y"), 5), 0);
  const auto& error = std::get_if<krpc::Error>(&message_.body);
  EXPECT_EQ(error, nullptr);
}

TEST_F(ItemServerTest, AReadOnlyNodeStoresNothing) {
  Options options;
  options.read_only = true;
  NetNode quiet(net_, At("8.8.4.4:6881"), options);
  stranger_.Say(quiet.endpoint(), "gt",
                krpc::Get{stranger_.id(), Immutable("text").target(), std::nullopt, {}});
  net_.Run(milliseconds(100));
  EXPECT_TRUE(stranger_.heard().empty());
}

TEST_F(ItemServerTest, TheSmallestQueryGainsLittleOverTheLargestAnswer) {
  const Item item = Signed(1, std::string(990, 'x'));
  EXPECT_EQ(Put(item), 0);
  const size_t before = stranger_.heard().size();
  for (int i = 0; i < 500; ++i) {
    stranger_.Say(node_.endpoint(), "gt", krpc::Get{stranger_.id(), item.target(), {}, {}});
  }
  net_.Run(seconds(1));
  size_t bytes = 0;
  for (size_t i = before; i < stranger_.heard().size(); ++i) {
    EXPECT_LE(stranger_.heard()[i].bytes.size(), 1200u);
    bytes += stranger_.heard()[i].bytes.size();
  }
  EXPECT_LE(bytes, 2 * Options().answer_bytes_per_second_max) << "a burst and a second";
}

}  // namespace
}  // namespace starling::dht
