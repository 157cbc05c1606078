#include "cli/foreign_lookups.h"

#include <algorithm>
#include <array>
#include <variant>

#include "dht/krpc.h"

namespace starling::cli {

void ForeignLookups::OnStranger(Time now, size_t node, const Endpoint& from, ByteView bytes) {
  Note();
  const std::optional<dht::krpc::Message> message = dht::krpc::Parse(bytes);
  if (!message.has_value()) return;
  const auto* query = std::get_if<dht::krpc::GetPeers>(&message->body);
  if (query == nullptr) return;
  Watched* lookup = Find(now, {from, query->info_hash});
  if (lookup == nullptr) return;
  ++lookup->queries;
  asked_ = {lookup, from, static_cast<uint32_t>(node), now};
}

// The answer leaves before anything else that the query makes the node say.
void ForeignLookups::OnSend(const Endpoint& to, Duration way) {
  if (!asked_.has_value() || asked_->is_sent || asked_->from != to) return;
  asked_->way = way;
  asked_->is_sent = true;
}

ForeignLookups::Watched* ForeignLookups::Find(Time now, const Key& key) {
  const auto found = lookups_.find(key);
  if (found != lookups_.end()) return &found->second;
  if (lookups_.size() >= kLookupsMax) return nullptr;
  Watched& lookup = lookups_[key];
  lookup.begun = now;
  std::array<sim::LiveIds::Entry, kClosest> closest;
  const size_t count = ids_.Closest(NodeId::From(key.second), closest);
  for (size_t i = 0; i < count; ++i) lookup.closest.push_back(closest[i].node);
  return &lookup;
}

// The query before has its answer.
void ForeignLookups::Note() {
  if (!asked_.has_value()) return;
  Watched& lookup = *asked_->lookup;
  const Duration answered = asked_->at + asked_->way - lookup.begun;
  lookup.done = std::max(lookup.done, answered);
  const auto node = std::find(lookup.closest.begin(), lookup.closest.end(), asked_->node);
  if (node != lookup.closest.end()) {
    lookup.closest.erase(node);
    ++lookup.found;
    lookup.first = std::min(lookup.first, answered);
  }
  asked_.reset();
}

std::vector<sim::DhtLookup> ForeignLookups::Take() {
  Note();
  std::vector<sim::DhtLookup> taken;
  for (const auto& [key, watched] : lookups_) {
    if (watched.first == kNotYet) continue;  // cut off, or not a lookup
    sim::DhtLookup lookup;
    lookup.target = NodeId::From(key.second);
    lookup.started = watched.begun;
    lookup.hops = lookup.timeouts = lookup.bytes = sim::DhtLookup::kUnknown;
    lookup.queries = watched.queries;
    lookup.first = watched.first;
    lookup.done = watched.done;
    lookup.found = watched.found;
    lookup.recall = static_cast<double>(watched.found) /
                    static_cast<double>(watched.found + watched.closest.size());
    taken.push_back(lookup);
  }
  lookups_.clear();
  return taken;
}

}  // namespace starling::cli
