#include "peer/wire_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "tests/support/damaged_bytes.h"
#include "tests/support/wire_text.h"

namespace starling::peer {
namespace {

using test::PayloadText;
using test::ReadTexts;
using test::SliceOf;
using test::WireBytes;
using ::testing::ElementsAre;

const storage::BlockRequest kBlock{PieceIndex(2), 16384, 16384};

std::string Big(uint32_t number) {
  std::string bytes(4, '\0');
  StoreBig(reinterpret_cast<std::byte*>(bytes.data()), number);
  return bytes;
}
// A message as its length prefix, type and body, right or wrong.
std::string Raw(uint32_t length, MessageType type, const std::string& body = "") {
  return Big(length) + static_cast<char>(type) + body;
}

Piece BlockOf(const std::string& content) { return {PieceIndex(9), 32768, {SliceOf(content)}}; }

std::string OneOfEach() {
  return WireBytes(KeepAlive{}, Choke{}, Unchoke{}, Interested{}, NotInterested{},
                   Have{PieceIndex(5)}, BitfieldMessage{SliceOf("\x0f\xf0")}, Request{kBlock},
                   BlockOf("some content"), Cancel{kBlock}, Port{6881}, Suggest{PieceIndex(3)},
                   HaveAll{}, HaveNone{}, Reject{kBlock}, AllowedFast{PieceIndex(4)},
                   Extended{1, SliceOf("d1:xe")}) +
         Raw(4, static_cast<MessageType>(21), "abc") + WireBytes(Unchoke{});
}

const std::vector<std::string> kOneOfEachTexts = {"keep-alive",
                                                  "choke",
                                                  "unchoke",
                                                  "interested",
                                                  "not interested",
                                                  "have 5",
                                                  "bitfield 0ff0",
                                                  "request 2 16384 16384",
                                                  "piece 9 32768 12",
                                                  "cancel 2 16384 16384",
                                                  "port 6881",
                                                  "suggest 3",
                                                  "have all",
                                                  "have none",
                                                  "reject 2 16384 16384",
                                                  "allowed fast 4",
                                                  "extended 1 5",
                                                  "unknown 21 3",
                                                  "unchoke"};

TEST(WireReader, ReadsEveryMessage) {
  WireReader reader;
  reader.Feed(SliceOf(OneOfEach()));
  EXPECT_EQ(ReadTexts(reader), kOneOfEachTexts);
  EXPECT_FALSE(reader.broken());
}

TEST(WireReader, ReadsTheSameWhereverTheBytesAreSplit) {
  const std::string bytes = OneOfEach();
  for (size_t at = 0; at <= bytes.size(); ++at) {
    WireReader reader;
    reader.Feed(SliceOf(bytes.substr(0, at)));
    std::vector<std::string> texts = ReadTexts(reader);
    reader.Feed(SliceOf(bytes.substr(at)));
    for (std::string& text : ReadTexts(reader)) texts.push_back(std::move(text));
    EXPECT_EQ(texts, kOneOfEachTexts) << at;
  }
}

TEST(WireReader, ReadsTheSameWhenBytesComeOneByOne) {
  WireReader reader;
  std::vector<std::string> texts;
  for (const char byte : OneOfEach()) {
    reader.Feed(SliceOf(std::string(1, byte)));
    for (std::string& text : ReadTexts(reader)) texts.push_back(std::move(text));
  }
  EXPECT_EQ(texts, kOneOfEachTexts);
}

TEST(WireReader, ReadsTheSameFromRandomChunks) {
  SeededRandom random(7);
  for (int round = 0; round < 200; ++round) {
    const Slice whole = SliceOf(OneOfEach());
    WireReader reader;
    std::vector<std::string> texts;
    for (size_t at = 0; at < whole.size();) {
      const size_t size = std::min<size_t>(1 + random.Below(40), whole.size() - at);
      const bool apart = random.Below(2) == 0;
      const Slice part = whole.Sub(at, size);
      reader.Feed(apart ? Buffer::CopyFrom(part.view()) : part);
      at += size;
      if (random.Below(2) == 0) continue;  // More is fed before it is read.
      for (std::string& text : ReadTexts(reader)) texts.push_back(std::move(text));
    }
    for (std::string& text : ReadTexts(reader)) texts.push_back(std::move(text));
    ASSERT_EQ(texts, kOneOfEachTexts) << round;
  }
}

TEST(WireReader, ShowsContentInPlaceWithoutCopying) {
  const Slice fed = SliceOf(WireBytes(BlockOf(std::string(storage::kBlockSize, 'c'))));
  const uint64_t copied = Buffer::bytes_copied();
  WireReader reader;
  reader.Feed(fed);
  const Piece piece = std::get<Piece>(reader.Next().value());
  ASSERT_EQ(piece.payload.size(), 1u);
  EXPECT_EQ(piece.payload[0].data(), fed.data() + kPieceHeaderSize);
  EXPECT_EQ(Buffer::bytes_copied(), copied);
}

TEST(WireReader, MergesPartsThatAdjoin) {
  const Slice fed = SliceOf(WireBytes(BlockOf(std::string(1000, 'c'))));
  WireReader reader;
  for (size_t at = 0; at < fed.size(); ++at) {
    reader.Feed(fed.Sub(at, 1));
    if (at + 1 < fed.size()) {
      ASSERT_FALSE(reader.Next().has_value());
    }
  }
  const Piece piece = std::get<Piece>(reader.Next().value());
  EXPECT_EQ(piece.payload.size(), 1u);
  EXPECT_EQ(PayloadText(piece.payload), std::string(1000, 'c'));
}

TEST(WireReader, KeepsPartsOfTwoBuffersApart) {
  const std::string bytes = WireBytes(BlockOf(std::string(600, 'a') + std::string(400, 'b')));
  const Slice first = SliceOf(bytes.substr(0, 500));
  const Slice second = SliceOf(bytes.substr(500));
  WireReader reader;
  reader.Feed(first);
  EXPECT_FALSE(reader.Next().has_value());
  reader.Feed(second);
  const Piece piece = std::get<Piece>(reader.Next().value());
  ASSERT_EQ(piece.payload.size(), 2u);
  EXPECT_EQ(piece.payload[0].data(), first.data() + kPieceHeaderSize);
  EXPECT_EQ(piece.payload[1].data(), second.data());
}

TEST(WireReader, GathersABlockThatTricklesInSoThatFewBuffersAreHeld) {
  const std::string content(storage::kBlockSize, 't');
  WireReader reader;
  for (const char byte : WireBytes(BlockOf(content))) reader.Feed(SliceOf(std::string(1, byte)));
  const Piece piece = std::get<Piece>(reader.Next().value());
  ASSERT_EQ(piece.payload.size(), 1u);
  EXPECT_EQ(piece.payload[0].capacity(), storage::kBlockSize);
  EXPECT_EQ(PayloadText(piece.payload), content);
  reader.Feed(SliceOf(WireBytes(BlockOf("next"))));
  EXPECT_EQ(PayloadText(std::get<Piece>(reader.Next().value()).payload), "next");
}

TEST(WireReader, TellsWhichBlockIsArrivingAndHowMuchOfItIsHere) {
  const std::string bytes = WireBytes(BlockOf("0123456789"));
  WireReader reader;
  EXPECT_FALSE(reader.arriving().has_value());
  reader.Feed(SliceOf(bytes.substr(0, kPieceHeaderSize - 1)));
  EXPECT_FALSE(reader.Next().has_value());
  EXPECT_FALSE(reader.arriving().has_value());
  reader.Feed(SliceOf(bytes.substr(kPieceHeaderSize - 1, 5)));
  EXPECT_FALSE(reader.Next().has_value());
  EXPECT_EQ(reader.arriving(), (storage::BlockRequest{PieceIndex(9), 32768, 10}));
  EXPECT_EQ(reader.unfinished(), 4u);
  reader.Feed(SliceOf(bytes.substr(kPieceHeaderSize + 4)));
  EXPECT_TRUE(reader.Next().has_value());
  EXPECT_FALSE(reader.arriving().has_value());
  EXPECT_EQ(reader.unfinished(), 0u);
}

TEST(WireReader, MessagesOutliveTheReader) {
  const std::string bits(5000, '\x33');
  const std::string bytes = WireBytes(BlockOf("content"), BitfieldMessage{SliceOf(bits)});
  std::vector<Message> messages;
  {
    auto reader = std::make_unique<WireReader>();
    for (size_t at = 0; at < bytes.size(); at += 7) {
      reader->Feed(SliceOf(bytes.substr(at, 7)));
      while (std::optional<Message> message = reader->Next()) messages.push_back(*message);
    }
  }
  ASSERT_EQ(messages.size(), 2u);
  EXPECT_EQ(PayloadText(std::get<Piece>(messages[0]).payload), "content");
  EXPECT_EQ(std::get<BitfieldMessage>(messages[1]).bytes.text(), bits);
}

TEST(WireReader, AcceptsABlockWithoutContentAndOneOfFullSize) {
  WireReader reader;
  reader.Feed(SliceOf(Raw(9, MessageType::kPiece, Big(1) + Big(2))));
  reader.Feed(SliceOf(WireBytes(BlockOf(std::string(kPayloadSizeMax, 'x')))));
  EXPECT_THAT(ReadTexts(reader), ElementsAre("piece 1 2 0", "piece 9 32768 16384"));
}

TEST(WireReader, PassesOnRequestsOfAnyLength) {
  WireReader reader;
  reader.Feed(SliceOf(WireBytes(Request{{PieceIndex(~0u), ~0u, ~0u}})));
  EXPECT_THAT(ReadTexts(reader), ElementsAre("request 4294967295 4294967295 4294967295"));
}

TEST(WireReader, SkipsUnknownMessagesWithoutKeepingThem) {
  WireReader reader;
  reader.Feed(SliceOf(Raw(1 + kUnknownSizeMax, static_cast<MessageType>(99))));
  for (uint32_t i = 0; i < 1024; ++i) {
    EXPECT_FALSE(reader.Next().has_value());
    reader.Feed(SliceOf(std::string(kUnknownSizeMax / 1024, 'u')));
  }
  reader.Feed(SliceOf(WireBytes(Choke{})));
  EXPECT_THAT(ReadTexts(reader), ElementsAre("unknown 99 1048576", "choke"));
}

struct BadCase {
  std::string bytes;
  std::string reason;
};

TEST(WireReader, BreaksOnViolations) {
  const std::vector<BadCase> cases = {
      {Raw(2, MessageType::kChoke), "a message of the wrong length"},
      {Raw(4, MessageType::kHave), "a message of the wrong length"},
      {Raw(6, MessageType::kHave), "a message of the wrong length"},
      {Raw(12, MessageType::kRequest), "a message of the wrong length"},
      {Raw(14, MessageType::kCancel), "a message of the wrong length"},
      {Raw(1, MessageType::kPort), "a message of the wrong length"},
      {Raw(2, MessageType::kHaveAll), "a message of the wrong length"},
      {Raw(1, MessageType::kReject), "a message of the wrong length"},
      {Raw(8, MessageType::kPiece), "a piece message without a block"},
      {Raw(9 + kPayloadSizeMax + 1, MessageType::kPiece), "a block that is too long"},
      {Raw(~0u, MessageType::kPiece), "a block that is too long"},
      {Raw(2 + kBitfieldSizeMax, MessageType::kBitfield), "a bitfield of the wrong length"},
      {Raw(1, MessageType::kExtended), "an extended message without an id"},
      {Raw(3 + kExtendedSizeMax, MessageType::kExtended), "an extended message that is too long"},
      {Raw(~0u, MessageType::kExtended), "an extended message that is too long"},
      {Raw(2 + kUnknownSizeMax, static_cast<MessageType>(99)), "a message that is too long"},
      {std::string("GET / HTTP/1.1\r\n"), "a message that is too long"}};
  for (const BadCase& bad : cases) {
    WireReader reader;
    reader.Feed(SliceOf(WireBytes(Interested{}) + bad.bytes + WireBytes(Choke{})));
    EXPECT_THAT(ReadTexts(reader), ElementsAre("interested")) << bad.reason;
    EXPECT_TRUE(reader.broken());
    EXPECT_EQ(std::string(reader.reason()), bad.reason);
    reader.Feed(SliceOf(WireBytes(Choke{})));
    EXPECT_FALSE(reader.Next().has_value());
  }
}

TEST(WireReader, WantsTheBitfieldOfTheTorrentOnceItIsKnown) {
  for (const uint32_t pieces : {1u, 8u, 9u, 16u}) {
    WireReader reader;
    reader.SetPieceCount(pieces);
    reader.Feed(SliceOf(WireBytes(BitfieldMessage{SliceOf(std::string(2, '\0'))})));
    EXPECT_EQ(reader.Next().has_value(), pieces > 8);
    EXPECT_EQ(reader.broken(), pieces <= 8);
  }
}

TEST(WireReader, HoldsNoMoreThanCameForAMessageThatOnlyPromises) {
  WireReader reader;
  reader.Feed(SliceOf(Raw(1 + kBitfieldSizeMax, MessageType::kBitfield, "ab")));
  EXPECT_FALSE(reader.Next().has_value());
  const std::string rest(kBitfieldSizeMax - 2, 'c');
  reader.Feed(SliceOf(rest));
  const Message message = reader.Next().value();
  EXPECT_EQ(std::get<BitfieldMessage>(message).bytes.size(), kBitfieldSizeMax);
  EXPECT_EQ(std::get<BitfieldMessage>(message).bytes.capacity(), kBitfieldSizeMax);
}

TEST(WireReader, SurvivesDamage) {
  const auto read = [](ByteView bytes) {
    for (const size_t chunk : {size_t{1}, size_t{5}, size_t{1000}}) {
      WireReader reader;
      for (size_t at = 0; at < bytes.size(); at += chunk) {
        reader.Feed(Buffer::CopyFrom(bytes.subspan(at, std::min(chunk, bytes.size() - at))));
        for (int i = 0; i < 1000 && reader.Next().has_value(); ++i) {
        }
      }
      EXPECT_EQ(reader.broken(), !reader.reason().empty());
    }
  };
  test::ForEachDamage(OneOfEach(), read);
  test::ForEachNoise(11, 2000, 200, OneOfEach(), read);
}

TEST(Wire, KnowsWhichMessagesNeedTheFastExtension) {
  int needing = 0;
  WireReader reader;
  reader.Feed(SliceOf(OneOfEach()));
  while (std::optional<Message> message = reader.Next()) {
    const std::string name(NameOf(*message));
    const bool fast = name == "suggest" || name == "have all" || name == "have none" ||
                      name == "reject" || name == "allowed fast";
    EXPECT_EQ(NeedsFastExtension(*message), fast) << name;
    needing += fast ? 1 : 0;
  }
  EXPECT_EQ(needing, 5);
}

}  // namespace
}  // namespace starling::peer
