// `get` and `put` on the wire, in the words of BEP 44; damaged ones; and answers that stay small.

#include "dht/krpc_items.h"

#include <gtest/gtest.h>

#include <array>

#include "tests/dht/items.h"
#include "tests/support/damaged_bytes.h"

namespace starling::dht::krpc {
namespace {

const NodeId kAlice = NodeId::FromBytes(AsBytes("abcdefghij0123456789"));
const ItemTarget kTarget = ItemTarget::FromBytes(AsBytes("mnopqrstuvwxyz123456"));

template <class Body>
std::string Written(const Body& body, absl::string_view transaction = "aa",
                    Envelope envelope = {}) {
  std::array<std::byte, 1472> space;
  envelope.transaction_id = AsBytes(transaction);
  const size_t size = Write(space, envelope, body);
  return std::string(AsText(ByteView(space).first(size)));
}

ItemAnswer AnswerWith(const Item& item) {
  ItemAnswer answer;
  answer.id = kAlice;
  answer.token = AsBytes("aoeusnth");
  answer.item = item.view();
  if (item.is_mutable) answer.seq = item.seq;
  return answer;
}

TEST(KrpcItems, WritesTheQueriesOfTheBepByteForByte) {
  EXPECT_EQ(Written(Get{kAlice, kTarget, std::nullopt, {}}),
            "d1:ad2:id20:abcdefghij01234567896:target20:mnopqrstuvwxyz123456e1:q3:get1:t2:aa1:y1:"
            "qe");
  EXPECT_EQ(Written(Get{kAlice, kTarget, 7, {.v4 = true, .v6 = true}}),
            "d1:ad2:id20:abcdefghij01234567893:seqi7e6:target20:mnopqrstuvwxyz1234564:wantl2:n42:"
            "n6ee1:q3:get1:t2:aa1:y1:qe");
  const Item plain = Immutable("Hello World!");
  EXPECT_EQ(Written(Put{kAlice, AsBytes("aoeusnth"), plain.view(), std::nullopt}),
            "d1:ad2:id20:abcdefghij01234567895:token8:aoeusnth1:v12:Hello World!e1:q3:put1:t2:aa1:"
            "y1:qe");
  Item item = Signed(4, "Hello World!", "foobar");
  item.key = PublicKey::FromBytes(AsBytes("kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"));
  std::fill(item.signature.bytes.begin(), item.signature.bytes.end(), std::byte{'s'});
  EXPECT_EQ(Written(Put{kAlice, AsBytes("aoeusnth"), item.view(), 3}),
            "d1:ad3:casi3e2:id20:abcdefghij01234567891:k32:kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk4:salt6:"
            "foobar3:seqi4e3:sig64:ssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss"
            "5:token8:aoeusnth1:v12:Hello World!e1:q3:put1:t2:aa1:y1:qe");
  EXPECT_EQ(
      Written(AnswerWith(item)),
      "d1:rd2:id20:abcdefghij01234567891:k32:kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk3:seqi4e3:sig64:"
      "ssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss5:token8:aoeusnth1:v12:"
      "Hello World!e1:t2:aa1:y1:re");
}

TEST(KrpcItems, ReadsWhatItWrites) {
  const std::string get = Written(Get{kAlice, kTarget, 7, {.v6 = true}});
  const auto read_get = std::get<Get>(Parse(AsBytes(get))->body);
  EXPECT_EQ(read_get.target, kTarget);
  EXPECT_EQ(read_get.seq, 7);
  EXPECT_EQ(read_get.want, Want{.v6 = true});

  const Item item = Signed(4, "Hello", "salt");
  const std::string put = Written(Put{kAlice, AsBytes("tokn"), item.view(), 3});
  const auto read_put = std::get<Put>(Parse(AsBytes(put))->body);
  EXPECT_EQ(Item::From(read_put.item), item);
  EXPECT_EQ(read_put.cas, 3);
  EXPECT_EQ(AsText(read_put.token), "tokn");

  const std::string answer = Written(AnswerWith(item));
  const auto reply = std::get<Reply>(Parse(AsBytes(answer))->body);
  EXPECT_EQ(AsText(reply.item.value), "5:Hello");
  EXPECT_EQ(reply.item.public_key(), item.key);
  EXPECT_EQ(reply.seq, 4);
  EXPECT_TRUE(reply.item.salt.empty()) << "answers do not repeat it";
}

TEST(KrpcItems, KeepsTheVerbatimBencodingOfAnyType) {
  for (const char* value : {"i-3e", "le", "l1:ai1ee", "d1:bi1e1:ai2ee", "0:"}) {
    Item item;
    item.value = value;
    const std::string put = Written(Put{kAlice, AsBytes("tokn"), item.view(), std::nullopt});
    const auto message = Parse(AsBytes(put));
    ASSERT_TRUE(message.has_value()) << value;
    EXPECT_EQ(AsText(std::get<Put>(message->body).item.value), value);
  }
}

TEST(KrpcItems, SaysWhatIsMissingInAPut) {
  const auto why = [](absl::string_view arguments) {
    const std::string query =
        absl::StrCat("d1:ad2:id20:abcdefghij0123456789", arguments, "e1:q3:put1:t2:aa1:y1:qe");
    const auto message = Parse(AsBytes(query));
    const auto* bad = message ? std::get_if<BadQuery>(&message->body) : nullptr;
    EXPECT_TRUE(bad == nullptr || bad->code == 203);
    return bad == nullptr ? std::string() : std::string(bad->why);
  };
  EXPECT_EQ(why("5:token2:ab"), "v expected");
  EXPECT_EQ(why("1:v1:x"), "token expected");
  EXPECT_EQ(why("1:k3:abc5:token2:ab1:v1:x"), "k, sig and seq expected");
  EXPECT_EQ(why(absl::StrCat("1:k32:", std::string(32, 'k'), "5:token2:ab1:v1:x")),
            "k, sig and seq expected");
  EXPECT_EQ(why(absl::StrCat("1:k32:", std::string(32, 'k'), "3:sig64:", std::string(64, 's'),
                             "5:token2:ab1:v1:x")),
            "k, sig and seq expected");
  EXPECT_EQ(why("5:token2:ab1:v1:x"), "");
}

TEST(KrpcItems, AnswersStayWithin1200BytesAtTheCostOfNodesAndNotOfTheValue) {
  std::array<Contact, 8> contacts;
  std::array<const Contact*, 8> nodes;
  for (size_t i = 0; i < 8; ++i) {
    contacts[i].endpoint = Endpoint::V4(0x01020304, 5);
    nodes[i] = &contacts[i];
  }
  Envelope envelope;
  envelope.version = kClientVersion;
  envelope.seen_as = Endpoint::V6({}, 1);
  for (const size_t size : {size_t{10}, size_t{600}, size_t{900}, size_t{996}}) {
    for (const bool is_mutable : {false, true}) {
      const std::string text(size, 'x');
      const Item item = is_mutable ? Signed(1'000'000'000, text) : Immutable(text);
      ItemAnswer answer = AnswerWith(item);
      answer.nodes = nodes;
      const std::string written = Written(answer, "abcd", envelope);
      EXPECT_LE(written.size(), 1200u);
      const auto message = Parse(AsBytes(written));
      ASSERT_TRUE(message.has_value());
      const auto& reply = std::get<Reply>(message->body);
      EXPECT_EQ(AsText(reply.item.value), item.value);
      EXPECT_EQ(reply.token.size(), 8u);
      if (size <= 600) {
        EXPECT_EQ(CountNodes(reply.nodes, kNodeV4Size), 8u);
      }
      if (size == 900 && !is_mutable) {
        EXPECT_GE(CountNodes(reply.nodes, kNodeV4Size), 3u);
      }
    }
  }
}

TEST(KrpcItems, AValueThatNeverFitsIsLeftOut) {
  const Item item = Signed(0x7fffffffffffffff, std::string(996, 'x'));
  const std::string written = Written(AnswerWith(item), std::string(32, 't'));
  ASSERT_LE(written.size(), 1200u);
  const auto reply = std::get<Reply>(Parse(AsBytes(written))->body);
  EXPECT_TRUE(reply.item.value.empty());
  EXPECT_EQ(reply.seq, item.seq);
}

TEST(KrpcItems, TakesDamagedBytes) {
  const Item item = Signed(4, "Hello", "salt");
  for (const std::string& valid :
       {Written(Get{kAlice, kTarget, 7, {.v4 = true}}), Written(AnswerWith(item)),
        Written(Put{kAlice, AsBytes("tokn"), item.view(), 3}),
        Written(Put{kAlice, AsBytes("tokn"), Immutable("x").view(), std::nullopt})}) {
    const auto look = [](ByteView bytes) {
      const auto message = Parse(bytes);
      if (!message.has_value()) return;
      if (const auto* put = std::get_if<Put>(&message->body)) Item::From(put->item);
      if (const auto* reply = std::get_if<Reply>(&message->body)) Item::From(reply->item);
    };
    test::ForEachDamage(valid, look);
    test::ForEachNoise(44, 2000, 300, valid, look);
  }
}

}  // namespace
}  // namespace starling::dht::krpc
