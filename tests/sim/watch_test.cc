// A watched member: what the lines say, and that watching changes nothing.
#include "sim/watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "dht/krpc_writer.h"
#include "peer/metadata_exchange.h"
#include "sim/watch_stream.h"
#include "sim/watch_text.h"
#include "tests/support/swarm_world.h"
#include "tests/support/wire_text.h"

namespace starling::sim {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using testing_support::SwarmOptions;
using testing_support::SwarmWorld;

// The text of a datagram that `write` makes.
template <class Body>
std::string TextOf(const Body& body) {
  std::array<std::byte, kDatagramSizeMax> space;
  dht::krpc::Envelope envelope;
  envelope.transaction_id = AsBytes("ab");
  return DatagramText(ByteView(space).first(dht::krpc::Write(space, envelope, body)));
}

NodeId SomeId(char letter) { return NodeId::FromBytes(AsBytes(std::string(20, letter))); }

TEST(WatchText, SaysWhatADatagramAsks) {
  EXPECT_THAT(TextOf(dht::krpc::Ping{SomeId('1')}),
              StartsWith("ping, id 31313131, transaction 6162, "));
  EXPECT_THAT(TextOf(dht::krpc::GetPeers{SomeId('1'), InfoHash::From(SomeId('2')), {}}),
              StartsWith("get_peers 32323232, id 31313131, transaction 6162, "));
  dht::krpc::AnnouncePeer announce{SomeId('1'), InfoHash::From(SomeId('2')), 6881, false,
                                   AsBytes("token")};
  EXPECT_THAT(TextOf(announce), StartsWith("announce_peer 32323232 port 6881, id 31313131"));
}

TEST(WatchText, CountsWhatAnAnswerBrings) {
  const std::vector<Endpoint> peers = {Endpoint::V4(0x14000001, 1), Endpoint::V4(0x14000002, 2)};
  dht::krpc::Answer answer;
  answer.id = SomeId('3');
  answer.token = AsBytes("t");
  answer.values = peers;
  EXPECT_THAT(TextOf(answer), StartsWith("answer of 33333333, 2 peers, a token, transaction 6162"));
}

TEST(WatchText, MakesTheWordsOfStrangersFitForALine) {
  const std::string text = TextOf(dht::krpc::Error{201, "go\naway\x1b[31m"});
  EXPECT_THAT(text, StartsWith("error 201 \"go?away?[31m\""));
  EXPECT_EQ(DatagramText(AsBytes("rubbish")), "7 bytes that are no KRPC");
  peer::BitfieldMessage bitfield{test::SliceOf("\xf0\x80")};
  EXPECT_EQ(MessageText(bitfield, {}), "bitfield with 5 pieces");
}

TEST(WatchText, KnowsExtendedMessagesByTheIdsOfTheReceiver) {
  const peer::Extended request{9, peer::EncodeMetadataRequest(2)};
  EXPECT_EQ(MessageText(request, {.metadata = 9}), "ut_metadata request 2");
  EXPECT_THAT(MessageText(request, {.metadata = 8}), StartsWith("extended 9 "));
  EXPECT_EQ(MessageText(peer::Extended{9, test::SliceOf("x")}, {.metadata = 9}),
            "ut_metadata that is damaged");
}

TEST(WatchedStream, ReadsBothDirectionsHoweverTheBytesAreCut) {
  std::vector<std::string> lines;
  WatchedStream stream("s", [&](absl::string_view line) { lines.emplace_back(line); });
  peer::Handshake handshake;
  handshake.supports_fast = true;
  const std::string bytes = std::string(peer::EncodeHandshake(handshake).text()) +
                            test::WireBytes(peer::Unchoke{}, peer::Have{PieceIndex(17)});
  stream.OnOpen(Time());
  for (const char c : bytes) {
    const Slice sent = stream.OnSend(Time(), test::SliceOf(absl::string_view(&c, 1)));
    EXPECT_EQ(sent.size(), 1u);
  }
  stream.OnReceived(Time(), test::SliceOf(bytes));
  stream.OnClosed(Time(), absl::OkStatus());
  ASSERT_EQ(lines.size(), 8u);
  EXPECT_THAT(lines[1], AllOf(StartsWith("s, out: handshake 00000000"), HasSubstr(", fast")));
  EXPECT_EQ(lines[2], "s, out: unchoke");
  EXPECT_EQ(lines[3], "s, out: have 17");
  EXPECT_THAT(lines[4], StartsWith("s, in: handshake"));
  EXPECT_EQ(lines[6], "s, in: have 17");
  EXPECT_EQ(lines[7], "s closed by the peer");
}

TEST(WatchedStream, SaysOnceThatItCannotReadOn) {
  std::vector<std::string> lines;
  {
    WatchedStream stream("s", [&](absl::string_view line) { lines.emplace_back(line); });
    for (int i = 0; i < 3; ++i) {
      stream.OnReceived(Time(), test::SliceOf("GET / HTTP/1.1\r\n\r\n"));
    }
    stream.OnSend(Time(), peer::EncodeHandshake({}));
    for (int i = 0; i < 3; ++i) stream.OnSend(Time(), test::SliceOf(std::string(100, '\xff')));
  }
  EXPECT_THAT(lines,
              ElementsAre("s, in: something that is no handshake", StartsWith("s, out: handshake"),
                          StartsWith("s, out: unreadable from here on: "), "s closed by us"));
}

struct Watching {
  std::vector<std::string> lines;
  uint64_t hash = 0;
};

// A small swarm; its last leecher is watched if asked for.
Watching RunSwarm(bool watched, const BehaviourFactory& behaviour = {}) {
  Watching result;
  SwarmOptions options;
  options.content.size = 1 << 20;
  SwarmWorld swarm(options);
  swarm.AddSeeder();
  swarm.AddLeecher();
  Time last{};
  const WatchSink sink = [&](Time now, absl::string_view line) {
    EXPECT_GE(now, last);
    last = now;
    result.lines.emplace_back(line);
  };
  ClientHost& host = swarm.AddLeecher([&](ClientHostOptions& host) {
    host.behaviour = watched ? Watched(behaviour, sink) : behaviour;
  });
  EXPECT_TRUE(swarm.world.RunUntil(swarm.world.now() + minutes(10), seconds(1),
                                   [&] { return host.history().complete.has_value(); }));
  result.hash = swarm.world.trace_hash();
  return result;
}

TEST(Watch, TellsTheWholeStoryOfADownload) {
  const std::vector<std::string> lines = RunSwarm(true).lines;
  ASSERT_FALSE(lines.empty());
  EXPECT_THAT(lines.front(), StartsWith("switched on as "));
  EXPECT_THAT(lines, Contains(AllOf(StartsWith("datagram to "), HasSubstr(": get_peers "))));
  EXPECT_THAT(lines, Contains(AllOf(StartsWith("datagram from "), HasSubstr(": answer of "),
                                    HasSubstr(" peer"))));
  EXPECT_THAT(lines,
              Contains(AllOf(StartsWith("stream 1 with "),
                             testing::AnyOf(HasSubstr(" dialled"), HasSubstr(" accepted")))));
  EXPECT_THAT(lines, Contains(AllOf(StartsWith("stream "), HasSubstr(", in: handshake "))));
  EXPECT_THAT(lines, Contains(HasSubstr(", out: extension handshake, ut_metadata, ut_pex")));
  EXPECT_THAT(lines, Contains(HasSubstr(", out: ut_metadata request 0")));
  EXPECT_THAT(lines, Contains(HasSubstr(", in: ut_metadata data 0")));
  EXPECT_THAT(lines,
              Contains(StartsWith("client: metadata of \"content\" from peers: 1048576 bytes")));
  EXPECT_THAT(lines, Contains("disk: has 0 of 16 pieces"));
  EXPECT_THAT(lines, Contains(HasSubstr(", in: unchoke")));
  EXPECT_THAT(lines, Contains(HasSubstr(", out: request 3 0 16384")));
  EXPECT_THAT(lines, Contains(HasSubstr(", in: piece 3 0 16384")));
  EXPECT_THAT(lines, Contains("disk: piece 3 is stored"));
  EXPECT_THAT(lines, Contains(HasSubstr(", out: have 3")));
  EXPECT_THAT(lines, Contains(StartsWith("client: complete, ")));
  // The end of the world is not something that the member did.
  EXPECT_THAT(lines, Not(Contains("switched off")));
  EXPECT_THAT(lines, Each(Not(HasSubstr("unreadable"))));
}

TEST(Watch, ChangesNothing) { EXPECT_EQ(RunSwarm(true).hash, RunSwarm(false).hash); }

TEST(Watch, ShowsWhatAWrappedBehaviourReallySent) {
  const BehaviourFactory silent = *BehaviourRegistry().Make({"silent", {}});
  SwarmOptions options;
  SwarmWorld swarm(options);
  swarm.AddSeeder();
  std::vector<std::string> lines;
  ClientHost& host = swarm.AddLeecher([&](ClientHostOptions& host) {
    host.behaviour =
        Watched(silent, [&](Time, absl::string_view line) { lines.emplace_back(line); });
  });
  EXPECT_FALSE(Watched(silent, [](Time, absl::string_view) {})({})->is_honest());
  swarm.world.RunFor(minutes(1));
  swarm.world.PowerOff(host.index());
  EXPECT_THAT(lines, Contains(HasSubstr(", out: handshake")));
  EXPECT_THAT(lines, Contains(HasSubstr(", in: extension handshake")));
  EXPECT_THAT(lines, Not(Contains(HasSubstr(", out: extension handshake"))));
  EXPECT_EQ(lines.back(), "switched off");
}

}  // namespace
}  // namespace starling::sim
