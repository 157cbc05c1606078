#include "peer/metadata_exchange.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/digest.h"
#include "storage/metainfo.h"
#include "tests/support/damaged_bytes.h"

namespace starling::peer {
namespace {

using Kind = MetadataMessage::Kind;

constexpr Time kStart = Time(hours(1));

std::optional<MetadataMessage> ParseText(absl::string_view text) {
  return ParseMetadataMessage(AsBytes(text));
}

// Such as "data 1" or "reject 7".
std::string InWords(const Slice& payload) {
  static const char* const kNames[] = {"request", "data", "reject", "unknown"};
  const auto message = ParseMetadataMessage(payload.view());
  if (!message.has_value()) return "malformed";
  return std::string(kNames[static_cast<int>(message->kind)]) + " " +
         std::to_string(message->piece);
}

TEST(MetadataMessage, ReadsTheExamplesOfBep9) {
  const auto request = ParseText("d8:msg_typei0e5:piecei0ee");
  ASSERT_TRUE(request.has_value());
  EXPECT_EQ(request->kind, Kind::kRequest);
  EXPECT_EQ(request->piece, 0u);

  const auto data = ParseText("d8:msg_typei1e5:piecei0e10:total_sizei34256eexxxxxxxx");
  ASSERT_TRUE(data.has_value());
  EXPECT_EQ(data->kind, Kind::kData);
  EXPECT_EQ(data->total_size, 34256u);
  EXPECT_EQ(AsText(data->bytes), "xxxxxxxx");

  const auto reject = ParseText("d8:msg_typei2e5:piecei0ee");
  ASSERT_TRUE(reject.has_value());
  EXPECT_EQ(reject->kind, Kind::kReject);
}

TEST(MetadataMessage, IsWrittenAsBep9Says) {
  EXPECT_EQ(EncodeMetadataRequest(0).text(), "d8:msg_typei0e5:piecei0ee");
  EXPECT_EQ(EncodeMetadataReject(17).text(), "d8:msg_typei2e5:piecei17ee");
  EXPECT_EQ(EncodeMetadataData(0, "d4:name1:xe").text(),
            "d8:msg_typei1e5:piecei0e10:total_sizei11eed4:name1:xe");
}

TEST(MetadataMessage, CutsTheDictionaryIntoPieces) {
  const std::string info = std::string(kMetadataPieceSize, 'a') + "rest";
  EXPECT_EQ(MetadataPieceCount(info.size()), 2u);
  const Slice first = EncodeMetadataData(0, info);
  const Slice second = EncodeMetadataData(1, info);
  EXPECT_EQ(ParseMetadataMessage(first.view())->bytes.size(), kMetadataPieceSize);
  EXPECT_EQ(AsText(ParseMetadataMessage(second.view())->bytes), "rest");
  EXPECT_EQ(ParseMetadataMessage(second.view())->total_size, info.size());
}

TEST(MetadataMessage, LetsUnknownTypesBeIgnored) {
  EXPECT_EQ(ParseText("d8:msg_typei3e5:piecei0ee")->kind, Kind::kUnknown);
  EXPECT_EQ(ParseText("d8:msg_typei-1ee")->kind, Kind::kUnknown);
}

TEST(MetadataMessage, ToleratesDataWithoutTotalSize) {
  const auto data = ParseText("d8:msg_typei1e5:piecei0eex");
  ASSERT_TRUE(data.has_value());
  EXPECT_FALSE(data->total_size.has_value());
}

TEST(MetadataMessage, RefusesDamage) {
  for (const char* text :
       {"", "i0e", "le", "de", "d5:piecei0ee", "d8:msg_typei0ee", "d8:msg_type1:05:piecei0ee",
        "d8:msg_typei0e5:piecei-1ee", "d8:msg_typei0e5:piecei2048ee",
        "d8:msg_typei0e5:piecei4294967296ee", "d8:msg_typei1e5:piecei0e10:total_sizei0eex",
        "d8:msg_typei1e5:piecei0e10:total_sizei33554433eex", "d8:msg_typei1e5:piecei0ee"}) {
    EXPECT_FALSE(ParseText(text).has_value()) << text;
  }
  const std::string too_long(kMetadataPieceSize + 1, 'x');
  EXPECT_FALSE(ParseText("d8:msg_typei1e5:piecei0ee" + too_long).has_value());
}

TEST(MetadataMessage, SurvivesDamage) {
  const std::string valid(EncodeMetadataData(0, "d4:name5:abcdee").text());
  const auto parse = [](ByteView bytes) {
    const auto message = ParseMetadataMessage(bytes);
    if (!message.has_value()) return;
    EXPECT_LE(message->bytes.size(), kMetadataPieceSize);
    EXPECT_LT(message->piece, MetadataPieceCount(storage::kInfoSizeMax));
  };
  test::ForEachDamage(valid, parse);
  test::ForEachNoise(9, 3000, 100, valid, parse);
}

TEST(InfoMatches, TakesBothKindsOfInfoHash) {
  const absl::string_view info = "d4:name1:xe";
  EXPECT_TRUE(InfoMatches(InfoHash::From(Sha1(AsBytes(info))), AsBytes(info)));
  EXPECT_TRUE(InfoMatches(InfoHash::FromBytes(Sha256(AsBytes(info)).view()), AsBytes(info)));
  EXPECT_FALSE(InfoMatches(InfoHash{}, AsBytes(info)));
}

// What it answers to all that waits, with nothing in the stream.
std::vector<std::string> Answers(MetadataServe& serve, absl::string_view info, Time now = kStart) {
  std::vector<std::string> answers;
  while (auto answer = serve.NextAnswer(now, info, 0)) answers.push_back(InWords(*answer));
  return answers;
}

TEST(MetadataServe, AnswersRequestsInOrder) {
  const std::string info(kMetadataPieceSize * 2 + 5, 'i');
  MetadataServe serve;
  for (const uint32_t piece : {2u, 0u, 1u}) serve.OnRequest(piece);
  EXPECT_EQ(Answers(serve, info), (std::vector<std::string>{"data 2", "data 0", "data 1"}));
  EXPECT_EQ(serve.served(), 3u);
}

TEST(MetadataServe, RejectsWhatDoesNotExistAndAllWhileItHasNothing) {
  MetadataServe serve;
  serve.OnRequest(0);
  serve.OnRequest(3);
  EXPECT_EQ(Answers(serve, ""), (std::vector<std::string>{"reject 0", "reject 3"}));
  serve.OnRequest(0);
  serve.OnRequest(1);
  serve.OnRequest(~0u);
  EXPECT_EQ(serve.NextAnswer(kStart, "short", 0)->size(), EncodeMetadataData(0, "short").size());
  EXPECT_EQ(serve.NextAnswer(kStart, "short", 0)->text(), EncodeMetadataReject(1).text());
  EXPECT_TRUE(serve.NextAnswer(kStart, "short", 0).has_value());
  EXPECT_EQ(serve.rejected(), 4u);
}

TEST(MetadataServe, WaitsUntilTheStreamHasRoom) {
  MetadataServe serve;
  serve.OnRequest(0);
  EXPECT_FALSE(serve.NextAnswer(kStart, "info", MetadataServe::kUnsentMax + 1).has_value());
  EXPECT_TRUE(serve.NextAnswer(kStart, "info", MetadataServe::kUnsentMax).has_value());
}

TEST(MetadataServe, RejectsAPeerThatTakesItAgainAndAgain) {
  MetadataServe serve;
  for (int i = 0; i < 100; ++i) serve.OnRequest(0);
  std::vector<std::string> expected(2 + MetadataServe::kSpareMax, "data 0");
  expected.resize(100, "reject 0");
  EXPECT_EQ(Answers(serve, "info"), expected);
  serve.OnRequest(0);
  serve.OnRequest(0);
  EXPECT_EQ(Answers(serve, "info", kStart + MetadataServe::kPiecePeriod),
            (std::vector<std::string>{"data 0", "reject 0"}));
}

TEST(MetadataServe, GivesTheWholeOfALargeDictionaryTwiceAtOnce) {
  const std::string info(kMetadataPieceSize * 100, 'i');
  MetadataServe serve;
  for (uint32_t i = 0; i < 200; ++i) serve.OnRequest(i % 100);
  Answers(serve, info);
  EXPECT_EQ(serve.served(), 200u);
  EXPECT_EQ(serve.rejected(), 0u);
}

TEST(MetadataServe, BoundsWhatAFloodCanLeaveWaiting) {
  MetadataServe serve;
  for (size_t i = 0; i < MetadataServe::kWaitingMax; ++i) serve.OnRequest(0);
  EXPECT_FALSE(serve.flooding());
  serve.OnRequest(0);
  EXPECT_TRUE(serve.flooding());
  EXPECT_EQ(Answers(serve, "info").size(), MetadataServe::kWaitingMax);
}

}  // namespace
}  // namespace starling::peer
