// Items in a small network: put by one node, found by others, kept alive, and defended against
// nodes that answer with forged or old ones.

#include <gtest/gtest.h>

#include "dht/item_keeper.h"
#include "dht/krpc_items.h"
#include "tests/dht/items.h"
#include "tests/dht/network.h"

namespace starling::dht {
namespace {

class ItemNetworkTest : public testing::Test {
 protected:
  void SetUp() override {
    network_.Join();
    net_.Run(minutes(1));
  }
  ItemCollector Put(size_t node, ItemPut put) {
    ItemCollector sink;
    network_.at(node).node().PutItem(net_.now(), std::move(put), sink);
    EXPECT_TRUE(net_.RunUntil(seconds(30), [&] { return sink.done == 1; }));
    return sink;
  }
  ItemCollector Put(size_t node, const Item& item, std::optional<int64_t> cas = std::nullopt) {
    return Put(node, ItemPut::Of(item, cas));
  }
  ItemCollector Get(size_t node, const ItemTarget& target, absl::string_view salt = "") {
    ItemCollector sink;
    network_.at(node).node().GetItem(net_.now(), target, salt, sink);
    EXPECT_TRUE(net_.RunUntil(seconds(30), [&] { return sink.done == 1; }));
    return sink;
  }

  Network network_{40};
  SmallNet& net_ = network_.net();
};

TEST_F(ItemNetworkTest, AnImmutableItemIsFoundByOthers) {
  const Item item = Immutable("Hello World!");
  const ItemCollector put = Put(3, item);
  EXPECT_EQ(put.report.stored, 8);
  EXPECT_EQ(put.report.asked, 8);
  EXPECT_TRUE(put.report.refusals.empty());
  for (const size_t node : {7, 20, 39}) {
    const ItemCollector got = Get(node, item.target());
    EXPECT_EQ(got.items, std::vector<Item>{item});
    EXPECT_EQ(got.report.found, item);
  }
}

TEST_F(ItemNetworkTest, AMutableItemIsFoundByKeyAndSaltAfterThePutterLeft) {
  const Item item = Signed(1, "first", "diary");
  EXPECT_EQ(Put(3, item).report.stored, 8);
  network_.Kill(3);
  EXPECT_EQ(Get(7, item.target(), "diary").report.found, item);
  EXPECT_FALSE(Get(7, TargetOf(item.key, {})).report.found.has_value());
}

TEST_F(ItemNetworkTest, WhatNobodyPutIsNotFound) {
  const ItemCollector got = Get(7, Immutable("nothing").target());
  EXPECT_TRUE(got.items.empty());
  EXPECT_FALSE(got.report.found.has_value());
  EXPECT_GE(got.path.replies, 8);
}

TEST_F(ItemNetworkTest, TheHighestSequenceNumberWins) {
  Put(3, Signed(1, "one"));
  Put(4, Signed(2, "two"));
  const ItemCollector late = Put(5, Signed(3, "three"));
  EXPECT_EQ(late.report.stored, 8);
  const ItemCollector got = Get(7, Signed(1, "one").target());
  EXPECT_EQ(got.report.found, Signed(3, "three"));
  for (size_t i = 1; i < got.items.size(); ++i) {
    EXPECT_GT(got.items[i].seq, got.items[i - 1].seq) << "streamed upwards only";
  }
}

TEST_F(ItemNetworkTest, APutKnowsWhatIsThereAndMayRaiseIt) {
  const auto raise = [](const Item* current) {
    return std::optional<Item>(Signed(current == nullptr ? 1 : current->seq + 1, "text"));
  };
  const ItemTarget target = Signed(1, "text").target();
  EXPECT_EQ(Put(3, ItemPut{target, "", raise, {}}).report.put->seq, 1);
  EXPECT_EQ(Put(9, ItemPut{target, "", raise, {}}).report.put->seq, 2);
  EXPECT_EQ(Get(20, target).report.found->seq, 2);
  const auto refrain = [](const Item*) { return std::optional<Item>(); };
  const ItemCollector nothing = Put(9, ItemPut{target, "", refrain, {}});
  EXPECT_EQ(nothing.report.asked, 0);
  EXPECT_EQ(nothing.report.found->seq, 2);
}

TEST_F(ItemNetworkTest, OldSequenceNumbersAndWrongCasAreRefusedEverywhere) {
  Put(3, Signed(5, "five"));
  const ItemCollector low = Put(4, Signed(4, "four"));
  EXPECT_EQ(low.report.stored, 0);
  ASSERT_EQ(low.report.refusals.size(), 8u);
  EXPECT_EQ(low.report.refusals[0].code, 302);
  const ItemCollector wrong = Put(4, Signed(6, "six"), 4);
  EXPECT_EQ(wrong.report.stored, 0);
  ASSERT_EQ(wrong.report.refusals.size(), 8u);
  EXPECT_EQ(wrong.report.refusals[0].code, 301);
  EXPECT_EQ(Put(4, Signed(6, "six"), 5).report.stored, 8);
  EXPECT_EQ(Get(7, Signed(6, "six").target()).report.found, Signed(6, "six"));
}

TEST_F(ItemNetworkTest, OfTwoWhoRaiseTheSameItemWithCasOneLoses) {
  Put(3, Signed(1, "one"));
  ItemCollector first;
  ItemCollector second;
  network_.at(10).node().PutItem(net_.now(), ItemPut::Of(Signed(2, "mine"), 1), first);
  network_.at(11).node().PutItem(net_.now(), ItemPut::Of(Signed(2, "yours"), 1), second);
  net_.Run(seconds(30));
  const ItemCollector& loser = first.report.stored < second.report.stored ? first : second;
  // Neither asks itself, so each may know a ninth node that the other did not ask.
  EXPECT_LE(loser.report.stored, 1);
  ASSERT_GE(loser.report.refusals.size(), 7u);
  EXPECT_EQ(loser.report.refusals[0].code, 301);
}

TEST_F(ItemNetworkTest, AKeptItemOutlivesItsTwoHours) {
  const Item item = Signed(1, "kept");
  Put(3, item);
  Put(3, Immutable("left alone"));
  EXPECT_TRUE(network_.at(3).node().KeepItem(net_.now(), item));
  net_.Run(hours(5));
  EXPECT_EQ(Get(7, item.target()).report.found, item);
  EXPECT_FALSE(Get(7, Immutable("left alone").target()).report.found.has_value());
  network_.at(3).node().ForgetItem(item.target());
  net_.Run(hours(3));
  EXPECT_FALSE(Get(7, item.target()).report.found.has_value());
}

TEST_F(ItemNetworkTest, AKeeperKeepsTheNewestVersionWithoutItsKey) {
  Put(3, Signed(1, "old"));
  network_.at(3).node().KeepItem(net_.now(), Signed(1, "old"));
  net_.Run(minutes(20));
  Put(20, Signed(2, "new"));
  net_.Run(hours(5));
  EXPECT_EQ(Get(7, Signed(1, "old").target()).report.found, Signed(2, "new"));
}

TEST_F(ItemNetworkTest, AKeeperHasALimit) {
  for (size_t i = 0; i < ItemKeeper::kItemsMax; ++i) {
    EXPECT_TRUE(network_.at(3).node().KeepItem(net_.now(), Immutable(absl::StrCat(i))));
  }
  EXPECT_FALSE(network_.at(3).node().KeepItem(net_.now(), Immutable("one too many")));
  EXPECT_TRUE(network_.at(3).node().KeepItem(net_.now(), Immutable("1"))) << "kept already";
}

// A node near the target that says what it likes.
class ItemLiarTest : public ItemNetworkTest {
 protected:
  // Stands nearest to `target`, answers every get with `lie` and takes every put without storing.
  std::unique_ptr<Stranger> Liar(const ItemTarget& target, const Item& lie, int number) {
    NodeId id = NodeId::From(target);
    id.bytes[19] ^= static_cast<std::byte>(number);
    auto liar = std::make_unique<Stranger>(
        net_, Endpoint::V4(0x77000000 + static_cast<uint32_t>(number) * 65537, 1), id);
    Stranger* raw = liar.get();
    raw->set_responder([raw, lie](const Datagram& datagram, const krpc::Message& message) {
      if (std::holds_alternative<krpc::Reply>(message.body)) return;
      krpc::ItemAnswer answer;
      answer.id = raw->id();
      answer.token = AsBytes("tokn");
      answer.item = lie.view();
      if (lie.is_mutable) answer.seq = lie.seq;
      raw->Say(datagram.from, AsText(message.transaction_id), answer);
    });
    for (size_t i = 0; i < network_.size(); ++i) {
      network_.at(i).node().Hear(net_.now(), raw->endpoint());
    }
    net_.Run(seconds(5));
    return liar;
  }
};

TEST_F(ItemLiarTest, ForgedItemsAreNotBelieved) {
  const Item item = Immutable("true");
  const auto liar = Liar(item.target(), Immutable("false"), 1);
  EXPECT_TRUE(Get(7, item.target()).items.empty());
  Put(3, item);
  const ItemCollector got = Get(7, item.target());
  EXPECT_EQ(got.items, std::vector<Item>{item});
  EXPECT_GT(liar->CountHeard<krpc::Get>(), 0u);
}

TEST_F(ItemLiarTest, AForgedUpdateLosesAgainstTheOwners) {
  const Item item = Signed(3, "true");
  Item forged = item;
  forged.seq = 99;
  forged.value = Bencoded("false");
  const auto liar = Liar(item.target(), forged, 1);
  const auto other = Liar(item.target(), Signed(99, "their own", "", 66), 2);
  Put(3, item);
  const ItemCollector got = Get(7, item.target());
  EXPECT_EQ(got.items, std::vector<Item>{item});
  EXPECT_GT(liar->CountHeard<krpc::Get>(), 0u);
  EXPECT_GT(other->CountHeard<krpc::Get>(), 0u);
}

TEST_F(ItemLiarTest, AnOldItemThatIsReplayedLoses) {
  std::vector<std::unique_ptr<Stranger>> liars;
  const ItemTarget target = Signed(1, "old").target();
  for (int i = 1; i <= 4; ++i) liars.push_back(Liar(target, Signed(1, "old"), i));
  Put(3, Signed(2, "new"));
  for (const size_t node : {7, 20, 39}) {
    EXPECT_EQ(Get(node, target).report.found, Signed(2, "new"));
  }
}

TEST(ItemSinks, MayDestroyTheNodeInsideEitherCallback) {
  class Destroyer : public ItemSink {
   public:
    explicit Destroyer(NetNode& node, bool at_item) : node_(node), at_item_(at_item) {}
    void OnItem(Time, LookupId, const Item& item) override {
      if (at_item_) node_.Destroy();
      EXPECT_EQ(item, Immutable("text"));
    }
    void OnItemDone(Time, LookupId, const ItemReport& report, const LookupReport&) override {
      ++done;
      node_.Destroy();
      EXPECT_TRUE(report.found.has_value());
    }
    int done = 0;

   private:
    NetNode& node_;
    bool at_item_;
  };
  for (const bool at_item : {false, true}) {
    SmallNet net;
    NetNode holder(net, At("8.8.8.8:6881"));
    NetNode asker(net, At("8.8.4.4:6881"));
    asker->Hear(net.now(), holder.endpoint());
    net.Run(seconds(1));
    ItemCollector put;
    asker->PutItem(net.now(), ItemPut::Of(Immutable("text")), put);
    net.Run(seconds(5));
    EXPECT_EQ(put.report.stored, 1);
    Destroyer sink(asker, at_item);
    asker->GetItem(net.now(), Immutable("text").target(), "", sink);
    net.Run(seconds(5));
    EXPECT_EQ(sink.done, at_item ? 0 : 1);
  }
}

TEST(ItemSinks, ACancelledSearchTellsNothing) {
  SmallNet net;
  NetNode holder(net, At("8.8.8.8:6881"));
  NetNode asker(net, At("8.8.4.4:6881"));
  asker->Hear(net.now(), holder.endpoint());
  net.Run(seconds(1));
  ItemCollector sink;
  asker->Cancel(asker->PutItem(net.now(), ItemPut::Of(Immutable("text")), sink));
  net.Run(seconds(5));
  EXPECT_EQ(sink.done, 0);
  EXPECT_EQ(asker->stats().lookups_running, 0u);
}

}  // namespace
}  // namespace starling::dht
