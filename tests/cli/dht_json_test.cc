// Holds the commands that count in the DHT and docs/json.md together: each object has just the
// fields that its table lists, in that order.

#include "cli/dht_json.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "tests/cli/documented_fields.h"

namespace starling::cli {
namespace {

InfoHash SomeHash() { return *InfoHash::FromHex("0123456789abcdef0123456789abcdef01234567"); }

TEST(DhtJson, AnAnnounceHasTheFieldsOfItsTable) {
  dht::LookupReport report;
  report.announced = 7;
  const boost::json::value value = boost::json::parse(AnnounceJson(SomeHash(), 6881, true, report));
  EXPECT_EQ(FieldsOf(value), Documented("dht announce"));
  EXPECT_EQ(value.at("announced").as_int64(), 7);
  EXPECT_TRUE(value.at("seed").as_bool());
}

TEST(DhtJson, AScrapeHasTheFieldsOfItsTable) {
  dht::ScrapeCount count;
  count.seeds.Add(Endpoint::V4(0x01020304, 5));
  count.filters = 3;
  dht::LookupReport report;
  report.count = &count;
  const boost::json::value value = boost::json::parse(DhtScrapeJson(SomeHash(), report));
  EXPECT_EQ(FieldsOf(value), Documented("dht scrape"));
  EXPECT_NEAR(value.at("seeds").to_number<double>(), 1, 0.05);
  EXPECT_EQ(value.at("peers").to_number<double>(), 0);
  EXPECT_EQ(value.at("filters").as_int64(), 3);
}

TEST(DhtJson, ASampleTellsOfNodesThatKnowNoSamplesToo) {
  std::vector<dht::NodeAnswer> answers(2);
  answers[0].samples = {SomeHash()};
  answers[0].num = 9;
  const boost::json::value value = boost::json::parse(SampleJson(answers));
  EXPECT_EQ(FieldsOf(value), Documented("dht sample"));
  const boost::json::array& nodes = value.at("nodes").as_array();
  ASSERT_EQ(nodes.size(), 2u);
  for (const boost::json::value& node : nodes) {
    EXPECT_EQ(FieldsOf(node), Documented("dht sample nodes"));
  }
  EXPECT_EQ(nodes[0].at("samples").at(0).as_string(), SomeHash().hex());
  EXPECT_EQ(nodes[0].at("num").as_int64(), 9);
  EXPECT_TRUE(nodes[1].at("samples").is_null());
}

TEST(DhtJson, TheEventsOfANodeHaveTheFieldsOfTheirTables) {
  const NodeId id = NodeId::From(SomeHash());
  const boost::json::value own = boost::json::parse(NodeIdJson(id, std::nullopt));
  EXPECT_EQ(FieldsOf(own), Documented("dht node node_id"));
  EXPECT_EQ(own.at("id").as_string(), SomeHash().hex());
  EXPECT_TRUE(own.at("at").is_null());
  const boost::json::value further = boost::json::parse(NodeIdJson(id, Endpoint::V4(1, 2)));
  EXPECT_EQ(further.at("at").as_string(), "0.0.0.1:2");
  const boost::json::value reach = boost::json::parse(ReachJson(false));
  EXPECT_EQ(FieldsOf(reach), Documented("dht node reach"));
  EXPECT_FALSE(reach.at("reachable").as_bool());
  dht::Stats stats;
  stats.queries_limited = 7;
  const boost::json::value status = boost::json::parse(DhtStatsJson(stats));
  EXPECT_EQ(FieldsOf(status), Documented("dht node status"));
  EXPECT_EQ(status.at("queries_limited").as_int64(), 7);
}

TEST(DhtJson, ACrawlHasTheFieldsOfItsTable) {
  CrawlSummary summary;
  summary.answered = 5;
  const std::array<NodeId, 2> closest = {NodeId{}, *NodeId::FromHex(std::string(40, '1'))};
  summary.estimates[0].Add(NodeId{}, closest);
  const boost::json::value value = boost::json::parse(CrawlJson(summary, "nodes.csv"));
  EXPECT_EQ(FieldsOf(value), Documented("dht crawl"));
  ASSERT_EQ(value.at("estimates").as_array().size(), 1u);
  EXPECT_EQ(FieldsOf(value.at("estimates").at(0)), Documented("dht crawl estimates"));
}

}  // namespace
}  // namespace starling::cli
