#include "base/bencode.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/random.h"

namespace starling::bencode {
namespace {

std::optional<Value> ParseText(absl::string_view text) { return Parse(AsBytes(text)); }

TEST(Bencode, ReadsTheExamplesOfBep3) {
  EXPECT_EQ(ParseText("4:spam")->string(), "spam");
  EXPECT_EQ(ParseText("i3e")->integer(), 3);
  EXPECT_EQ(ParseText("i-3e")->integer(), -3);
  EXPECT_EQ(ParseText("i0e")->integer(), 0);
  std::vector<std::string> items;
  const std::optional<List> list = ParseText("l4:spam4:eggse")->list();
  for (const Value item : *list) items.emplace_back(*item.string());
  EXPECT_EQ(items, (std::vector<std::string>{"spam", "eggs"}));
  const std::optional<Value> dict = ParseText("d3:cow3:moo4:spaml1:a1:bee");
  EXPECT_EQ(dict->FindString("cow"), "moo");
  EXPECT_TRUE(dict->FindList("spam").has_value());
  EXPECT_FALSE(dict->Find("moo").has_value());
}

TEST(Bencode, KeepsTheExactBytesOfAnyValue) {
  const std::string text = "d4:infod6:lengthi5e4:name1:xe1:zi0ee";
  EXPECT_EQ(AsText(ParseText(text)->Find("info")->raw()), "d6:lengthi5e4:name1:xe");
}

TEST(Bencode, RefusesWhatIsNotCanonicalOrNotWhole) {
  for (const char* text : {"",
                           "i",
                           "ie",
                           "i-e",
                           "i-0e",
                           "i03e",
                           "i+3e",
                           "i3",
                           "i 3e",
                           "4:spa",
                           "04:spam",
                           "-1:a",
                           ":",
                           "4spam",
                           "l",
                           "li3e",
                           "e",
                           "d",
                           "d1:a",
                           "d1:ae",
                           "di3ei4ee",
                           "dle1:ae",
                           "i3ei4e",
                           "x",
                           "i9223372036854775808e",
                           "99999999999999999999:a",
                           "4294967296:a",
                           "l1:ae "}) {
    EXPECT_FALSE(ParseText(text).has_value()) << text;
  }
}

TEST(Bencode, ReadsTheLargestAndSmallestNumbers) {
  for (const int64_t number :
       {std::numeric_limits<int64_t>::max(), std::numeric_limits<int64_t>::min()}) {
    std::string text;
    Writer(&text).Integer(number);
    EXPECT_EQ(ParseText(text)->integer(), number);
  }
}

TEST(Bencode, OfTwoEqualKeysTheFirstCounts) {
  EXPECT_EQ(ParseText("d1:ai1e1:ai2ee")->FindInteger("a"), 1);
}

TEST(Bencode, EndsAtItsLimitsOfDepthAndTokens) {
  const std::string deep = std::string(32, 'l') + std::string(32, 'e');
  EXPECT_TRUE(ParseText(deep).has_value());
  EXPECT_FALSE(ParseText("l" + deep + "e").has_value());
  const std::string hostile(10'000'000, 'l');
  EXPECT_FALSE(ParseText(hostile).has_value());
  EXPECT_FALSE(Parse(AsBytes("li1ei2ee"), Limits{.depth_max = 4, .tokens_max = 3}).has_value());
  EXPECT_TRUE(Parse(AsBytes("li1ei2ee"), Limits{.depth_max = 4, .tokens_max = 4}).has_value());
}

TEST(Bencode, LeavesWhatFollowsAPrefixToTheCaller) {
  const std::optional<Value> value = ParsePrefix(AsBytes("d8:msg_typei1eeDATA"));
  ASSERT_TRUE(value.has_value());
  EXPECT_EQ(value->raw().size(), 15u);
  EXPECT_FALSE(ParseText("d8:msg_typei1eeDATA").has_value());
}

TEST(Bencode, AnswersNothingForAnotherType) {
  const std::optional<Value> number = ParseText("i1e");
  EXPECT_FALSE(number->string() || number->list() || number->dict() || number->Find("a"));
  EXPECT_FALSE(ParseText("1:a")->integer().has_value());
  EXPECT_FALSE(ParseText("d1:a1:be")->FindDict("a").has_value());
}

TEST(BencodeWriter, WritesIntoASpanAndStopsAtItsEnd) {
  std::byte space[20];
  Writer writer{ByteSpan(space)};
  writer.BeginDict().Key("a").Integer(-7).Key("b").BeginList().String("xy").End().End();
  EXPECT_TRUE(writer.ok());
  EXPECT_EQ(AsText({space, writer.size()}), "d1:ai-7e1:bl2:xyee");
  writer.String("too long");
  EXPECT_FALSE(writer.ok());
  EXPECT_LE(writer.size(), sizeof(space));
}

TEST(BencodeWriter, RoundTripsEveryByte) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes.push_back(static_cast<char>(i));
  std::string text;
  Writer(&text).String(bytes);
  EXPECT_EQ(ParseText(text)->string(), bytes);
}

// Reads everything that can be reached, as a careless caller would.
size_t WalkAll(const Value& value, int depth = 0) {
  size_t count = 1;
  if (const auto list = value.list()) {
    for (const Value item : *list) count += WalkAll(item, depth + 1);
  } else if (const auto dict = value.dict()) {
    for (const Entry entry : *dict) count += entry.key.size() + WalkAll(entry.value, depth + 1);
  } else {
    count += value.string().value_or("").size() + (value.integer() ? 1 : 0);
  }
  return count;
}

TEST(Bencode, TakesAStringOffTheFront) {
  ByteView rest = AsBytes("4:spam0:3:abci1e");
  EXPECT_EQ(TakeString(rest), absl::string_view("spam"));
  EXPECT_EQ(TakeString(rest), absl::string_view(""));
  EXPECT_EQ(TakeString(rest), absl::string_view("abc"));
  EXPECT_EQ(TakeString(rest), std::nullopt);
  EXPECT_EQ(AsText(rest), "i1e") << "what is no string stays";
}

TEST(Bencode, TakesNoDamagedString) {
  for (const absl::string_view text :
       {"", ":", "4", "4:", "4:spa", "04:spam", "00:", "-1:a", "99999999999999999999:a", "a:b"}) {
    ByteView rest = AsBytes(text);
    EXPECT_EQ(TakeString(rest), std::nullopt) << text;
    EXPECT_EQ(AsText(rest), text);
  }
}

TEST(Bencode, SurvivesEveryPrefixFlipAndNoise) {
  const std::string valid =
      "d1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t2:aa1:y1:q5:otherli1eli2eed1:xi-3eeee";
  ASSERT_TRUE(ParseText(valid).has_value());
  for (size_t size = 0; size < valid.size(); ++size) {
    EXPECT_FALSE(ParseText(absl::string_view(valid).substr(0, size)).has_value()) << size;
  }
  size_t walked = 0;
  for (size_t at = 0; at < valid.size(); ++at) {
    for (int flip = 1; flip < 256; ++flip) {
      std::string damaged = valid;
      damaged[at] = static_cast<char>(damaged[at] ^ flip);
      if (const auto value = ParseText(damaged)) walked += WalkAll(*value);
    }
  }
  SeededRandom random(1);
  static constexpr absl::string_view kLetters = "dlei0123456789:-ab";
  for (int round = 0; round < 20'000; ++round) {
    std::string noise;
    const uint64_t size = random.Below(24);
    for (uint64_t i = 0; i < size; ++i) noise.push_back(kLetters[random.Below(kLetters.size())]);
    if (const auto value = ParseText(noise)) walked += WalkAll(*value);
  }
  EXPECT_GT(walked, 0u);
}

}  // namespace
}  // namespace starling::bencode
