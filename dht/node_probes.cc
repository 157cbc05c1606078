// Probes: single questions to single nodes, and what their answers hold.

#include <algorithm>

#include "dht/address.h"
#include "dht/node_state.h"

namespace starling::dht {
namespace {

constexpr int64_t kIntervalMaxS = 21'600;  // BEP 51: six hours

void TakeNodes(ByteView compact, size_t node_size, NodeAnswer& answer) {
  const size_t count = krpc::CountNodes(compact, node_size);
  for (size_t i = 0; i < count && answer.nodes.size() < NodeAnswer::kNodesMax; ++i) {
    const krpc::Node node = krpc::NodeAt(compact, node_size, i);
    if (!node.endpoint.is_usable() || !CanReach(answer.node, node.endpoint)) continue;
    answer.nodes.push_back({node.id, node.endpoint});
  }
}

void TakeSamples(const krpc::Reply& reply, NodeAnswer& answer) {
  if (!reply.samples.has_value()) return;
  std::vector<InfoHash>& samples = answer.samples.emplace();
  const size_t count = std::min(reply.samples->size() / InfoHash::kSize, NodeAnswer::kSamplesMax);
  for (size_t i = 0; i < count; ++i) {
    samples.push_back(InfoHash::FromBytes(reply.samples->subspan(i * InfoHash::kSize)));
  }
  answer.interval_s = std::clamp<int64_t>(reply.interval.value_or(0), 0, kIntervalMaxS);
  answer.num = std::max(reply.num.value_or(0), static_cast<int64_t>(count));
}

NodeAnswer ReadAnswer(const Transaction& transaction, const krpc::Message* message,
                      Duration round_trip) {
  NodeAnswer answer;
  answer.node = transaction.to;
  if (message == nullptr) return answer;
  answer.is_answered = true;
  answer.is_read_only = message->is_read_only;
  answer.round_trip = round_trip;
  answer.version = std::string(message->version.substr(0, NodeAnswer::kVersionSizeMax));
  answer.seen_as = message->seen_as.value_or(Endpoint{});
  const auto* reply = std::get_if<krpc::Reply>(&message->body);
  answer.is_error = reply == nullptr;
  if (reply == nullptr) return answer;
  answer.id = reply->id;
  TakeNodes(reply->nodes, krpc::kNodeV4Size, answer);
  TakeNodes(reply->nodes6, krpc::kNodeV6Size, answer);
  TakeSamples(*reply, answer);
  return answer;
}

}  // namespace

void Node::Probe(Time now, const Endpoint& node, Question question, const NodeId& target,
                 ProbeSink& sink) {
  State& state = *state_;
  const krpc::Want want{.v4 = state.families[0].is_enabled, .v6 = state.families[1].is_enabled};
  bool is_sent = false;
  if (state.IsOurFamily(node)) {
    is_sent = question == Question::kFindNode
                  ? state.Query(now, QueryKind::kProbe, node, LookupId{},
                                krpc::FindNode{state.id, target, want})
                  : state.Query(now, QueryKind::kProbe, node, LookupId{},
                                krpc::SampleInfohashes{state.id, target, want});
  }
  if (is_sent) {
    if (state.rare == nullptr) state.rare = std::make_unique<State::Rare>();
    state.rare->probes.push_back({state.transactions.newest().id, &sink});
    return;
  }
  Transaction unsent;
  unsent.to = node;
  state.NoteProbe(sink, unsent, nullptr, Duration::zero());
  state.searches_due = std::min(state.searches_due, now);
}

void Node::State::TellProbe(const Transaction& transaction, const krpc::Message* message,
                            Duration round_trip) {
  if (transaction.kind != QueryKind::kProbe) return;
  std::vector<PendingProbe>& probes = rare->probes;
  const auto probe = std::find_if(probes.begin(), probes.end(), [&](const PendingProbe& other) {
    return other.transaction == transaction.id;
  });
  CHECK(probe != probes.end());
  ProbeSink& sink = *probe->sink;
  probes.erase(probe);
  NoteProbe(sink, transaction, message, round_trip);
}

void Node::State::NoteProbe(ProbeSink& sink, const Transaction& transaction,
                            const krpc::Message* message, Duration round_trip) {
  Notice notice(Notice::Kind::kProbe);
  notice.probe = &sink;
  notice.answer = std::make_shared<const NodeAnswer>(ReadAnswer(transaction, message, round_trip));
  notices.push_back(notice);
}

}  // namespace starling::dht
