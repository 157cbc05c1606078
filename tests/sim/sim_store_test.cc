// What the conformance tests of the disk seam do not ask: faults, power cuts, time.
#include "sim/sim_store.h"

#include <gtest/gtest.h>

#include "tests/support/recording_store_handler.h"
#include "tests/support/sim_network.h"

namespace starling::sim {
namespace {

using testing_support::RecordingStoreHandler;
using testing_support::SimNetwork;

struct SimStoreTest : testing::Test {
  SimStoreTest()
      : content(std::make_shared<SharedContent>(ContentOptions{})),
        disk(network.disks, NodeIndex(0)) {
    network.disks.AddContent(content);
  }
  std::unique_ptr<storage::PieceStore> Open(SimDisk& from,
                                            storage::Existing existing = storage::Existing::kHash) {
    storage::StoreOptions options;
    options.existing = existing;
    handler.opened.reset();
    auto store = from.Open(content->metainfo(), options, handler);
    network.RunFor(seconds(1));
    EXPECT_TRUE(handler.opened.has_value());
    return store;
  }
  std::vector<Payload> Blocks(PieceIndex piece) const {
    std::vector<Payload> blocks;
    for (uint32_t at = 0; at < 65536; at += storage::kBlockSize) {
      blocks.push_back({content->Block({piece, at, storage::kBlockSize})});
    }
    return blocks;
  }

  SimNetwork network;
  std::shared_ptr<SharedContent> content;
  SimDisk disk;
  RecordingStoreHandler handler;
};

TEST_F(SimStoreTest, OpensWithWhatLiesThere) {
  disk.Fill(*content, PieceIndex(3));
  auto store = Open(disk);
  EXPECT_EQ((*handler.opened)->count(), 1u);
  store.reset();
  disk.Fill(*content);
  store = Open(disk);
  EXPECT_TRUE((*handler.opened)->all());
  store.reset();
  store = Open(disk, storage::Existing::kIgnore);
  EXPECT_TRUE((*handler.opened)->none());
}

TEST_F(SimStoreTest, CarriesOutAcceptedWritesWhenTheStoreIsGone) {
  auto store = Open(disk);
  store->Store(PieceIndex(5), Blocks(PieceIndex(5)));
  store.reset();
  network.RunFor(seconds(1));
  EXPECT_TRUE(disk.have(content->info_hash())->Has(PieceIndex(5)));
}

TEST_F(SimStoreTest, KnowsNoContentThatIsNotInTheWorld) {
  ContentOptions other;
  other.seed = 99;
  const SharedContent unknown(other);
  const auto store = disk.Open(unknown.metainfo(), {}, handler);
  network.RunFor(seconds(1));
  EXPECT_EQ(handler.opened->status().code(), absl::StatusCode::kNotFound);
  store->Store(PieceIndex(0), Blocks(PieceIndex(0)));
  store->Read({PieceIndex(0), 0, 100}, storage::Ticket{1});
  network.RunFor(seconds(1));
  EXPECT_FALSE(handler.stored.at(0).second.status.ok());
  EXPECT_FALSE(handler.reads.at(storage::Ticket{1}).ok());
}

TEST_F(SimStoreTest, FailsEverythingWhileItIsBroken) {
  const auto store = Open(disk);
  disk.SetFault(DiskFault::kFailing);
  store->Store(PieceIndex(0), Blocks(PieceIndex(0)));
  store->Read({PieceIndex(0), 0, 100}, storage::Ticket{1});
  network.RunFor(seconds(1));
  EXPECT_EQ(handler.stored.at(0).second.status.code(), absl::StatusCode::kInternal);
  EXPECT_FALSE(handler.reads.at(storage::Ticket{1}).ok());
  disk.SetFault(DiskFault::kNone);
  store->Store(PieceIndex(0), Blocks(PieceIndex(0)));
  network.RunFor(seconds(1));
  EXPECT_TRUE(handler.stored.at(1).second.status.ok());
}

TEST_F(SimStoreTest, GivesWrongBytesWhenItIsRotten) {
  disk.Fill(*content);
  const auto store = Open(disk);
  disk.SetFault(DiskFault::kRotten);
  store->Read({PieceIndex(0), 0, 100}, storage::Ticket{1});
  network.RunFor(seconds(1));
  const Slice bytes = *handler.reads.at(storage::Ticket{1});
  EXPECT_EQ(bytes.size(), 100u);
  EXPECT_FALSE(bytes.text() == content->Bytes(0, 100).text());
}

TEST_F(SimStoreTest, NeverReadsWhatIsNotHadNorOutsideOfAPiece) {
  disk.Fill(*content, PieceIndex(0));
  const auto store = Open(disk);
  store->Read({PieceIndex(1), 0, 100}, storage::Ticket{1});
  store->Read({PieceIndex(0), 65000, 1000}, storage::Ticket{2});
  store->Read({PieceIndex(999), 0, 100}, storage::Ticket{3});
  network.RunFor(seconds(1));
  EXPECT_EQ(handler.reads.size(), 3u);
  for (const auto& [ticket, bytes] : handler.reads) EXPECT_FALSE(bytes.ok());
}

TEST_F(SimStoreTest, TakesTheTimeThatADiskTakes) {
  SimDisk slow(network.disks, NodeIndex(1), {milliseconds(10), 1'000'000});
  slow.Fill(*content);
  const auto store = Open(slow);
  const Time start = network.now();
  Time last{};
  handler.at_read = [&] { last = network.now(); };
  for (uint64_t i = 0; i < 10; ++i) {
    store->Read({PieceIndex(0), 0, 10'000}, storage::Ticket{i});
  }
  network.RunFor(seconds(1));
  EXPECT_EQ(handler.reads.size(), 10u);
  EXPECT_EQ(last - start, milliseconds(100 + 10));
}

TEST_F(SimStoreTest, HashesWhileItWritesAndTakesTheLongerOfTheTwo) {
  Time stored{};
  handler.at_stored = [&] { stored = network.now(); };
  const auto seconds_to_store = [&](uint64_t rate, uint64_t hash_rate) {
    SimDisk some(network.disks, NodeIndex(1), {Duration(0), rate, hash_rate});
    const auto store = Open(some);
    const Time start = network.now();
    store->Store(PieceIndex(0), Blocks(PieceIndex(0)));
    network.RunFor(seconds(1));
    return ToSeconds(stored - start);
  };
  EXPECT_DOUBLE_EQ(seconds_to_store(1'000'000, 0), 0.065536);
  EXPECT_DOUBLE_EQ(seconds_to_store(0, 655'360), 0.1);
  EXPECT_DOUBLE_EQ(seconds_to_store(1'000'000, 655'360), 0.1);
  EXPECT_DOUBLE_EQ(seconds_to_store(1'000'000, 6'553'600), 0.065536);
}

TEST_F(SimStoreTest, BecomesSlowAndFastAgain) {
  disk.Fill(*content);
  const auto store = Open(disk);
  Time last{};
  handler.at_read = [&] { last = network.now(); };
  const auto time_to_read = [&](uint64_t ticket) {
    const Time start = network.now();
    store->Read({PieceIndex(0), 0, 10'000}, storage::Ticket{ticket});
    network.RunFor(seconds(20));
    return last - start;
  };
  EXPECT_EQ(time_to_read(1), Duration(0));
  disk.SetRate(1'000);
  disk.SetLatency(milliseconds(50));
  EXPECT_EQ(time_to_read(2), milliseconds(10'050));
  disk.SetRate(0);
  disk.SetLatency(Duration(0));
  EXPECT_EQ(time_to_read(3), Duration(0));
}

}  // namespace
}  // namespace starling::sim
