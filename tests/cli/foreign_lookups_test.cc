#include "cli/foreign_lookups.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "base/random.h"
#include "dht/krpc_writer.h"

namespace starling::cli {
namespace {

class ForeignLookupsTest : public testing::Test {
 protected:
  ForeignLookupsTest() {
    for (uint32_t node = 0; node < 20; ++node) {
      NodeId id;
      id.bytes[0] = static_cast<std::byte>(node);
      ids_.Append(id, node);
    }
    ids_.Sort();
  }
  // `from` asks `node`, whose answer takes `way`.
  template <class Query>
  void Ask(Time at, uint32_t node, const Endpoint& from, const Query& query,
           Duration way = milliseconds(100)) {
    std::array<std::byte, 512> space;
    dht::krpc::Envelope envelope;
    envelope.transaction_id = AsBytes("aa");
    const size_t size = dht::krpc::Write(space, envelope, query);
    lookups_.OnStranger(at, node, from, ByteView(space).first(size));
    lookups_.OnSend(Endpoint::V4(0x7f000101, 9), seconds(7));  // to somebody else
    lookups_.OnSend(from, way);
    lookups_.OnSend(from, seconds(9));  // something else that the query made it say
  }
  dht::krpc::GetPeers GetPeers(InfoHash target) const { return {stranger_, target, {}}; }

  const Endpoint from_ = Endpoint::V4(0x7f000101, 4000);
  const NodeId stranger_ = SeededRandom(5).NextId<NodeId>();
  const InfoHash zero_;  // nodes 0 to 7 are closest to it
  sim::LiveIds ids_;
  ForeignLookups lookups_{ids_};
};

TEST_F(ForeignLookupsTest, BeginWithTheFirstQueryAndEndWithTheLastAnswer) {
  const Time begin(seconds(50));
  Ask(begin, 16, from_, GetPeers(zero_), milliseconds(80));
  Ask(begin + milliseconds(80), 3, from_, GetPeers(zero_), milliseconds(60));
  Ask(begin + milliseconds(85), 7, from_, GetPeers(zero_), milliseconds(30));
  Ask(begin + milliseconds(115), 8, from_, GetPeers(zero_), milliseconds(300));
  const std::vector<sim::DhtLookup> taken = lookups_.Take();
  ASSERT_EQ(taken.size(), 1u);
  EXPECT_EQ(taken[0].queries, 4u);
  EXPECT_EQ(taken[0].first, milliseconds(115)) << "the answer of 7 comes before that of 3";
  EXPECT_EQ(taken[0].done, milliseconds(415));
  EXPECT_EQ(taken[0].found, 2u);
  EXPECT_EQ(taken[0].recall, 2 / 8.0);
  EXPECT_TRUE(std::isnan(sim::ToNumber(taken[0].hops)));
  EXPECT_FALSE(taken[0].nearest.has_value());
  EXPECT_TRUE(lookups_.Take().empty());
}

TEST_F(ForeignLookupsTest, AreToldApartByAskerAndTarget) {
  InfoHash other = zero_;
  other.bytes[19] = std::byte{1};
  Endpoint second = from_;
  second.port = 4001;
  Ask(Time(seconds(1)), 0, from_, GetPeers(zero_));
  Ask(Time(seconds(1)), 0, second, GetPeers(zero_));
  Ask(Time(seconds(1)), 0, from_, GetPeers(other));
  EXPECT_EQ(lookups_.Take().size(), 3u);
}

TEST_F(ForeignLookupsTest, AskedTwiceANodeIsFoundOnce) {
  Ask(Time(seconds(1)), 0, from_, GetPeers(zero_));
  Ask(Time(seconds(2)), 0, from_, GetPeers(zero_));
  const std::vector<sim::DhtLookup> taken = lookups_.Take();
  ASSERT_EQ(taken.size(), 1u);
  EXPECT_EQ(taken[0].queries, 2u);
  EXPECT_EQ(taken[0].found, 1u);
}

TEST_F(ForeignLookupsTest, AreBounded) {
  SeededRandom random(6);
  for (size_t i = 0; i < ForeignLookups::kLookupsMax + 10; ++i) {
    Ask(Time(seconds(1)), static_cast<uint32_t>(i % 20), from_,
        GetPeers(random.NextId<InfoHash>()));
  }
  const size_t seen = lookups_.Take().size();
  EXPECT_GT(seen, ForeignLookups::kLookupsMax / 4);
  EXPECT_LE(seen, ForeignLookups::kLookupsMax);
}

TEST_F(ForeignLookupsTest, OtherDatagramsAreNone) {
  Ask(Time(seconds(1)), 0, from_, dht::krpc::Ping{stranger_});
  Ask(Time(seconds(1)), 0, from_, dht::krpc::FindNode{stranger_, NodeId(), {}});
  lookups_.OnStranger(Time(seconds(1)), 0, from_, AsBytes("d1:ad2:id"));
  // It never came near its target.
  Ask(Time(seconds(1)), 19, from_, GetPeers(zero_));
  EXPECT_TRUE(lookups_.Take().empty());
}

}  // namespace
}  // namespace starling::cli
