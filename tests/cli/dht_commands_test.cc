// The commands that count in the DHT, as whole programs around one node on loopback.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "tests/cli/child_program.h"

namespace starling::cli {
namespace {

using testing::HasSubstr;

constexpr char kHash[] = "0123456789abcdef0123456789abcdef01234567";

class DhtCommandsTest : public testing::Test {
 protected:
  void SetUp() override {
    const std::string line = node_.ReadLine();
    ASSERT_THAT(line, HasSubstr("listening on 127.0.0.1:"));
    address_ = line.substr(13, line.find(' ', 13) - 13);
  }
  // `dht WORDS...` in the network of the node; what it says. Expects the exit code.
  std::string Say(std::vector<std::string> words, int code = 0) {
    words.insert(words.begin(), "dht");
    for (const char* word : {"--listen", "127.0.0.1:0", "--bootstrap"}) words.emplace_back(word);
    words.push_back(address_);
    words.emplace_back("--state");
    words.push_back(folder_ / "other");
    ChildProgram program(folder_ / "errors", std::move(words));
    const std::string said = program.ReadAll();
    EXPECT_EQ(program.Wait(), code) << program.Errors();
    return said;
  }

  ScratchFolder folder_;
  ChildProgram node_{folder_ / "node-errors",
                     {"dht", "node", "--listen", "127.0.0.1:0", "--bootstrap", "none", "--state",
                      folder_ / "state"}};
  std::string address_;
};

TEST_F(DhtCommandsTest, WhatIsAnnouncedIsCountedAndSampled) {
  EXPECT_THAT(Say({"announce", kHash, "--port", "5000", "--seed"}), HasSubstr("1 node took it"));

  const auto scrape = boost::json::parse(Say({"scrape", kHash, "--json"}));
  EXPECT_NEAR(scrape.at("seeds").to_number<double>(), 1, 0.1);
  EXPECT_EQ(scrape.at("peers").to_number<double>(), 0);
  EXPECT_EQ(scrape.at("filters").as_int64(), 1);

  const auto sample = boost::json::parse(Say({"sample", address_, "--json"}));
  EXPECT_EQ(sample.at("nodes").at(0).at("samples").at(0).as_string(), kHash);
  EXPECT_THAT(Say({"sample", kHash}), HasSubstr("1 of 1 info-hash"));
}

TEST_F(DhtCommandsTest, ALookupIsShownStepByStep) {
  EXPECT_THAT(Say({"lookup", kHash, "-v"}), HasSubstr("1 query, 1 answered"));
  EXPECT_THAT(ReadText(folder_ / "errors"), HasSubstr(" s  asked     " + address_));
  EXPECT_THAT(ReadText(folder_ / "errors"), HasSubstr(" s  answered  " + address_));
  const std::string lines = Say({"lookup", kHash, "-v", "--json"});
  EXPECT_THAT(lines, HasSubstr("{\"event\":\"asked\","));
  EXPECT_THAT(lines, HasSubstr("{\"info_hash\":"));
}

TEST_F(DhtCommandsTest, ANodeTellsMachinesWhatItDoes) {
  ChildProgram node(folder_ / "json-errors",
                    {"dht", "node", "--json", "--listen", "127.0.0.1:0", "--bootstrap", address_,
                     "--state", folder_ / "json-state"});
  EXPECT_THAT(node.ReadLine(), HasSubstr("{\"event\":\"listening\",\"addresses\":[\"127.0.0.1:"));
  EXPECT_THAT(node.ReadLine(), HasSubstr("{\"event\":\"node_id\",\"id\":\""));
  EXPECT_THAT(node.ReadLine(), HasSubstr("{\"event\":\"status\",\"nodes\":"));
}

TEST_F(DhtCommandsTest, TheWayToAskIsReadByEachCommand) {
  for (const char* command : {"lookup", "scrape", "sample", "get"}) {
    Say({command, kHash, "--lookup", "nonsense"}, 2);
    EXPECT_THAT(ReadText(folder_ / "errors"), HasSubstr("--lookup nonsense: ")) << command;
  }
}

TEST_F(DhtCommandsTest, ACrawlWritesALineForEachNode) {
  const std::string table = folder_ / "nodes.csv";
  EXPECT_THAT(Say({"crawl", "--out", table, "--rate", "200", "--for", "5s"}),
              HasSubstr("1 node answered"));
  const std::string csv = ReadText(table);
  EXPECT_THAT(csv, HasSubstr("id,address,port,family,version,rtt_ms,read_only,secure_id,answered"));
  EXPECT_THAT(csv, HasSubstr(",127.0.0.1," + address_.substr(10) + ",4,SG-"));
}

TEST_F(DhtCommandsTest, WhenNobodyAnswersItSaysWhoWasTried) {
  address_ = "127.0.0.1:9";
  Say({"scrape", kHash, "--timeout", "1s"}, 1);
  EXPECT_THAT(ReadText(folder_ / "errors"), HasSubstr("tried 127.0.0.1:9 (no answer)"));
}

TEST_F(DhtCommandsTest, WrongValuesAreWrongUsage) {
  Say({"announce", kHash}, 2);
  EXPECT_THAT(ReadText(folder_ / "errors"), HasSubstr("needs --port N"));
  Say({"announce", kHash, "--port", "70000"}, 2);
  Say({"crawl"}, 2);
  Say({"crawl", "--out", folder_ / "x.csv", "--rate", "0"}, 2);
  Say({"sample", "nonsense"}, 2);
  Say({"scrape", "nonsense"}, 2);
  Say({"scrape", kHash, "--dht-security", "maybe"}, 2);
  EXPECT_THAT(ReadText(folder_ / "errors"), HasSubstr("off, prefer or enforce"));
}

}  // namespace
}  // namespace starling::cli
