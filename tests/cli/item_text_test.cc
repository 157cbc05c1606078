#include "cli/item_text.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "absl/strings/str_cat.h"
#include "base/bencode.h"
#include "cli/item_key.h"
#include "tests/cli/documented_fields.h"
#include "tests/cli/scratch_folder.h"
#include "tests/dht/items.h"

namespace starling::cli {
namespace {

using dht::Immutable;
using dht::Item;
using dht::Signed;

constexpr absl::string_view kKey =
    "77ff84905a91936367c01360803104f92432fcd904a43511876df5cdf3e7e548";

Item Of(absl::string_view bencoded) {
  Item item;
  item.value = std::string(bencoded);
  return item;
}

TEST(ItemText, ReadsWhereAnItemIs) {
  EXPECT_EQ(ParseItemPlace(kKey)->target.hex(), "4a533d47ec9c7d95b1ad75f576cffc641853b750");
  const auto salted = ParseItemPlace(absl::StrCat(kKey, ":foobar"));
  EXPECT_EQ(salted->target.hex(), "411eba73b6f087ca51a3795d9c8c938d365e32c1");
  EXPECT_EQ(salted->salt, "foobar");
  EXPECT_EQ(ParseItemPlace(absl::StrCat(kKey, ":a:b"))->salt, "a:b");
  const std::string target = "e5f96f6f38320f0f33959cb4d3d656452117aadb";
  EXPECT_EQ(ParseItemPlace(target)->target.hex(), target);
  EXPECT_EQ(ParseItemPlace(absl::StrCat(target, ":s"))->salt, "s");
  for (const std::string& wrong :
       {std::string(), std::string("abc"), target.substr(1), absl::StrCat(target, "0"),
        absl::StrCat(kKey, ":", std::string(65, 's')), std::string(40, 'x')}) {
    EXPECT_FALSE(ParseItemPlace(wrong).has_value()) << wrong;
  }
  const Item item = Signed(1, "x", "news");
  EXPECT_EQ(ParseItemPlace(FormatItemPlace(item))->target, item.target());
  EXPECT_EQ(ParseItemPlace(FormatItemPlace(Immutable("x")))->target, Immutable("x").target());
}

TEST(ItemText, ShowsTextAsItIsAndOtherTypesAsJson) {
  EXPECT_EQ(ItemValueText(Immutable("Hello\n\x80")), "Hello\n\x80");
  EXPECT_EQ(ItemValueText(Of("i-42e")), "-42");
  EXPECT_EQ(ItemValueText(Of("li1e3:two1:\x80"
                             "e")),
            R"([1,"two",{"hex":"80"}])");
  EXPECT_EQ(ItemValueText(Of("d3:agei7e4:name4:Ron!e")), R"({"age":7,"name":"Ron!"})");
  EXPECT_EQ(ItemValueText(Of("le")), "[]");
  EXPECT_TRUE(IsBencodedString(Immutable("x")));
  EXPECT_FALSE(IsBencodedString(Of("i1e")));
}

TEST(ItemText, JsonLinesHaveTheDocumentedFields) {
  dht::ItemReport report;
  report.holders = 3;
  report.asked = 8;
  report.stored = 7;
  report.refusals.push_back({*Endpoint::Parse("1.2.3.4:5"), 302, "no\x1b"});
  const dht::LookupReport path;
  const Item item = Signed(7, "text", "salt");
  const auto got = boost::json::parse(ItemGotJson(item.target(), item, report, path));
  EXPECT_EQ(FieldsOf(got), Documented("dht get"));
  EXPECT_EQ(got.at("value").as_string(), "text");
  EXPECT_EQ(got.at("seq").as_int64(), 7);
  EXPECT_EQ(got.at("nodes").as_int64(), 3);
  const Item binary = Immutable("\xff\x01");
  const auto hex = boost::json::parse(ItemGotJson(binary.target(), binary, report, path));
  EXPECT_EQ(FieldsOf(hex), Documented("dht get"));
  EXPECT_TRUE(hex.at("value").is_null());
  EXPECT_EQ(hex.at("value_hex").as_string(), "ff01");
  EXPECT_TRUE(hex.at("key").is_null());
  const auto put = boost::json::parse(ItemPutJson(item.target(), item, report, path));
  EXPECT_EQ(FieldsOf(put), Documented("dht put"));
  EXPECT_EQ(FieldsOf(put.at("refusals").at(0)), Documented("dht put refusals"));
}

TEST(ItemText, FaultsAreNamedWithTheirNumber) {
  EXPECT_EQ(ExplainFault(Immutable("x")), "");
  EXPECT_EQ(ExplainFault(Immutable(std::string(2000, 'x'))),
            "the value takes 2005 bytes bencoded, and nodes take 1000 at most (error 205)");
  EXPECT_EQ(ExplainFault(Signed(1, "x", std::string(65, 's'))),
            "the salt has 65 bytes, and nodes take 64 at most (error 207)");
  dht::ItemReport report;
  EXPECT_EQ(ExplainRefusals(report), "");
  const Endpoint node = *Endpoint::Parse("1.2.3.4:5");
  for (const int code : {205, 206, 207, 301, 302, 203, 202}) {
    report.refusals = {{node, 999, "odd"}, {node, code, "x"}, {node, code, "y"}};
    const std::string text = ExplainRefusals(report);
    EXPECT_TRUE(text.starts_with(absl::StrCat("2 nodes refused it: error ", code, ", "))) << text;
  }
  report.refusals = {{node, 999, "odd\x1b[2J"}};
  EXPECT_EQ(ExplainRefusals(report), "1 node refused it: error 999, odd?[2J");
}

TEST(ItemKeys, AreMadeOnceAndForTheirOwnerOnly) {
  const ScratchFolder folder;
  SeededRandom random(1);
  const auto made = ReadOrMakeKey(folder / "my.key", random);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_TRUE(made->is_new);
  const auto mode = std::filesystem::status(folder / "my.key").permissions();
  EXPECT_EQ(mode, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  const auto again = ReadOrMakeKey(folder / "my.key", random);
  EXPECT_FALSE(again->is_new);
  EXPECT_EQ(again->seed, made->seed);
}

TEST(ItemKeys, AnotherFileIsLeftAsItIs) {
  const ScratchFolder folder;
  SeededRandom random(1);
  WriteText(folder / "letter.txt", "Dear Ron");
  EXPECT_FALSE(ReadOrMakeKey(folder / "letter.txt", random).ok());
  EXPECT_EQ(ReadText(folder / "letter.txt"), "Dear Ron");
  EXPECT_FALSE(ReadOrMakeKey(folder / "no/such.key", random).ok());
}

}  // namespace
}  // namespace starling::cli
