// The wire format: the packets of BEP 5 and 32 byte for byte, and what damaged ones do.

#include "dht/krpc.h"

#include <gtest/gtest.h>

#include <string>

#include "base/random.h"
#include "dht/krpc_writer.h"

namespace starling::dht::krpc {
namespace {

constexpr absl::string_view kPing = "d1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t2:aa1:y1:qe";
constexpr absl::string_view kPong = "d1:rd2:id20:mnopqrstuvwxyz123456e1:t2:aa1:y1:re";
constexpr absl::string_view kFindNode =
    "d1:ad2:id20:abcdefghij01234567896:target20:mnopqrstuvwxyz123456e1:q9:find_node1:t2:aa1:y1:qe";
constexpr absl::string_view kGetPeers =
    "d1:ad2:id20:abcdefghij01234567899:info_hash20:mnopqrstuvwxyz123456e1:q9:get_peers1:t2:aa1:y1:"
    "qe";
constexpr absl::string_view kPeers =
    "d1:rd2:id20:abcdefghij01234567895:token8:aoeusnth6:valuesl6:axje.u6:idhtnmee1:t2:aa1:y1:re";
constexpr absl::string_view kAnnounce =
    "d1:ad2:id20:abcdefghij012345678912:implied_porti1e9:info_hash20:mnopqrstuvwxyz1234564:porti"
    "6881e5:token8:aoeusnthe1:q13:announce_peer1:t2:aa1:y1:qe";
constexpr absl::string_view kError = "d1:eli201e23:A Generic Error Ocurrede1:t2:aa1:y1:ee";

NodeId Id(absl::string_view text) { return NodeId::FromBytes(AsBytes(text)); }
const NodeId kAlice = Id("abcdefghij0123456789");
const NodeId kBob = Id("mnopqrstuvwxyz123456");

Envelope Plain() {
  Envelope envelope;
  envelope.transaction_id = AsBytes("aa");
  return envelope;
}

template <class Body>
std::string Written(const Body& body, const Envelope& envelope = Plain()) {
  std::array<std::byte, 1472> space;
  const size_t size = Write(space, envelope, body);
  const absl::string_view text = AsText(ByteView(space).first(size));
  return std::string(text.data(), text.size());
}

TEST(Krpc, WritesTheQueriesOfTheBepByteForByte) {
  EXPECT_EQ(Written(Ping{kAlice}), kPing);
  EXPECT_EQ(Written(FindNode{kAlice, kBob, {}}), kFindNode);
  EXPECT_EQ(Written(GetPeers{kAlice, InfoHash::From(kBob), {}}), kGetPeers);
  EXPECT_EQ(Written(AnnouncePeer{kAlice, InfoHash::From(kBob), 6881, true, AsBytes("aoeusnth")}),
            kAnnounce);
}

TEST(Krpc, WritesTheRepliesOfTheBepByteForByte) {
  Answer answer;
  answer.id = kBob;
  EXPECT_EQ(Written(answer), kPong);
  EXPECT_EQ(Written(Error{201, "A Generic Error Ocurred"}), kError);

  const std::array<Endpoint, 2> peers = {*ReadCompact(AsBytes("axje.u")),
                                         *ReadCompact(AsBytes("idhtnm"))};
  answer.id = kAlice;
  answer.token = AsBytes("aoeusnth");
  answer.values = peers;
  EXPECT_EQ(Written(answer), kPeers);
}

TEST(Krpc, ReadsTheQueriesOfTheBep) {
  const auto ping = Parse(AsBytes(kPing));
  ASSERT_TRUE(ping.has_value());
  EXPECT_EQ(AsText(ping->transaction_id), "aa");
  EXPECT_EQ(std::get<Ping>(ping->body).id, kAlice);
  EXPECT_FALSE(ping->is_read_only);

  const auto find_node = Parse(AsBytes(kFindNode));
  EXPECT_EQ(std::get<FindNode>(find_node->body).target, kBob);
  const auto get_peers = Parse(AsBytes(kGetPeers));
  EXPECT_EQ(NodeId::From(std::get<GetPeers>(get_peers->body).info_hash), kBob);
  const auto announce = Parse(AsBytes(kAnnounce));
  const auto& announced = std::get<AnnouncePeer>(announce->body);
  EXPECT_EQ(announced.port, 6881);
  EXPECT_TRUE(announced.implied_port);
  EXPECT_EQ(AsText(announced.token), "aoeusnth");
}

TEST(Krpc, ReadsTheRepliesOfTheBep) {
  const auto pong = Parse(AsBytes(kPong));
  EXPECT_EQ(std::get<Reply>(pong->body).id, kBob);
  const auto peers = Parse(AsBytes(kPeers));
  const auto& reply = std::get<Reply>(peers->body);
  EXPECT_EQ(AsText(reply.token), "aoeusnth");
  ASSERT_TRUE(reply.values.has_value());
  std::vector<std::string> values;
  for (const bencode::Value& value : *reply.values) values.emplace_back(*value.string());
  EXPECT_EQ(values, (std::vector<std::string>{"axje.u", "idhtnm"}));
  const auto error = Parse(AsBytes(kError));
  EXPECT_EQ(std::get<Error>(error->body).code, 201);
  EXPECT_EQ(std::get<Error>(error->body).text, "A Generic Error Ocurred");
}

TEST(Krpc, CarriesWantVersionAddressAndReadOnly) {
  Envelope envelope = Plain();
  envelope.version = kClientVersion;
  envelope.is_read_only = true;
  const std::string query = Written(FindNode{kAlice, kBob, {.v4 = true, .v6 = true}}, envelope);
  EXPECT_NE(query.find("4:wantl2:n42:n6e"), query.npos);
  EXPECT_NE(query.find("2:roi1e"), query.npos);
  const auto message = Parse(AsBytes(query));
  EXPECT_TRUE(message->is_read_only);
  EXPECT_EQ(message->version, kClientVersion);
  EXPECT_EQ(std::get<FindNode>(message->body).want, (Want{true, true}));

  envelope.is_read_only = false;
  envelope.seen_as = *Endpoint::Parse("1.2.3.4:6881");
  Answer answer;
  answer.id = kBob;
  const auto reply = Parse(AsBytes(Written(answer, envelope)));
  EXPECT_EQ(reply->seen_as, envelope.seen_as);
  envelope.seen_as = *Endpoint::Parse("[2001:db8::1]:6881");
  EXPECT_EQ(Parse(AsBytes(Written(answer, envelope)))->seen_as, envelope.seen_as);
}

TEST(Krpc, CarriesNodesOfBothFamilies) {
  Contact v4;
  v4.id = kAlice;
  v4.endpoint = *Endpoint::Parse("1.2.3.4:5");
  Contact v6;
  v6.id = kBob;
  v6.endpoint = *Endpoint::Parse("[2001:db8::1]:6");
  const std::array<const Contact*, 2> nodes = {&v4, &v4};
  const std::array<const Contact*, 1> nodes6 = {&v6};
  Answer answer;
  answer.id = kBob;
  answer.nodes = nodes;
  answer.nodes6 = nodes6;
  const std::string text = Written(answer);
  const auto message = Parse(AsBytes(text));
  const auto& reply = std::get<Reply>(message->body);
  ASSERT_EQ(CountNodes(reply.nodes, kNodeV4Size), 2u);
  EXPECT_EQ(NodeAt(reply.nodes, kNodeV4Size, 1).endpoint, v4.endpoint);
  ASSERT_EQ(CountNodes(reply.nodes6, kNodeV6Size), 1u);
  EXPECT_EQ(NodeAt(reply.nodes6, kNodeV6Size, 0).id, kBob);
  EXPECT_EQ(NodeAt(reply.nodes6, kNodeV6Size, 0).endpoint, v6.endpoint);
  EXPECT_LE(text.size(), AnswerSizeMax(Plain(), answer));
}

int CodeOf(absl::string_view query) {
  const auto message = Parse(AsBytes(query));
  if (!message.has_value()) return 0;
  const auto* bad = std::get_if<BadQuery>(&message->body);
  return bad == nullptr ? -1 : bad->code;
}

TEST(Krpc, SaysWhatIsWrongWithAQuery) {
  EXPECT_EQ(CodeOf("d1:q4:ping1:t2:aa1:y1:qe"), 203) << "no arguments";
  EXPECT_EQ(CodeOf("d1:ad2:id3:abce1:q4:ping1:t2:aa1:y1:qe"), 203) << "short id";
  EXPECT_EQ(CodeOf("d1:ade1:q9:find_node1:t2:aa1:y1:qe"), 203);
  EXPECT_EQ(CodeOf("d1:ad2:id20:abcdefghij0123456789e1:q9:find_node1:t2:aa1:y1:qe"), 203);
  EXPECT_EQ(CodeOf("d1:ad2:id20:abcdefghij0123456789e1:q9:get_peers1:t2:aa1:y1:qe"), 203);
  EXPECT_EQ(CodeOf("d1:ad2:id20:abcdefghij0123456789e1:q13:announce_peer1:t2:aa1:y1:qe"), 203);
  EXPECT_EQ(CodeOf("d1:ad2:id20:abcdefghij0123456789e1:q4:vote1:t2:aa1:y1:qe"), 204);
  EXPECT_EQ(CodeOf("d1:ad2:id20:abcdefghij01234567899:info_hash20:mnopqrstuvwxyz1234564:porti0e5:"
                   "token1:xe1:q13:announce_peer1:t2:aa1:y1:qe"),
            203)
      << "port 0";
  EXPECT_EQ(CodeOf("d1:ad2:id20:abcdefghij01234567899:info_hash20:mnopqrstuvwxyz1234564:porti65536e"
                   "5:token1:xe1:q13:announce_peer1:t2:aa1:y1:qe"),
            203);
  EXPECT_EQ(CodeOf(kPing), -1);
}

TEST(Krpc, AnswersQueriesOfUnknownExtensionsThatNameATargetLikeFindNode) {
  const auto message =
      Parse(AsBytes("d1:ad2:id20:abcdefghij01234567896:target20:mnopqrstuvwxyz123456e1:q4:vote1:t2:"
                    "aa1:y1:qe"));
  EXPECT_EQ(std::get<FindNode>(message->body).target, kBob);
}

TEST(Krpc, RefusesWhatIsNoMessage) {
  for (const absl::string_view text :
       {"", "i1e", "le", "de", "4:spam", "d1:y1:qe1", "d1:t2:aa1:y1:xe", "d1:t2:aa1:y1:re",
        "d1:rd2:id3:abce1:t2:aa1:y1:re", "d1:t2:aa1:y1:ee",
        "d1:rd2:id20:mnopqrstuvwxyz123456e1:t33:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1:y1:re"}) {
    EXPECT_FALSE(Parse(AsBytes(text)).has_value()) << text;
  }
  EXPECT_FALSE(Parse(AsBytes(std::string(700, 'l') + std::string(700, 'e'))).has_value());
}

TEST(Krpc, IgnoresFieldsOfTheWrongTypeOrSize) {
  const auto message = Parse(
      AsBytes("d1:rd2:id20:mnopqrstuvwxyz1234565:nodes25:aaaaaaaaaaaaaaaaaaaaaaaaa6:nodes6i5e5:"
              "tokeni1e6:values3:abce1:t2:aa1:y1:re"));
  ASSERT_TRUE(message.has_value());
  const auto& reply = std::get<Reply>(message->body);
  EXPECT_TRUE(reply.nodes.empty());
  EXPECT_TRUE(reply.nodes6.empty());
  EXPECT_TRUE(reply.token.empty());
  EXPECT_FALSE(reply.values.has_value());
}

// Touches everything that a message refers to.
void Walk(const Message& message, ByteView datagram) {
  const auto is_inside = [&](ByteView view) {
    return view.empty() || (view.data() >= datagram.data() &&
                            view.data() + view.size() <= datagram.data() + datagram.size());
  };
  EXPECT_TRUE(is_inside(message.transaction_id));
  if (const auto* reply = std::get_if<Reply>(&message.body)) {
    EXPECT_TRUE(is_inside(reply->token));
    for (size_t i = 0; i < CountNodes(reply->nodes, kNodeV4Size); ++i) {
      NodeAt(reply->nodes, kNodeV4Size, i).endpoint.is_usable();
    }
    for (size_t i = 0; i < CountNodes(reply->nodes6, kNodeV6Size); ++i) {
      NodeAt(reply->nodes6, kNodeV6Size, i).endpoint.is_usable();
    }
    if (!reply->values.has_value()) return;
    for (const bencode::Value& value : *reply->values) {
      EXPECT_TRUE(is_inside(AsBytes(value.string().value_or(""))));
    }
  }
}

void ParseDamaged(const std::string& bytes) {
  // A copy of just this size, so that a sanitizer sees each byte read beyond it.
  const std::vector<std::byte> exact(AsBytes(bytes).begin(), AsBytes(bytes).end());
  if (const auto message = Parse(exact)) Walk(*message, exact);
}

TEST(Krpc, SurvivesEveryPrefixAndEveryFlippedByte) {
  for (const absl::string_view text :
       {kPing, kPong, kFindNode, kGetPeers, kPeers, kAnnounce, kError}) {
    for (size_t size = 0; size < text.size(); ++size) {
      EXPECT_FALSE(Parse(AsBytes(text.substr(0, size))).has_value());
    }
    for (size_t i = 0; i < text.size(); ++i) {
      for (int value = 0; value < 256; value += (i % 2 == 0 ? 1 : 7)) {
        std::string damaged(text);
        damaged[i] = static_cast<char>(value);
        ParseDamaged(damaged);
      }
    }
  }
}

TEST(Krpc, SurvivesNoise) {
  SeededRandom random(11);
  const std::string alphabet = "dleil0123456789:1:t1:y1:q1:r2:id20:5:nodes6:values\xff";
  for (int round = 0; round < 20'000; ++round) {
    std::string noise;
    const size_t size = random.Below(120);
    for (size_t i = 0; i < size; ++i) noise.push_back(alphabet[random.Below(alphabet.size())]);
    ParseDamaged(noise);
    std::string spliced(kPeers);
    spliced.replace(random.Below(spliced.size()), random.Below(20), noise.substr(0, 10));
    ParseDamaged(spliced);
  }
}

TEST(Krpc, WritesNothingWhereItDoesNotFit) {
  std::array<std::byte, 200> space;
  for (size_t size = 0; size < kPing.size(); ++size) {
    EXPECT_EQ(Write(ByteSpan(space).first(size), Plain(), Ping{kAlice}), 0u);
  }
  EXPECT_EQ(Write(ByteSpan(space).first(kPing.size()), Plain(), Ping{kAlice}), kPing.size());
}

}  // namespace
}  // namespace starling::dht::krpc
