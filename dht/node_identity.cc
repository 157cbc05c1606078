// Who we are and whom we take for what they say they are (BEP 42): the id that follows our address,
// ids that are refused or preferred, and one node of each network (/24, /48) where it matters, so
// that an attacker's choice of ids and addresses buys him little.

#include <algorithm>

#include "dht/node_state.h"
#include "dht/size_estimate.h"

namespace starling::dht {
namespace {

// Whoever makes us hop makes us lose our neighbourhood, so it does not happen often.
constexpr Duration kMovePause = minutes(30);

bool IsSameNetwork(const Endpoint& a, const Endpoint& b) {
  return a.prefix() == b.prefix() && !a.SameAddress(b) && a.is_v4() == b.is_v4();
}

// Has another address of its network answered already?
bool IsNetworkCounted(const LookupPaths& lookup, const Endpoint& endpoint) {
  if (endpoint.is_private()) return false;
  for (size_t i = 0; i < lookup.size(); ++i) {
    for (const Candidate& other : lookup.path(i).candidates()) {
      if (other.state != Candidate::State::kAnswered) continue;
      if (IsSameNetwork(other.endpoint, endpoint)) return true;
    }
  }
  return false;
}

}  // namespace

bool Node::State::IsRefused(const NodeId& heard, const Endpoint& endpoint) const {
  return security == IdSecurity::kEnforce && !IsSecureId(heard, endpoint);
}

bool Node::State::MayCount(const LookupPaths& lookup, const NodeId& heard,
                           const Endpoint& endpoint) const {
  if (IsRefused(heard, endpoint)) return false;
  return !options.one_per_network || !IsNetworkCounted(lookup, endpoint);
}

bool Node::State::MayEnter(RoutingTable& table, const NodeId& answerer, const Endpoint& from) {
  if (IsRefused(answerer, from)) return false;
  if (from.is_private()) return true;
  const std::span<const Contact> contacts = table.contacts();
  const bool is_network_known =
      options.one_per_network &&
      std::any_of(contacts.begin(), contacts.end(), [&](const Contact& contact) {
        return contact.failures == 0 && IsSameNetwork(contact.endpoint, from);
      });
  if (is_network_known) return false;
  if (security != IdSecurity::kPrefer) return true;
  if (!table.HasRoom(answerer) && table.Find(answerer) == nullptr && IsSecureId(answerer, from)) {
    table.YieldInsecure(answerer);
  }
  return true;
}

// An answer of `from` says what our address is.
void Node::State::NoteSeenAs(Time now, const Endpoint& from, const krpc::Message& message) {
  if (!options.follows_address || !message.seen_as.has_value()) return;
  if (rare == nullptr) rare = std::make_unique<Rare>();
  const size_t family = FamilyOf(from);
  AddressVotes& votes = rare->votes[family];
  if (votes.Note(from, *message.seen_as).has_value()) rare->is_moving = true;
  if (!rare->is_moving || now < rare->move_from || !votes.agreed().has_value()) return;
  // One id serves both families; it belongs to the IPv4 address where there is one.
  if (family == 1 && !families[0].table.empty()) return;
  rare->is_moving = false;
  if (IsSecureId(id, *votes.agreed())) return;
  rare->move_from = now + kMovePause;
  MoveTo(now, DrawSecureId(*votes.agreed(), random));
}

// Ids are uniform, so our eighth closest contact lies at about 8/N of the id space.
void Node::State::JudgeStrangers(Time now) {
  if (options.strangers_expected_from == 0) return;
  if (is_cut_off()) {  // then nobody comes, strangers or not
    if (rare != nullptr) rare->strangers = {};
    return;
  }
  for (size_t index = 0; index < families.size(); ++index) {
    const RoutingTable& table = families[index].table;
    std::array<const Contact*, 8> closest;
    const size_t found = table.FindClosest(
        id, closest, [](const Contact& contact) { return contact.failures == 0; });
    const bool is_large = found == closest.size() &&
                          DistanceShare(id, closest.back()->id) * options.strangers_expected_from <=
                              static_cast<double>(closest.size());
    if (is_large && rare == nullptr) rare = std::make_unique<Rare>();
    if (rare != nullptr) rare->strangers[index].Judge(now, is_large, table.size());
  }
}

bool Node::State::is_unreachable() const {
  if (rare == nullptr || HasNoContacts()) return false;
  for (size_t index = 0; index < families.size(); ++index) {
    if (!families[index].table.empty() && !rare->strangers[index].are_missing()) return false;
  }
  return true;
}

// Those we know are known to the new id as well, as far as its buckets have room. Whoever is near
// it is looked for at once.
void Node::State::MoveTo(Time now, const NodeId& new_id) {
  id = new_id;
  for (Family& family : families) {
    std::vector<Contact> known(family.table.contacts().begin(), family.table.contacts().end());
    known.insert(known.end(), family.table.replacements().begin(),
                 family.table.replacements().end());
    std::stable_sort(known.begin(), known.end(),
                     [](const Contact& a, const Contact& b) { return a.failures < b.failures; });
    family.table = RoutingTable(id, *options.variant, options.defences.identities);
    family.table.Fill(known, [](const Contact&) { return true; });
    family.peers.MoveTo(id);
    family.filled_bucket = 0;
  }
  server.MoveTo(id);
  for (Strangers& strangers : rare->strangers) strangers.Reset();
  upkeep_pause = seconds(5);
  upkeep_at = now;
}

}  // namespace starling::dht
