#include "dht/node.h"

#include <algorithm>
#include <limits>
#include <utility>
#include <variant>

#include "dht/node_state.h"
#include "dht/prefetch.h"
#include "dht/snapshot.h"
#include "dht/tuned_variant.h"

namespace starling::dht {
namespace {

Options WithinLimits(Options options) {
  if (options.variant == nullptr) {
    options.variant = MakePlainVariant(options.bucket_size,
                                       std::min(options.lookup_parallel, kLookupParallelMax));
  }
  options.bucket_size = std::clamp<size_t>(options.variant->closest_max(), 1, kBucketSizeMax);
  return options;
}

PeerStore::Limits StoreLimits(const Options& options) {
  constexpr size_t kMax = std::numeric_limits<uint32_t>::max();
  return {.infohashes_max = static_cast<uint32_t>(std::min(options.stored_infohashes_max, kMax)),
          .peers_per_infohash_max =
              static_cast<uint32_t>(std::min(options.stored_peers_per_infohash_max, kMax)),
          .has_shares = options.defences.shares};
}

Family MakeFamily(bool is_enabled, const NodeId& id, const Options& options) {
  return Family{is_enabled, kNever, RoutingTable(id, *options.variant, options.defences.identities),
                PeerStore(id, StoreLimits(options))};
}

Families MakeFamilies(const NodeId& id, const Options& options) {
  return {MakeFamily(options.ipv4, id, options), MakeFamily(options.ipv6, id, options)};
}

uint32_t CountVerified(const RoutingTable& table) {
  return static_cast<uint32_t>(
      std::count_if(table.contacts().begin(), table.contacts().end(),
                    [](const Contact& contact) { return contact.is_verified(); }));
}

// The id of a query's sender; null for one that cannot be served.
const NodeId* SenderOf(const krpc::Message& message) {
  if (const auto* ping = std::get_if<krpc::Ping>(&message.body)) return &ping->id;
  if (const auto* find_node = std::get_if<krpc::FindNode>(&message.body)) return &find_node->id;
  if (const auto* get_peers = std::get_if<krpc::GetPeers>(&message.body)) return &get_peers->id;
  if (const auto* announce = std::get_if<krpc::AnnouncePeer>(&message.body)) return &announce->id;
  if (const auto* get = std::get_if<krpc::Get>(&message.body)) return &get->id;
  if (const auto* put = std::get_if<krpc::Put>(&message.body)) return &put->id;
  if (const auto* sample = std::get_if<krpc::SampleInfohashes>(&message.body)) return &sample->id;
  return nullptr;
}

}  // namespace

Node::State::State(const Options& options, DatagramPort& port, Random& random)
    : random(random),
      id(options.id.is_zero() ? random.NextId<NodeId>() : options.id),
      is_id_chosen(!options.id.is_zero()),
      is_read_only(options.read_only),
      security(options.security),
      outbox{port, stats},
      transactions(options.query_timeout, options.short_timeout, options.short_timeout_adapts),
      server(options, random, families, outbox),
      families(MakeFamilies(id, options)),
      options(options),
      bootstrap_pause(seconds(1)),
      upkeep_pause(seconds(5)) {}

Node::State::~State() {
  if (destroyed != nullptr) *destroyed = true;
}

void Node::State::OnDatagram(Time now, const Endpoint& from, ByteView bytes) {
  ++stats.datagrams_in;
  stats.bytes_in += bytes.size();
  if (!IsOurFamily(from)) {
    ++stats.malformed;
    return;
  }
  server.Prefetch(from);  // there is time while the message is read
  const std::optional<krpc::Message> message = krpc::Parse(bytes);
  if (!message.has_value()) {
    ++stats.malformed;
  } else if (std::holds_alternative<krpc::Reply>(message->body)) {
    OnReply(now, from, *message, bytes.size());
  } else if (std::holds_alternative<krpc::Error>(message->body)) {
    OnError(now, from, *message);
  } else {
    OnQuery(now, from, *message);
  }
  Deliver(now);
}

void Node::State::OnQuery(Time now, const Endpoint& from, const krpc::Message& message) {
  ++stats.queries_in;
  if (rare != nullptr) rare->strangers[FamilyOf(from)].OnQuery(now, from);
  if (is_read_only) return;
  const NodeId* sender = SenderOf(message);
  // It is looked for in the table when it has its answer; until then memory can keep up.
  if (sender != nullptr) families[FamilyOf(from)].table.Prefetch(*sender);
  if (sender != nullptr && *sender == id) return;  // our own id: an echo or a spoof
  if (!server.OnQuery(now, from, message)) {
    ++stats.queries_limited;
    return;
  }
  if (sender == nullptr || message.is_read_only) return;
  RoutingTable& table = families[FamilyOf(from)].table;
  if (!table.OnQuery(ToStamp(now), *sender, from)) Consider(now, *sender, from);
}

void Node::State::OnReply(Time now, const Endpoint& from, const krpc::Message& message,
                          size_t size) {
  const auto& reply = std::get<krpc::Reply>(message.body);
  families[FamilyOf(from)].table.Prefetch(reply.id);
  const std::optional<Transaction> transaction = TakeTransaction(now, from, message);
  if (!transaction.has_value()) return;
  if (reply.id == id) {  // an echo of ourselves, or somebody who says he is us
    ++stats.malformed;
    OnSearchFailure(now, *transaction, false);
    TellPing(*transaction, nullptr, Duration::zero());
    TellProbe(*transaction, nullptr, Duration::zero());
    return;
  }
  ++stats.replies_in;
  NoteAnswer(now);
  Learn(now, from, reply.id, now - transaction->sent);
  NoteSeenAs(now, from, message);
  OnSearchReply(now, *transaction, reply, size);
  TellPing(*transaction, &reply.id, now - transaction->sent);
  TellProbe(*transaction, &message, now - transaction->sent);
  StartWaiting(now);
}

void Node::State::OnError(Time now, const Endpoint& from, const krpc::Message& message) {
  const std::optional<Transaction> transaction = TakeTransaction(now, from, message);
  if (!transaction.has_value()) return;
  ++stats.errors_in;
  NoteAnswer(now);
  OnPutRefused(*transaction, std::get<krpc::Error>(message.body));
  OnSearchFailure(now, *transaction, false);
  TellPing(*transaction, nullptr, Duration::zero());
  TellProbe(*transaction, &message, now - transaction->sent);
}

std::optional<Transaction> Node::State::TakeTransaction(Time now, const Endpoint& from,
                                                        const krpc::Message& message) {
  std::optional<Transaction> transaction;
  if (message.transaction_id.size() == sizeof(uint32_t)) {
    const auto number = LoadBig<uint32_t>(message.transaction_id.data());
    transaction = transactions.Take(now, number, from);
  }
  if (!transaction.has_value()) ++stats.unsolicited;
  return transaction;
}

void Node::State::OnDeadline(Time now) {
  while (const std::optional<Transaction> lost = transactions.TakeLost(now)) OnLost(now, *lost);
  while (const std::optional<Transaction> slow = transactions.NextSlow(now))
    OnSearchSlow(now, *slow);
  if (now >= bootstrap_at) OnBootstrapDue(now);
  if (now >= upkeep_at) OnUpkeepDue(now);
  for (Family& family : families) {
    if (now >= family.refresh_at) Refresh(now, family);
  }
  if (now >= searches_due) OnSearchesDue(now);
  Deliver(now);
}

void Node::State::OnLost(Time now, const Transaction& transaction) {
  ++stats.timeouts;
  Family& family = families[FamilyOf(transaction.to)];
  // When nobody has answered since, the fault may be ours; a refresh asks again soon.
  if (losses_in_a_row < kLossesOfAnOutage) ++losses_in_a_row;
  const bool may_be_us =
      options.defences.outages &&
      (is_cut_off() || (last_reply < transaction.sent && transaction.kind != QueryKind::kRefresh));
  const auto loss = family.table.OnTimeout(ToStamp(now), transaction.to, may_be_us);
  if (loss != RoutingTable::Loss::kNotOurs && !is_cut_off()) {
    family.refresh_at = std::min(family.refresh_at, now + seconds(5));
  }
  OnSearchFailure(now, transaction, true);
  TellPing(transaction, nullptr, Duration::zero());
  TellProbe(transaction, nullptr, Duration::zero());
  const bool is_alone = loss == RoutingTable::Loss::kDropped && family.table.empty();
  if (is_alone || is_cut_off()) PlanBootstrap(now);
}

Time Node::State::next_deadline() const {
  return std::min({transactions.next_deadline(), bootstrap_at, upkeep_at, families[0].refresh_at,
                   families[1].refresh_at, searches_due});
}

void Node::State::TellPing(const Transaction& transaction, const NodeId* node_id,
                           Duration round_trip) {
  if (transaction.kind != QueryKind::kPing) return;
  const auto ping = std::find_if(pings.begin(), pings.end(), [&](const PendingPing& other) {
    return other.transaction == transaction.id;
  });
  CHECK(ping != pings.end());
  Notice notice(Notice::Kind::kPing);
  notice.ping = ping->sink;
  notice.node = transaction.to;
  if (node_id != nullptr) notice.node_id = *node_id;
  notice.round_trip = round_trip;
  notices.push_back(notice);
  pings.erase(ping);
}

void Node::State::Deliver(Time now) {
  if (is_delivering || notices.empty()) return;
  bool is_destroyed = false;
  destroyed = &is_destroyed;
  is_delivering = true;
  // Held here, because a sink may destroy everything while it looks at its peers.
  const std::vector<Notice> batch = std::exchange(notices, {});
  const std::vector<Endpoint> peers = std::exchange(found, {});
  for (const Notice& notice : batch) {
    Tell(now, notice, peers);
    if (is_destroyed) return;
  }
  is_delivering = false;
  destroyed = nullptr;
  // What the sinks' own commands have caused is told in an event of its own.
  if (!notices.empty()) searches_due = std::min(searches_due, now);
}

void Node::State::Tell(Time now, const Notice& notice, std::span<const Endpoint> peers) {
  if (notice.kind == Notice::Kind::kPing) {
    const NodeId* node_id = notice.node_id.has_value() ? &*notice.node_id : nullptr;
    notice.ping->OnPing(now, notice.node, node_id, notice.round_trip);
    return;
  }
  if (notice.kind == Notice::Kind::kProbe) {
    notice.probe->OnAnswer(now, *notice.answer);
    return;
  }
  const Search* search = searches.Find(notice.lookup);
  if (search == nullptr) return;  // cancelled meanwhile
  if (notice.kind == Notice::Kind::kDone) {
    TellDone(now, notice.lookup);
    return;
  }
  if (notice.kind == Notice::Kind::kItem) {
    search->item->Tell(now, notice.lookup);
    return;
  }
  const size_t count = notice.peers_end - notice.peers_begin;
  search->sink->OnPeers(now, notice.lookup, peers.subspan(notice.peers_begin, count));
}

Node::Node(const Options& options, DatagramPort& port, Random& random)
    : state_(std::make_unique<State>(WithinLimits(options), port, random)) {}

Node::~Node() = default;

void Node::OnDatagram(Time now, const Endpoint& from, ByteView bytes) {
  state_->OnDatagram(now, from, bytes);
}

void Node::OnDeadline(Time now) { state_->OnDeadline(now); }

Time Node::next_deadline() const { return state_->next_deadline(); }

void Node::Cancel(LookupId lookup) {
  const Search* search = state_->searches.Find(lookup);
  if (search != nullptr && search->sink != nullptr) state_->searches.Take(lookup);
}

void Node::SetAnnounceListener(AnnounceListener& listener) {
  state_->server.SetAnnounceListener(listener);
}

void Node::Ping(Time now, const Endpoint& node, PingSink& sink) {
  State& state = *state_;
  if (state.IsOurFamily(node) &&
      state.Query(now, QueryKind::kPing, node, LookupId{}, krpc::Ping{state.id})) {
    state.pings.push_back({state.transactions.newest().id, &sink});
    return;
  }
  State::Notice notice(State::Notice::Kind::kPing);
  notice.ping = &sink;
  notice.node = node;
  state.notices.push_back(notice);
  state.searches_due = std::min(state.searches_due, now);
}

void Node::Prefetch(int step) const {
  const State& state = *state_;
  if (step == 0) {
    const auto* begin = reinterpret_cast<const std::byte*>(&state);
    const auto* end = reinterpret_cast<const std::byte*>(&state.families[0].peers);
    PrefetchLines(begin, static_cast<size_t>(end - begin));
    PrefetchLines(&state.families[1].refresh_at, 1);
  } else {
    state.transactions.Prefetch();
    state.server.Prefetch();
    if (step == 2) state.families[0].table.Prefetch();
  }
}

const NodeId& Node::id() const { return state_->id; }

bool Node::is_unreachable() const { return state_->is_unreachable(); }

Stats Node::stats() const {
  Stats stats = state_->stats;
  stats.table_nodes = CountVerified(state_->families[0].table);
  stats.table_nodes_v6 = CountVerified(state_->families[1].table);
  stats.lookups_running = static_cast<uint32_t>(state_->searches.size());
  for (const Family& family : state_->families) {
    stats.stored_peers += static_cast<uint32_t>(family.peers.peers());
  }
  return stats;
}

std::vector<Contact> Node::contacts() const {
  std::vector<Contact> contacts;
  for (const Family& family : state_->families) {
    for (const Contact& contact : family.table.contacts()) {
      if (contact.failures == 0) contacts.push_back(contact);
    }
  }
  return contacts;
}

std::string Node::Save(Time now) const {
  std::vector<Contact> good = contacts();
  const uint32_t now_s = ToStamp(now);
  std::erase_if(good, [now_s](const Contact& contact) { return !contact.IsGood(now_s); });
  return WriteSnapshot(state_->id, good);
}

bool Node::Restore(Time now, absl::string_view text) {
  const std::optional<Snapshot> snapshot = ReadSnapshot(text);
  if (!snapshot.has_value()) return false;
  State& state = *state_;
  if (!state.is_id_chosen && state.HasNoContacts() && state.stats.datagrams_out == 0) {
    state.id = snapshot->id;
    state.families = MakeFamilies(state.id, state.options);
  }
  // Some are remembered even if they do not answer now: it may be us who cannot be reached.
  const size_t step = snapshot->nodes.size() / Acquaintances::kMax + 1;
  for (size_t i = 0; i < snapshot->nodes.size(); i += step) {
    const Endpoint& node = snapshot->nodes[i].endpoint;
    if (state.IsOurFamily(node)) state.Remember(node);
  }
  for (const krpc::Node& node : snapshot->nodes) {
    Family& family = state.families[FamilyOf(node.endpoint)];
    if (!family.is_enabled || state.IsRefused(node.id, node.endpoint) ||
        !family.table.AddUnverified(node.id, node.endpoint))
      continue;
    family.refresh_at = now;
    state.upkeep_at = now;
  }
  return true;
}

}  // namespace starling::dht
