#include "dht/server.h"

#include <variant>

#include "dht/address.h"
#include "dht/node.h"

namespace starling::dht {
namespace {

constexpr size_t kNodesMax = 20;       // in an answer, whatever the bucket size
constexpr size_t kNodesOfBothMax = 8;  // of each family, where both are asked for
static_assert(PeerStore::kSampleMax >= kMessageSizeMax / krpc::kValueV4Size);

}  // namespace

struct Server::Asker {
  Time now;
  Endpoint from;
  krpc::Envelope envelope;
  // Room for the nodes of an answer, by family.
  std::array<std::array<const Contact*, kNodesMax>, 2> nodes;
};

Server::Server(const Options& options, Random& random, Families& families, Outbox& outbox)
    : bucket_size_(static_cast<uint32_t>(options.bucket_size)),
      defences_(options.defences),
      random_(random),
      families_(families),
      outbox_(outbox),
      rate_limit_({.queries_per_second = options.queries_per_second_max,
                   .bytes_per_second = options.answer_bytes_per_second_max,
                   .all_queries_per_second = options.all_queries_per_second_max},
                  random),
      tokens_(random) {}

bool Server::OnQuery(Time now, const Endpoint& from, const krpc::Message& query) {
  if (!rate_limit_.TakeQuery(now, from)) return false;
  Asker asker;
  asker.now = now;
  asker.from = from;
  asker.envelope.transaction_id = query.transaction_id;
  asker.envelope.version = krpc::kClientVersion;
  asker.envelope.seen_as = from;
  if (const auto* ping = std::get_if<krpc::Ping>(&query.body)) Answer(asker, *ping);
  if (const auto* find_node = std::get_if<krpc::FindNode>(&query.body)) Answer(asker, *find_node);
  if (const auto* get_peers = std::get_if<krpc::GetPeers>(&query.body)) Answer(asker, *get_peers);
  if (const auto* announce = std::get_if<krpc::AnnouncePeer>(&query.body)) Answer(asker, *announce);
  if (const auto* get = std::get_if<krpc::Get>(&query.body)) Answer(asker, *get);
  if (const auto* put = std::get_if<krpc::Put>(&query.body)) Answer(asker, *put);
  if (const auto* sample = std::get_if<krpc::SampleInfohashes>(&query.body)) {
    Answer(asker, *sample);
  }
  if (const auto* bad = std::get_if<krpc::BadQuery>(&query.body)) Answer(asker, *bad);
  return true;
}

void Server::Answer(Asker& asker, const krpc::Ping&) { Send(asker, krpc::Answer{}); }

void Server::Answer(Asker& asker, const krpc::FindNode& query) {
  krpc::Answer answer;
  FindNodes(asker, query.target, query.want, answer);
  Send(asker, answer);
}

void Server::Answer(Asker& asker, const krpc::GetPeers& query) {
  krpc::Answer answer;
  PeerStore& peers = families_[FamilyOf(asker.from)].peers;
  std::optional<std::array<BloomFilter, 2>> filters;
  if (query.scrape) {
    auto& [seeds, others] = filters.emplace();
    if (peers.Count(asker.now, query.info_hash, seeds, others)) {
      answer.seeds_filter = seeds.view();
      answer.peers_filter = others.view();
    }
  }
  // Beside filters there is no room for the nodes of both families (BEP 33, with BEP 32).
  const krpc::Want want = answer.seeds_filter.empty() ? query.want : krpc::Want{};
  FindNodes(asker, NodeId::From(query.info_hash), want, answer);
  const Tokens::Token token = tokens_.Issue(asker.now, asker.from);
  answer.token = token;

  const bool is_v4 = asker.from.is_v4();
  const size_t value_size = is_v4 ? krpc::kValueV4Size : krpc::kValueV6Size;
  const size_t used = krpc::AnswerSizeMax(asker.envelope, answer);
  const size_t room = used < kMessageSizeMax ? (kMessageSizeMax - used) / value_size : 0;
  const PeerStore::PeerSample values =
      peers.Sample(asker.now, query.info_hash, random_, room, !query.noseed);
  answer.values = values;
  Send(asker, answer);
}

bool Server::MayWrite(const Asker& asker, ByteView token) {
  return !defences_.tokens || tokens_.IsValid(asker.now, asker.from, token);
}

void Server::Answer(Asker& asker, const krpc::AnnouncePeer& query) {
  if (!MayWrite(asker, query.token)) {
    Send(asker, krpc::Error{krpc::kProtocolError, "bad token"});
    return;
  }
  const uint16_t port = query.implied_port ? asker.from.port : query.port;
  PeerStore& peers = families_[FamilyOf(asker.from)].peers;
  if (!peers.Announce(asker.now, query.info_hash, asker.from, port, query.seed)) {
    Send(asker, krpc::Error{krpc::kServerError, "no room for more peers"});
    return;
  }
  Send(asker, krpc::Answer{});
  if (listener_ == nullptr) return;
  Endpoint peer = asker.from;
  peer.port = port;
  listener_->OnAnnounce(asker.now, query.info_hash, peer);
}

void Server::Answer(Asker& asker, const krpc::SampleInfohashes& query) {
  krpc::Answer answer;
  FindNodes(asker, query.target, query.want, answer);
  PeerStore& peers = families_[FamilyOf(asker.from)].peers;
  std::span<const InfoHash> hashes = peers.SampleInfohashes(asker.now, random_);
  krpc::Samples samples;
  samples.interval_s = InfohashSample::kIntervalS;
  samples.num = static_cast<int64_t>(peers.infohashes());
  answer.samples = samples;
  const size_t used = krpc::AnswerSizeMax(asker.envelope, answer);
  const size_t room = used < kMessageSizeMax ? (kMessageSizeMax - used) / InfoHash::kSize : 0;
  answer.samples->hashes = hashes.first(std::min(room, hashes.size()));
  Send(asker, answer);
}

void Server::Answer(Asker& asker, const krpc::Get& query) {
  krpc::ItemAnswer answer;
  FindNodes(asker, NodeId::From(query.target), query.want, answer);
  const Tokens::Token token = tokens_.Issue(asker.now, asker.from);
  answer.token = token;
  if (const Item* item = FindItem(asker.now, query.target)) {
    if (item->is_mutable) answer.seq = item->seq;
    const bool is_known = item->is_mutable && query.seq.has_value() && item->seq <= *query.seq;
    if (!is_known) answer.item = item->view();
  }
  Send(asker, answer);
}

std::unique_ptr<ItemStore> Server::MakeItemStore() const {
  ItemStore::Limits limits;
  if (!defences_.shares) limits.source = limits.network = limits.all;
  return std::make_unique<ItemStore>(families_[0].table.own_id(), limits);
}

void Server::Answer(Asker& asker, const krpc::Put& query) {
  if (!MayWrite(asker, query.token)) {
    Send(asker, krpc::Error{krpc::kProtocolError, "bad token"});
    return;
  }
  ItemError error = CheckForm(query.item);
  if (error == ItemError::kNone) {
    if (items_ == nullptr) items_ = MakeItemStore();
    error = items_->Put(asker.now, asker.from, query.item, query.cas,
                        [&] { return IsGenuine(query.item); });
  }
  if (error == ItemError::kNone) return Send(asker, krpc::Answer{});
  Send(asker, krpc::Error{static_cast<int64_t>(error), Explain(error)});
}

void Server::Answer(Asker& asker, const krpc::BadQuery& query) {
  Send(asker, krpc::Error{query.code, query.why});
}

template <class Body>
void Server::Send(Asker& asker, Body&& body) {
  if constexpr (std::is_base_of_v<krpc::Answer, std::decay_t<Body>>) {
    body.id = families_[0].table.own_id();
  }
  rate_limit_.NoteAnswer(outbox_.Send(asker.now, asker.from, asker.envelope, body));
}

void Server::FindNodes(Asker& asker, const NodeId& target, const krpc::Want& want,
                       krpc::Answer& answer) {
  const bool is_v4 = asker.from.is_v4();
  const bool says_nothing = !want.v4 && !want.v6;
  const std::array<bool, 2> is_wanted = {want.v4 || (says_nothing && is_v4),
                                         want.v6 || (says_nothing && !is_v4)};
  const uint32_t now_s = ToStamp(asker.now);
  const Scope scope = ScopeOf(asker.from);
  for (size_t family = 0; family < 2; ++family) {
    if (!is_wanted[family] || !families_[family].is_enabled) continue;
    const size_t nodes_max = want.v4 && want.v6 ? kNodesOfBothMax : kNodesMax;
    const std::span<const Contact*> room =
        std::span(asker.nodes[family]).first(std::min<size_t>(bucket_size_, nodes_max));
    const size_t count =
        families_[family].table.FindClosest(target, room, [&](const Contact& contact) {
          return (contact.IsGood(now_s) || !defences_.verification) &&
                 ScopeOf(contact.endpoint) >= scope && contact.endpoint != asker.from;
        });
    (family == 0 ? answer.nodes : answer.nodes6) = room.first(count);
  }
}

}  // namespace starling::dht
