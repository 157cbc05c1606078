#include "peer/piece_assembly.h"

#include <gtest/gtest.h>

namespace starling::peer {
namespace {

Payload PayloadOf(absl::string_view text) {
  Payload payload;
  payload.push_back(Buffer::CopyFrom(AsBytes(text)));
  return payload;
}

TEST(PieceAssembly, ChargesWhatItHoldsAndReturnsIt) {
  UnfinishedMemory memory(1000);
  {
    PieceAssembly assembly(memory, 3);
    assembly.Add(Time{}, 1, PayloadOf("b"), 100);
    assembly.Add(Time{}, 0, PayloadOf("a"), 50);
    EXPECT_EQ(memory.used(), 150u);
    assembly.Drop(1);
    EXPECT_EQ(memory.used(), 50u);
  }
  EXPECT_EQ(memory.used(), 0u);
}

TEST(PieceAssembly, GivesTheStoreItsBlocksInOrder) {
  UnfinishedMemory memory(1000);
  PieceAssembly assembly(memory, 3);
  assembly.Add(Time{}, 2, PayloadOf("c"), 1);
  assembly.Add(Time{}, 0, PayloadOf("a"), 1);
  const std::vector<Payload> blocks = assembly.blocks();
  ASSERT_EQ(blocks.size(), 3u);
  EXPECT_EQ(blocks[0][0].text(), "a");
  EXPECT_TRUE(blocks[1].empty());
  EXPECT_EQ(blocks[2][0].text(), "c");
}

TEST(PieceAssembly, FreesMemoryWhenASpillHasEnded) {
  UnfinishedMemory memory(1000);
  PieceAssembly assembly(memory, 2);
  assembly.Add(Time{}, 0, PayloadOf("a"), 10);
  assembly.Add(Time{}, 1, PayloadOf("b"), 10);
  ASSERT_EQ(assembly.NextToSpill(), 0u);
  EXPECT_EQ(assembly.BeginSpill(0)[0].text(), "a");
  EXPECT_EQ(assembly.charged_writing(), 10u);
  EXPECT_EQ(memory.used(), 20u);
  EXPECT_TRUE(assembly.writing());
  EXPECT_EQ(assembly.NextToSpill(), 1u);
  EXPECT_TRUE(assembly.FinishSpill(0, true));
  EXPECT_EQ(memory.used(), 10u);
  EXPECT_EQ(assembly.spilled(), 1u);
  EXPECT_FALSE(assembly.writing());
  EXPECT_TRUE(assembly.blocks()[0].empty());
}

TEST(PieceAssembly, LosesABlockThatCouldNotBeWritten) {
  UnfinishedMemory memory(1000);
  PieceAssembly assembly(memory, 1);
  assembly.Add(Time{}, 0, PayloadOf("a"), 10);
  assembly.BeginSpill(0);
  EXPECT_FALSE(assembly.FinishSpill(0, false));
  EXPECT_EQ(memory.used(), 0u);
  EXPECT_EQ(assembly.spilled(), 0u);
}

TEST(PieceAssembly, KeepsANewBlockApartFromTheSpillOfADroppedOne) {
  UnfinishedMemory memory(1000);
  PieceAssembly assembly(memory, 1);
  assembly.Add(Time{}, 0, PayloadOf("bad"), 10);
  assembly.BeginSpill(0);
  assembly.Drop(0);
  EXPECT_EQ(memory.used(), 0u);
  assembly.Add(Time{}, 0, PayloadOf("good"), 20);
  EXPECT_TRUE(assembly.writing());
  EXPECT_FALSE(assembly.spillable());  // until the old write has ended
  EXPECT_TRUE(assembly.FinishSpill(0, true));
  EXPECT_FALSE(assembly.writing());
  EXPECT_EQ(assembly.blocks()[0][0].text(), "good");
  EXPECT_EQ(memory.used(), 20u);
  EXPECT_EQ(assembly.charged_writing(), 0u);
  EXPECT_TRUE(assembly.spillable());
}

TEST(PieceAssembly, IgnoresSpillsThatItDidNotBegin) {
  UnfinishedMemory memory(1000);
  PieceAssembly assembly(memory, 1);
  EXPECT_TRUE(assembly.FinishSpill(0, false));
  EXPECT_TRUE(assembly.FinishSpill(99, false));
}

TEST(BufferCharge, ChargesABufferOnceWithItsCapacityThenByTheBlock) {
  const Buffer buffer(64 * 1024);
  BufferCharge charge;
  EXPECT_EQ(charge.For({buffer.Sub(0, 16'000)}), 64u * 1024);
  EXPECT_EQ(charge.For({buffer.Sub(16'100, 16'000)}), 16'000u);
  EXPECT_EQ(charge.For({buffer.Sub(32'200, 16'000)}), 16'000u);
}

TEST(BufferCharge, ChargesABlockInTwoBuffersForTheNewOne) {
  const Buffer first(64 * 1024);
  const Buffer second(64 * 1024);
  BufferCharge charge;
  charge.For({first.Sub(0, 100)});
  EXPECT_EQ(charge.For({first.Sub(60'000, 5'000), second.Sub(0, 11'384)}), 5'000u + 64 * 1024);
}

TEST(BufferCharge, ChargesABufferThatIsUsedAgainAnew) {
  const Buffer buffer(64 * 1024);
  BufferCharge charge;
  charge.For({buffer.Sub(0, 16'000)});
  charge.For({buffer.Sub(20'000, 16'000)});
  EXPECT_EQ(charge.For({buffer.Sub(0, 16'000)}), 64u * 1024);
}

TEST(BufferCharge, ChargesAHoardedBufferInFull) {
  BufferCharge charge;
  uint64_t sum = 0;
  for (int i = 0; i < 8; ++i) sum += charge.For({Buffer(64 * 1024).Sub(0, 1)});
  EXPECT_GE(sum, 64u * 1024);
}

TEST(BufferCharge, ChargesSharedContentByTheBlock) {
  const Buffer content(100 << 20);
  BufferCharge charge;
  EXPECT_EQ(charge.For({content.Sub(0, 16'384)}), 16'384u);
  EXPECT_EQ(charge.For({content.Sub(50 << 20, 16'384)}), 16'384u);
}

}  // namespace
}  // namespace starling::peer
