#include "cli/transfer_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace starling::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

absl::StatusOr<TransferOptions> Read(const std::vector<std::string>& words) {
  const auto arguments = ParseArguments("get", TransferOptionList(), words);
  if (!arguments.ok()) return arguments.status();
  return ReadTransferOptions("get", *arguments);
}

TEST(TransferOptions, HaveTheDefaultsThatHelpNames) {
  const auto options = Read({});
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_TRUE(options->node.client.dht);
  EXPECT_EQ(options->node.client.dht_routers, WellKnownRouters());
  EXPECT_EQ(options->node.client.trackers, TrackerRule::kFallback);
  EXPECT_EQ(options->node.client.peers_max, 200u);
  EXPECT_EQ(options->node.client.peers_per_torrent_max, 50u);
  EXPECT_THAT(options->node.listen, IsEmpty());
  EXPECT_EQ(options->dir, ".");
  EXPECT_FALSE(options->seed_after.has_value());
  EXPECT_FALSE(options->timeout.has_value());
}

TEST(TransferOptions, BootstrapNodesReplaceTheWellKnownOnes) {
  const auto options = Read({"--dht-bootstrap", "a:1", "--dht-bootstrap=[::1]:2"});
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_THAT(options->node.client.dht_routers, ElementsAre(HostPort("a", 1), HostPort("::1", 2)));
  EXPECT_THAT(Read({"--dht-bootstrap", "none"})->node.client.dht_routers, IsEmpty());
  EXPECT_FALSE(Read({"--dht-bootstrap", "none", "--dht-bootstrap", "a:1"}).ok());
}

TEST(TransferOptions, AreReadIntoTheNode) {
  const auto options = Read({"--down-limit", "2M", "--up-limit", "1Mi/s", "--max-peers", "7",
                             "--trackers", "never", "--no-dht", "--listen", "127.0.0.1:0",
                             "--listen", "[::1]:5", "--peer", "b:3", "--timeout", "90s"});
  ASSERT_TRUE(options.ok()) << options.status();
  const ClientOptions& client = options->node.client;
  EXPECT_EQ(client.down_rate, 2'000'000u);
  EXPECT_EQ(client.up_rate, 1'048'576u);
  EXPECT_EQ(client.peers_max, 7u);
  EXPECT_EQ(client.peers_per_torrent_max, 7u);
  EXPECT_EQ(client.trackers, TrackerRule::kNever);
  EXPECT_FALSE(client.dht);
  EXPECT_THAT(options->node.listen,
              ElementsAre(*Endpoint::Parse("127.0.0.1:0"), *Endpoint::Parse("[::1]:5")));
  EXPECT_THAT(options->peers, ElementsAre(HostPort("b", 3)));
  EXPECT_EQ(options->timeout, seconds(90));
}

TEST(TransferOptions, AChokerIsNamedWithItsParameters) {
  EXPECT_FALSE(Read({})->node.client.choker);
  EXPECT_TRUE(Read({"--choker", "bittyrant:cap=1M,patience=3,selfish=yes"})->node.client.choker);
  EXPECT_TRUE(Read({"--choker", "tit-for-tat:slots=4"})->node.client.choker);
}

TEST(TransferOptions, AChokerThatCannotBeIsOneLineThatSaysWhatThereIs) {
  const auto message = [](const std::string& choker) {
    return std::string(Read({"--choker", choker}).status().message());
  };
  EXPECT_EQ(message("greedy"),
            "--choker greedy: there is no choker greedy; there are tit-for-tat, block-tft, "
            "bittyrant, never; see starling get --help");
  EXPECT_EQ(message("tit-for-tat:slots=half"),
            "--choker tit-for-tat:slots=half: \"slots=half\": must be a number, perhaps with a "
            "unit (500K, 2Mi, 30s), or yes or no; see starling get --help");
  EXPECT_THAT(message("tit-for-tat:speed=3"), HasSubstr("has no parameter speed; it has slots"));
  EXPECT_TRUE(IsUsageError(Read({"--choker", "greedy"}).status()));
}

TEST(TransferOptions, SeedAfterMayHaveAValue) {
  EXPECT_TRUE(std::holds_alternative<SeedForever>(*Read({"--seed-after"})->seed_after));
  EXPECT_TRUE(std::holds_alternative<SeedToRatio>(*Read({"--seed-after=2"})->seed_after));
  EXPECT_TRUE(std::holds_alternative<SeedForTime>(*Read({"--seed-after=2h"})->seed_after));
}

TEST(TransferOptions, WrongValuesAreUsageErrorsThatSayWhatIsRight) {
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"--down-limit", "fast"},
                                             {"--max-peers", "0"},
                                             {"--trackers", "sometimes"},
                                             {"--timeout", "0"},
                                             {"--timeout", "soon"},
                                             {"--seed-after=long"},
                                             {"--listen", "x"},
                                             {"--peer", "x"},
                                             {"--dht-bootstrap", "x"},
                                             {"--json", "--quiet"},
                                             {"--no-dht", "--dht-bootstrap", "a:1"}}) {
    const auto options = Read(words);
    EXPECT_TRUE(IsUsageError(options.status())) << words.front();
    EXPECT_THAT(std::string(options.status().message()), HasSubstr(words.front().substr(0, 6)));
  }
}

TEST(TransferOptions, KeepTheWordsThatLeadToTheSamePeers) {
  const auto options = Read({"--dht-bootstrap", "127.0.0.1:7000", "--select", "*.txt",
                             "--down-limit", "1M", "--state", "/tmp/a b", "--trackers", "never"});
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_THAT(options->network_words,
              ElementsAre("--dht-bootstrap 127.0.0.1:7000", "--trackers never", "--select '*.txt'",
                          "--state '/tmp/a b'"));
}

}  // namespace
}  // namespace starling::cli
