#include "base/json.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cmath>

namespace starling {
namespace {

std::string Quoted(absl::string_view text) {
  Json json;
  return json.Text(text).text();
}

TEST(Json, PutsCommasWhereTheyBelong) {
  Json json;
  json.BeginObject().Key("a").Number(1).Key("b").BeginArray().Number(2).Text("x").BeginObject();
  json.End().BeginArray().End().Null().Bool(true).End().Key("c").Signed(-3).End();
  EXPECT_EQ(json.text(), R"({"a":1,"b":[2,"x",{},[],null,true],"c":-3})");
}

TEST(Json, WritesNumbersPlainly) {
  Json json;
  json.BeginArray().Number(UINT64_MAX).Real(1.23456, 3).Real(0, 3).Real(NAN, 3).End();
  EXPECT_EQ(json.text(), "[18446744073709551615,1.235,0.000,null]");
}

TEST(Json, AnotherParserReadsEveryTextBack) {
  for (int byte = 0; byte < 128; ++byte) {
    const std::string text = std::string("<") + static_cast<char>(byte) + ">";
    const boost::json::value value = boost::json::parse(Quoted(text));
    EXPECT_EQ(std::string(value.as_string()), text) << byte;
  }
  const std::string wide = "ä大👍";
  EXPECT_EQ(std::string(boost::json::parse(Quoted(wide)).as_string()), wide);
}

TEST(Json, NoByteOfATorrentMakesItInvalid) {
  for (int first = 0x80; first <= 0xFF; ++first) {
    for (int second = 0; second <= 0xFF; ++second) {
      const std::string text = {static_cast<char>(first), static_cast<char>(second)};
      boost::json::error_code error;
      boost::json::parse(Quoted(text), error);
      EXPECT_FALSE(error) << first << " " << second;
    }
  }
}

TEST(Json, ALineStaysALine) { EXPECT_EQ(Quoted("a\nb\r\"\\"), R"("a\u000ab\u000d\"\\")"); }

}  // namespace
}  // namespace starling
