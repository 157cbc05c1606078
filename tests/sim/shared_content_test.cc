#include "sim/shared_content.h"

#include <gtest/gtest.h>

#include "base/digest.h"

namespace starling::sim {
namespace {

TEST(SharedContent, MakesAMetainfoThatHashesItsBytes) {
  ContentOptions options;
  options.size = 200'000;
  options.piece_length = 32 * 1024;
  const SharedContent content(options);
  const storage::Metainfo& metainfo = *content.metainfo();
  EXPECT_EQ(metainfo.total_size, 200'000u);
  EXPECT_EQ(metainfo.piece_count(), 7u);
  for (PieceIndex piece(0); piece.value() < 7; ++piece) {
    const Slice bytes = content.Bytes(piece.value() * 32768, metainfo.PieceSize(piece));
    EXPECT_EQ(Sha1(bytes.view()), metainfo.PieceHash(piece));
  }
  EXPECT_EQ(content.info_hash(), InfoHash::From(Sha1(AsBytes(metainfo.info))));
  EXPECT_EQ(content.magnet().info_hash(), content.info_hash());
}

TEST(SharedContent, IsTheSameForTheSameSeedOnly) {
  const SharedContent one({});
  const SharedContent same({});
  ContentOptions options;
  options.seed = 2;
  EXPECT_EQ(one.info_hash(), same.info_hash());
  EXPECT_NE(one.info_hash(), SharedContent(options).info_hash());
}

TEST(SharedContent, HasSeveralFilesIfAskedAndCanBePrivate) {
  ContentOptions options;
  options.size = 100'000;
  options.files = {{{"a"}, 60'000}, {{"folder", "b"}, 40'000}};
  options.is_private = true;
  options.trackers = {{"http://tracker.sim/announce"}};
  const SharedContent content(options);
  ASSERT_EQ(content.metainfo()->files.size(), 2u);
  EXPECT_EQ(content.metainfo()->files[1].offset, 60'000u);
  EXPECT_TRUE(content.metainfo()->is_private);
  EXPECT_EQ(content.metainfo()->trackers[0][0], "http://tracker.sim/announce");
}

struct Verification : testing::Test {
  Verification() : content({}) {}
  std::vector<Payload> Blocks(PieceIndex piece) const {
    std::vector<Payload> blocks;
    for (uint32_t at = 0; at < content.metainfo()->PieceSize(piece); at += storage::kBlockSize) {
      blocks.push_back({content.Block({piece, at, storage::kBlockSize})});
    }
    return blocks;
  }
  SharedContent content;
};

TEST_F(Verification, KnowsItsOwnBytesHoweverTheyAreCut) {
  std::vector<Payload> blocks = Blocks(PieceIndex(3));
  EXPECT_TRUE(content.Verifies(PieceIndex(3), blocks));
  const Slice whole = blocks[1][0];
  blocks[1] = {whole.Sub(0, 1), whole.Sub(1, 7000), whole.From(7001)};
  EXPECT_TRUE(content.Verifies(PieceIndex(3), blocks));
  EXPECT_FALSE(content.Verifies(PieceIndex(2), blocks));
  EXPECT_FALSE(content.Verifies(PieceIndex(99), blocks));
}

TEST_F(Verification, HashesWhatIsNotItsOwn) {
  std::vector<Payload> blocks = Blocks(PieceIndex(0));
  blocks[2] = {Buffer::CopyFrom(blocks[2][0].view())};
  EXPECT_TRUE(content.Verifies(PieceIndex(0), blocks));
  std::string damaged(blocks[2][0].text().data(), blocks[2][0].size());
  damaged[100] ^= 1;
  blocks[2] = {Buffer::CopyFrom(AsBytes(damaged))};
  EXPECT_FALSE(content.Verifies(PieceIndex(0), blocks));
}

TEST_F(Verification, RefusesMissingSurplusOrSwappedBlocks) {
  const std::vector<Payload> blocks = Blocks(PieceIndex(0));
  std::vector<Payload> missing = blocks;
  missing.pop_back();
  EXPECT_FALSE(content.Verifies(PieceIndex(0), missing));
  std::vector<Payload> surplus = blocks;
  surplus.push_back(blocks[0]);
  EXPECT_FALSE(content.Verifies(PieceIndex(0), surplus));
  std::vector<Payload> swapped = blocks;
  std::swap(swapped[0], swapped[1]);
  EXPECT_FALSE(content.Verifies(PieceIndex(0), swapped));
}

TEST_F(Verification, GivesNoBlockOutsideOfAPiece) {
  EXPECT_TRUE(content.Block({PieceIndex(0), 65535, 2}).empty());
  EXPECT_TRUE(content.Block({PieceIndex(16), 0, 1}).empty());
  EXPECT_TRUE(content.Block({PieceIndex(0), 0xffffffff, 0xffffffff}).empty());
  EXPECT_EQ(content.Block({PieceIndex(15), 65535, 1}).size(), 1u);
}

}  // namespace
}  // namespace starling::sim
