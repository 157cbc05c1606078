#include "peer/wire_writer.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/wire_text.h"

namespace starling::peer {
namespace {

using test::Drain;
using test::SliceOf;
using test::WireBytes;

std::string Hex(const std::string& bytes) { return ToHex(AsBytes(bytes)); }

const storage::BlockRequest kBlock{PieceIndex(1), 0x4000, 0x3fff};

TEST(WireWriter, WritesTheMessagesOfBep3ByteForByte) {
  EXPECT_EQ(Hex(WireBytes(KeepAlive{})), "00000000");
  EXPECT_EQ(Hex(WireBytes(Choke{})), "0000000100");
  EXPECT_EQ(Hex(WireBytes(Unchoke{})), "0000000101");
  EXPECT_EQ(Hex(WireBytes(Interested{})), "0000000102");
  EXPECT_EQ(Hex(WireBytes(NotInterested{})), "0000000103");
  EXPECT_EQ(Hex(WireBytes(Have{PieceIndex(0x01020304)})), "000000050401020304");
  EXPECT_EQ(Hex(WireBytes(BitfieldMessage{SliceOf("\xff\x80")})), "0000000305ff80");
  EXPECT_EQ(Hex(WireBytes(Request{kBlock})), "0000000d06000000010000400000003fff");
  EXPECT_EQ(Hex(WireBytes(Piece{PieceIndex(1), 0x4000, {SliceOf("ab"), SliceOf("c")}})),
            "0000000c070000000100004000616263");
  EXPECT_EQ(Hex(WireBytes(Cancel{kBlock})), "0000000d08000000010000400000003fff");
}

TEST(WireWriter, WritesTheMessagesOfBep5And6And10ByteForByte) {
  EXPECT_EQ(Hex(WireBytes(Port{0x1ae1})), "00000003091ae1");
  EXPECT_EQ(Hex(WireBytes(Suggest{PieceIndex(7)})), "000000050d00000007");
  EXPECT_EQ(Hex(WireBytes(HaveAll{})), "000000010e");
  EXPECT_EQ(Hex(WireBytes(HaveNone{})), "000000010f");
  EXPECT_EQ(Hex(WireBytes(Reject{kBlock})), "0000000d10000000010000400000003fff");
  EXPECT_EQ(Hex(WireBytes(AllowedFast{PieceIndex(7)})), "000000051100000007");
  EXPECT_EQ(Hex(WireBytes(Extended{3, SliceOf("de")})), "0000000414036465");
  EXPECT_EQ(Hex(WireBytes(Extended{0, Slice()})), "000000021400");
}

TEST(WireWriter, PacksSmallMessagesIntoOneSlice) {
  MessageSpace space;
  WireWriter writer(space);
  for (uint32_t i = 0; i < 10; ++i) writer.Write(Have{PieceIndex(i)});
  EXPECT_EQ(writer.size(), 90u);
  EXPECT_EQ(writer.Take().size(), 90u);
  EXPECT_TRUE(writer.empty());
  EXPECT_TRUE(writer.Take().empty());
}

TEST(WireWriter, PassesContentOnByReference) {
  const Slice block = SliceOf(std::string(storage::kBlockSize, 'x'));
  const uint64_t copied = Buffer::bytes_copied();
  MessageSpace space;
  WireWriter writer(space);
  writer.Write(Unchoke{});
  writer.Write(Piece{PieceIndex(0), 0, {block}});
  writer.Write(Choke{});
  EXPECT_EQ(writer.Take().size(), 5 + kPieceHeaderSize);
  EXPECT_EQ(writer.Take().data(), block.data());
  EXPECT_EQ(writer.Take().size(), 5u);
  EXPECT_EQ(Buffer::bytes_copied(), copied);
}

TEST(WireWriter, NeverWritesAgainWhatSomebodyHolds) {
  MessageSpace space;
  WireWriter writer(space);
  std::vector<Slice> held;
  std::string sent;
  for (uint32_t i = 0; i < 3000; ++i) {
    writer.Write(Request{{PieceIndex(i), i, i}});
    held.push_back(writer.Take());
    sent += std::string(held.back().text());
  }
  std::string still;
  for (const Slice& slice : held) still += std::string(slice.text());
  EXPECT_EQ(still, sent);
}

TEST(WireWriter, UsesItsBufferAgainOnceAllThatWasSentIsGone) {
  MessageSpace space;
  WireWriter writer(space);
  writer.Write(Have{PieceIndex(1)});
  const std::byte* first = writer.Take().data();
  for (int i = 0; i < 1000; ++i) {
    writer.Write(Have{PieceIndex(1)});
    ASSERT_EQ(writer.Take().data(), first);
  }
}

TEST(WireWriter, KeepsTheOrderAcrossBuffers) {
  MessageSpace space;
  WireWriter writer(space);
  std::string expected;
  for (uint32_t i = 0; i < 1000; ++i) {
    writer.Write(Have{PieceIndex(i)});
    expected += WireBytes(Have{PieceIndex(i)});
    if (i % 100 == 0) {
      writer.Write(Extended{1, SliceOf(std::string(i, 'e'))});
      expected += WireBytes(Extended{1, SliceOf(std::string(i, 'e'))});
    }
  }
  EXPECT_EQ(writer.size(), expected.size());
  EXPECT_EQ(Drain(writer), expected);
}

TEST(WireWriter, WritesLongAndShortBitfields) {
  for (const size_t size : {0, 1, 511, 512, 200'000}) {
    const std::string bits(size, '\x55');
    MessageSpace space;
    WireWriter writer(space);
    writer.WriteBitfield(AsBytes(bits));
    const std::string bytes = Drain(writer);
    EXPECT_EQ(LoadBig<uint32_t>(AsBytes(bytes).data()), 1 + size);
    EXPECT_EQ(bytes.substr(5), bits);
  }
}

TEST(WireWriter, PutsRawBytesInOrder) {
  MessageSpace space;
  WireWriter writer(space);
  writer.WriteRaw(SliceOf("hand"));
  writer.Write(HaveAll{});
  writer.WriteRaw(Slice());
  EXPECT_EQ(Drain(writer), "hand" + WireBytes(HaveAll{}));
}

class RecordingStream final : public Stream {
 public:
  void SetHandler(StreamHandler&) override {}
  void Send(Time, Slice bytes) override { sent.push_back(std::move(bytes)); }
  size_t unsent() const override { return 0; }
  void SetReading(Time, bool) override {}
  Endpoint remote() const override { return {}; }
  std::vector<Slice> sent;
};

TEST(WireWriter, FlushesManyMessagesInOneSend) {
  RecordingStream stream;
  MessageSpace space;
  WireWriter writer(space);
  writer.Flush(Time{}, stream);
  EXPECT_TRUE(stream.sent.empty());
  for (uint32_t i = 0; i < 20; ++i) writer.Write(Have{PieceIndex(i)});
  writer.Flush(Time{}, stream);
  ASSERT_EQ(stream.sent.size(), 1u);
  EXPECT_EQ(stream.sent[0].size(), 180u);
  EXPECT_TRUE(writer.empty());
}

}  // namespace
}  // namespace starling::peer
