// What every storage::Storage must do: one body of tests for the simulated disk (tests/sim) and for
// real files and workers (tests/real). See stream_conformance.h for how an arm is brought in.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "storage/piece_store.h"
#include "tests/support/recording_store_handler.h"

namespace starling::testing_support {

// An empty disk, and a torrent whose content the test may store on it.
class StoreArm {
 public:
  virtual ~StoreArm() = default;
  virtual Time now() const = 0;
  virtual void Step(Duration at_most) = 0;  // as StreamArm::Step
  virtual storage::Storage& storage() = 0;
  virtual std::shared_ptr<const storage::Metainfo> metainfo() const = 0;  // at least 3 pieces
  virtual storage::StoreOptions options() const = 0;
  virtual Slice content(uint64_t from, uint64_t size) const = 0;  // what the metainfo hashes
};

class StoreConformance : public testing::TestWithParam<std::unique_ptr<StoreArm> (*)()> {
 protected:
  StoreConformance() : arm(GetParam()()), metainfo(arm->metainfo()) {}

  bool Until(const std::function<bool()>& done, Duration limit = seconds(20)) {
    const Time end = arm->now() + limit;
    while (!done()) {
      if (arm->now() >= end) return false;
      arm->Step(milliseconds(10));
    }
    return true;
  }
  void RunFor(Duration length) {
    Until([] { return false; }, length);
  }
  // Does `command` in the belief that nothing is answered meanwhile.
  void Quietly(const std::function<void()>& command) {
    handler.forbidden = true;
    command();
    handler.forbidden = false;
  }
  void Open() {
    Quietly([this] { store = arm->storage().Open(metainfo, arm->options(), handler); });
    ASSERT_TRUE(Until([this] { return handler.opened.has_value(); }));
    ASSERT_TRUE(handler.opened->ok()) << handler.opened->status();
  }
  void Reopen() {
    store.reset();
    handler.opened.reset();
    Open();
  }
  // The blocks of a piece in order, as the wire would have brought them.
  std::vector<Payload> Blocks(PieceIndex piece) const {
    std::vector<Payload> blocks;
    const uint64_t start = uint64_t{piece.value()} * metainfo->piece_length;
    const uint32_t size = metainfo->PieceSize(piece);
    for (uint32_t at = 0; at < size; at += storage::kBlockSize) {
      blocks.push_back({arm->content(start + at, std::min(storage::kBlockSize, size - at))});
    }
    return blocks;
  }
  static Payload Damaged(const Payload& block) {
    std::string bytes(block[0].text().data(), block[0].size());
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
    return {Buffer::CopyFrom(AsBytes(bytes))};
  }
  void StorePiece(PieceIndex piece, std::vector<Payload> blocks) {
    const size_t before = handler.stored.size();
    Quietly([&] { store->Store(piece, std::move(blocks)); });
    ASSERT_TRUE(Until([&] { return handler.stored.size() > before; }));
    EXPECT_EQ(handler.stored.back().first, piece);
  }
  const absl::Status& last_verdict() const { return handler.stored.back().second.status; }
  storage::BlockRequest Block(PieceIndex piece, uint32_t offset, uint32_t length) const {
    return {piece, offset, length};
  }

  std::unique_ptr<StoreArm> arm;
  std::shared_ptr<const storage::Metainfo> metainfo;
  RecordingStoreHandler handler;
  std::unique_ptr<storage::PieceStore> store;
};

TEST_P(StoreConformance, FindsNothingOnAnEmptyDisk) {
  Open();
  EXPECT_EQ((*handler.opened)->size(), metainfo->piece_count());
  EXPECT_TRUE((*handler.opened)->none());
}

TEST_P(StoreConformance, StoresAGoodPieceAndReadsItBack) {
  Open();
  const PieceIndex piece(1);
  StorePiece(piece, Blocks(piece));
  ASSERT_TRUE(last_verdict().ok()) << last_verdict();
  Quietly([&] { store->Read(Block(piece, 16384, 16384), storage::Ticket{7}); });
  ASSERT_TRUE(Until([this] { return handler.reads.size() == 1; }));
  const absl::StatusOr<Slice>& bytes = handler.reads.at(storage::Ticket{7});
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  EXPECT_TRUE(bytes->text() == arm->content(metainfo->piece_length + 16384, 16384).text());
}

TEST_P(StoreConformance, StoresTheShortLastPiece) {
  Open();
  const PieceIndex last(metainfo->piece_count() - 1);
  StorePiece(last, Blocks(last));
  EXPECT_TRUE(last_verdict().ok()) << last_verdict();
}

TEST_P(StoreConformance, AcceptsBlocksThatLieInTwoBuffers) {
  Open();
  std::vector<Payload> blocks = Blocks(PieceIndex(0));
  for (Payload& block : blocks) {
    const Slice whole = block[0];
    const Slice copy = Buffer::CopyFrom(whole.view());
    block = {whole.Sub(0, 1000), copy.From(1000)};
  }
  StorePiece(PieceIndex(0), std::move(blocks));
  EXPECT_TRUE(last_verdict().ok()) << last_verdict();
}

TEST_P(StoreConformance, RejectsADamagedPieceAndDoesNotHaveIt) {
  Open();
  std::vector<Payload> blocks = Blocks(PieceIndex(0));
  blocks[1] = Damaged(blocks[1]);
  StorePiece(PieceIndex(0), std::move(blocks));
  EXPECT_EQ(last_verdict().code(), absl::StatusCode::kDataLoss);
  Reopen();
  EXPECT_FALSE((*handler.opened)->Has(PieceIndex(0)));
}

TEST_P(StoreConformance, RejectsTheBlocksOfAnotherPiece) {
  Open();
  StorePiece(PieceIndex(0), Blocks(PieceIndex(1)));
  EXPECT_EQ(last_verdict().code(), absl::StatusCode::kDataLoss);
}

TEST_P(StoreConformance, TakesASpilledBlockFromItsPlace) {
  Open();
  std::vector<Payload> blocks = Blocks(PieceIndex(2));
  Quietly([&] { store->Spill(PieceIndex(2), 0, blocks[0]); });
  ASSERT_TRUE(Until([this] { return handler.spilled == 1; }));
  blocks[0].clear();
  StorePiece(PieceIndex(2), std::move(blocks));
  EXPECT_TRUE(last_verdict().ok()) << last_verdict();
}

TEST_P(StoreConformance, FindsADamagedSpilledBlock) {
  Open();
  std::vector<Payload> blocks = Blocks(PieceIndex(2));
  Quietly([&] { store->Spill(PieceIndex(2), 0, Damaged(blocks[0])); });
  ASSERT_TRUE(Until([this] { return handler.spilled == 1; }));
  blocks[0].clear();
  StorePiece(PieceIndex(2), std::move(blocks));
  EXPECT_EQ(last_verdict().code(), absl::StatusCode::kDataLoss);
}

TEST_P(StoreConformance, ChecksWhatLiesOnTheDisk) {
  Open();
  const std::vector<Payload> blocks = Blocks(PieceIndex(0));
  Quietly([this] { store->Check(PieceIndex(0)); });
  ASSERT_TRUE(Until([this] { return handler.stored.size() == 1; }));
  EXPECT_FALSE(last_verdict().ok());
  for (uint32_t i = 0; i < blocks.size(); ++i) {
    store->Spill(PieceIndex(0), i * storage::kBlockSize, blocks[i]);
  }
  ASSERT_TRUE(Until([&] { return handler.spilled == static_cast<int>(blocks.size()); }));
  Quietly([this] { store->Check(PieceIndex(0)); });
  ASSERT_TRUE(Until([this] { return handler.stored.size() == 2; }));
  EXPECT_TRUE(last_verdict().ok()) << last_verdict();
}

TEST_P(StoreConformance, HasWhatWasStoredAfterItIsOpenedAgain) {
  Open();
  StorePiece(PieceIndex(1), Blocks(PieceIndex(1)));
  Reopen();
  EXPECT_TRUE((*handler.opened)->Has(PieceIndex(1)));
  EXPECT_EQ((*handler.opened)->count(), 1u);
}

TEST_P(StoreConformance, AnswersEachOfManyReadsOnce) {
  Open();
  StorePiece(PieceIndex(0), Blocks(PieceIndex(0)));
  const uint64_t reads = 200;
  Quietly([&] {
    for (uint64_t i = 0; i < reads; ++i) {
      store->Read(Block(PieceIndex(0), static_cast<uint32_t>(i), 100), storage::Ticket{i});
    }
  });
  ASSERT_TRUE(Until([&] { return handler.reads.size() == reads; }));
  for (const auto& [ticket, bytes] : handler.reads) {
    ASSERT_TRUE(bytes.ok());
    EXPECT_TRUE(bytes->text() == arm->content(static_cast<uint64_t>(ticket), 100).text());
  }
}

TEST_P(StoreConformance, SaysNothingAfterItWasDestroyed) {
  Open();
  store->Store(PieceIndex(0), Blocks(PieceIndex(0)));
  store->Spill(PieceIndex(1), 0, Blocks(PieceIndex(1))[0]);
  store->Check(PieceIndex(2));
  store.reset();
  handler.forbidden = true;
  RunFor(milliseconds(300));
}

TEST_P(StoreConformance, MayBeDestroyedBeforeItIsOpened) {
  store = arm->storage().Open(metainfo, arm->options(), handler);
  store.reset();
  handler.forbidden = true;
  RunFor(milliseconds(300));
}

TEST_P(StoreConformance, MayBeDestroyedInsideEachAnswer) {
  const auto destroy = [this] {
    store.reset();
    handler.forbidden = true;
  };
  handler.at_opened = destroy;
  store = arm->storage().Open(metainfo, arm->options(), handler);
  RunFor(milliseconds(200));
  EXPECT_EQ(store, nullptr);
  handler.at_opened = nullptr;

  for (const int which : {0, 1, 2}) {
    handler.forbidden = false;
    handler.at_stored = handler.at_spilled = handler.at_read = nullptr;
    handler.opened.reset();
    Open();
    StorePiece(PieceIndex(0), Blocks(PieceIndex(0)));
    (which == 0 ? handler.at_stored : which == 1 ? handler.at_spilled : handler.at_read) = destroy;
    store->Store(PieceIndex(1), Blocks(PieceIndex(1)));
    store->Spill(PieceIndex(2), 0, Blocks(PieceIndex(2))[0]);
    store->Read(Block(PieceIndex(0), 0, 16384),
                storage::Ticket{100u + static_cast<uint64_t>(which)});
    RunFor(milliseconds(300));
    EXPECT_EQ(store, nullptr);
  }
}

TEST_P(StoreConformance, MayCommandFromInsideAnAnswer) {
  Open();
  handler.at_stored = [this] {
    if (handler.stored.size() == 1) store->Store(PieceIndex(1), Blocks(PieceIndex(1)));
  };
  store->Store(PieceIndex(0), Blocks(PieceIndex(0)));
  EXPECT_TRUE(Until([this] { return handler.stored.size() == 2; }));
  EXPECT_TRUE(last_verdict().ok());
}

}  // namespace starling::testing_support
