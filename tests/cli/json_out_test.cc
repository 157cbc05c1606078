// Holds the program and docs/json.md together: each object has just the fields that its table
// lists, in that order.

#include "cli/json_out.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "tests/cli/documented_fields.h"

namespace starling::cli {
namespace {

boost::json::value Parse(const std::string& line) {
  EXPECT_FALSE(absl::StrContains(line, "\n"));
  return boost::json::parse(line);
}

InfoHash SomeHash() { return *InfoHash::FromHex("0123456789abcdef0123456789abcdef01234567"); }

TorrentStatus SomeStatus() {
  TorrentStatus status;
  status.info_hash = SomeHash();
  status.name = "debian.iso";
  status.have_bytes = 100;
  status.total_bytes = 200;
  status.peer_set = 7;
  status.availability = 2.25;
  return status;
}

void ExpectEvent(const std::string& line, const std::string& event) {
  const boost::json::value value = Parse(line);
  EXPECT_EQ(value.at("event").as_string(), event);
  EXPECT_EQ(FieldsOf(value), Documented(event)) << line;
}

TEST(JsonOut, EachEventHasTheFieldsOfItsTable) {
  MetadataEvent metadata;
  metadata.info_hash = SomeHash();
  ExpectEvent(ListeningJson({*Endpoint::Parse("127.0.0.1:6881")}), "listening");
  ExpectEvent(MetadataJson(metadata, "magnet:?"), "metadata");
  ExpectEvent(ProgressJson(SomeStatus(), ClientStatus()), "progress");
  ExpectEvent(PieceFailedJson(PieceFailedEvent()), "piece_failed");
  ExpectEvent(PeerBannedJson(PeerBannedEvent()), "peer_banned");
  ExpectEvent(CompleteJson(SomeStatus(), seconds(1), "/data"), "complete");
  ExpectEvent(SeedingJson(SomeStatus(), "magnet:?"), "seeding");
}

TEST(JsonOut, ProgressTellsTheFigures) {
  ClientStatus node;
  node.dht.table_nodes = 30;
  node.dht.table_nodes_v6 = 4;
  const boost::json::value value = Parse(ProgressJson(SomeStatus(), node));
  EXPECT_EQ(value.at("info_hash").as_string(), SomeHash().hex());
  EXPECT_EQ(value.at("have_bytes").as_int64(), 100);
  EXPECT_EQ(value.at("total_bytes").as_int64(), 200);
  EXPECT_EQ(value.at("peer_set").as_int64(), 7);
  EXPECT_DOUBLE_EQ(value.at("availability").as_double(), 2.25);
  EXPECT_EQ(value.at("dht_nodes").as_int64(), 34);
}

TEST(JsonOut, ShowTellsAllOfATorrent) {
  storage::Metainfo metainfo;
  metainfo.name = "bad \xFF name";
  metainfo.info_hash_v1 = SomeHash();
  metainfo.creation_date = 1'700'000'000;
  metainfo.nodes = {{"2001:db8::1", 6881}};
  metainfo.trackers = {{"http://a/", "http://b/"}, {"udp://c:1"}};
  metainfo.files.resize(2);
  metainfo.files[0].path = {"bad", "link"};
  metainfo.files[0].attr = "l";
  metainfo.files[0].symlink = {"bad", "file"};
  metainfo.files[1].path = {"bad", "file"};
  metainfo.files[1].length = 5;
  const boost::json::value value = Parse(MetainfoJson(metainfo));
  EXPECT_EQ(FieldsOf(value), Documented("show"));
  EXPECT_EQ(FieldsOf(value.at("files").at(0)), Documented("show files"));
  EXPECT_EQ(value.at("files").at(0).at("symlink").as_string(), "bad/file");
  EXPECT_TRUE(value.at("files").at(1).at("symlink").is_null());
  EXPECT_EQ(value.at("files").at(1).at("path").as_string(), "bad/file");
  EXPECT_EQ(value.at("name").as_string(), "bad \xEF\xBF\xBD name");
  EXPECT_EQ(value.at("nodes").at(0).as_string(), "[2001:db8::1]:6881");
  EXPECT_EQ(value.at("trackers").at(0).at(1).as_string(), "http://b/");
  EXPECT_EQ(value.at("creation_date").as_int64(), 1'700'000'000);
  EXPECT_TRUE(value.at("info_hash_v2").is_null());
}

TEST(JsonOut, ShowOfAMagnetHasTheSameFieldsAndItsOwn) {
  storage::Magnet magnet;
  magnet.info_hash_v1 = SomeHash();
  magnet.peers = {{"peer.example", 1234}};
  magnet.select_only = {{0, 2}};
  const boost::json::value value = Parse(MagnetJson(magnet));
  Fields expected = Documented("show");
  for (const std::string& field : Documented("show magnet")) expected.push_back(field);
  EXPECT_EQ(FieldsOf(value), expected);
  EXPECT_TRUE(value.at("files").is_null());
  EXPECT_EQ(value.at("peers").at(0).as_string(), "peer.example:1234");
  EXPECT_EQ(value.at("select_only").at(0).at(1).as_int64(), 2);
}

TEST(JsonOut, ScrapeSaysOfEachTrackerWhatItCountsOrWhyNot) {
  const std::vector<ScrapedTracker> trackers = {
      {"udp://a:1", ScrapeAnswer{.seeders = 3, .leechers = 2, .downloads = 7}},
      {"http://b/announce", absl::UnavailableError("it does not answer")}};
  const boost::json::value value = Parse(ScrapeJson(SomeHash(), trackers));
  EXPECT_EQ(FieldsOf(value), Documented("show scrape"));
  const boost::json::array& shown = value.at("trackers").as_array();
  ASSERT_EQ(shown.size(), 2u);
  for (const boost::json::value& each : shown) {
    EXPECT_EQ(FieldsOf(each), Documented("show scrape trackers"));
  }
  EXPECT_EQ(shown[0].at("downloads").as_int64(), 7);
  EXPECT_TRUE(shown[0].at("error").is_null());
  EXPECT_TRUE(shown[1].at("seeders").is_null());
  EXPECT_EQ(shown[1].at("error").as_string(), "it does not answer");
}

TEST(JsonOut, DhtCommandsHaveTheFieldsOfTheirTables) {
  dht::LookupReport report;
  report.elapsed = milliseconds(1250);
  const auto lookup = Parse(LookupJson(SomeHash(), {*Endpoint::Parse("1.2.3.4:5")}, report));
  EXPECT_EQ(FieldsOf(lookup), Documented("dht lookup"));
  EXPECT_EQ(lookup.at("peers").at(0).as_string(), "1.2.3.4:5");
  EXPECT_DOUBLE_EQ(lookup.at("seconds").as_double(), 1.25);
  const auto ping = Parse(PingJson(*Endpoint::Parse("1.2.3.4:5"), NodeId(), milliseconds(3)));
  EXPECT_EQ(FieldsOf(ping), Documented("dht ping"));
}

}  // namespace
}  // namespace starling::cli
