// `starling dht bench` in a network that is there: here one node on loopback.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <fstream>

#include "tests/cli/child_program.h"

namespace starling::cli {
namespace {

using ::testing::HasSubstr;

constexpr char kTarget[] = "0123456789abcdef0123456789abcdef01234567";

class DhtBenchLiveTest : public testing::Test {
 protected:
  void SetUp() override {
    const std::string line = node_.ReadLine();
    ASSERT_THAT(line, HasSubstr("listening on 127.0.0.1:"));
    address_ = line.substr(13, line.find(' ', 13) - 13);
  }
  std::vector<std::string> Words(std::vector<std::string> words) const {
    words.insert(words.begin(), {"dht", "bench", "--listen", "127.0.0.1:0", "--state",
                                 folder_ / "other", "--bootstrap", address_});
    return words;
  }
  std::string Say(std::vector<std::string> words, int code = 0) {
    ChildProgram program(folder_ / "errors", Words(std::move(words)));
    const std::string said = program.ReadAll();
    EXPECT_EQ(program.Wait(), code) << program.Errors();
    return said;
  }
  std::string Errors() const { return ReadText(folder_ / "errors"); }
  std::string Write(const std::string& text) const {
    std::ofstream(folder_ / "targets") << text;
    return folder_ / "targets";
  }

  ScratchFolder folder_;
  ChildProgram node_{folder_ / "node-errors",
                     {"dht", "node", "--listen", "127.0.0.1:0", "--bootstrap", "none", "--state",
                      folder_ / "state"}};
  std::string address_;
};

TEST_F(DhtBenchLiveTest, LooksUpWhatItIsGivenAndKnowsNoRecall) {
  const std::string out = folder_ / "out";
  const std::string targets = Write(std::string("# one\n") + kTarget + "\n\n" + kTarget + "\n");
  const auto json =
      boost::json::parse(Say({"--targets", targets, "--rate", "100", "--json", "--out", out}));
  EXPECT_EQ(json.at("source").as_string(), "live");
  EXPECT_FALSE(json.at("partial").as_bool());
  const auto& group = json.at("groups").as_array().at(0);
  EXPECT_EQ(group.at("lookups").to_number<int>(), 2);
  EXPECT_EQ(group.at("nodes").to_number<int>(), 0);
  EXPECT_EQ(group.at("metrics").at("queries.mean").to_number<double>(), 1);
  EXPECT_FALSE(group.at("metrics").as_object().contains("recall.mean"));
  EXPECT_THAT(ReadText(out + "/lookups.csv"), HasSubstr(kTarget));
}

TEST_F(DhtBenchLiveTest, AsksNoMoreThanItMay) {
  const auto json = boost::json::parse(Say({"--lookups", "12", "--rate", "5", "--json"}));
  const auto& metrics = json.at("groups").as_array().at(0).at("metrics");
  EXPECT_LE(metrics.at("queries_per_s").to_number<double>(), 6.5);
}

TEST_F(DhtBenchLiveTest, ASignalTellsWhatThereIs) {
  ChildProgram program(folder_ / "errors", Words({"--lookups", "100000", "--json"}));
  while (program.Errors().find("lookups at 20") == std::string::npos) ::usleep(10'000);
  ::usleep(2'000'000);
  program.Signal(SIGINT);
  const auto json = boost::json::parse(program.ReadAll());
  EXPECT_EQ(program.Wait(), 128 + SIGINT);
  EXPECT_TRUE(json.at("partial").as_bool());
}

TEST_F(DhtBenchLiveTest, WhenNobodyAnswersItSaysWhoWasTried) {
  address_ = "127.0.0.1:9";
  Say({"--timeout", "1s"}, 1);
  EXPECT_THAT(Errors(), HasSubstr("tried 127.0.0.1:9 (no answer)"));
}

TEST_F(DhtBenchLiveTest, WrongValuesAreRefused) {
  Say({"--rate", "0"}, 2);
  EXPECT_THAT(Errors(), HasSubstr("a number of queries a second from 1 to 5000"));
  Say({"--latency", "lan"}, 2);
  EXPECT_THAT(Errors(), HasSubstr("--latency is for --local N"));
  Say({"--targets", Write("nonsense\n")}, 1);
  EXPECT_THAT(Errors(), HasSubstr("line 1: nonsense is no target"));
  Say({"--targets", Write("# nothing\n")}, 1);
  EXPECT_THAT(Errors(), HasSubstr("holds no target"));
  Say({"--targets", folder_ / "nowhere"}, 1);
}

}  // namespace
}  // namespace starling::cli
