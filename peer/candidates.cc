#include "peer/candidates.h"

#include <algorithm>
#include <tuple>

namespace starling::peer {

std::vector<Candidates::Entry>::iterator Candidates::Place(const Endpoint& endpoint) {
  return std::lower_bound(entries_.begin(), entries_.end(), endpoint,
                          [](const Entry& a, const Endpoint& b) { return a.endpoint < b; });
}

const Candidates::Entry* Candidates::Find(const Endpoint& endpoint) const {
  const auto at =
      std::lower_bound(entries_.begin(), entries_.end(), endpoint,
                       [](const Entry& a, const Endpoint& b) { return a.endpoint < b; });
  return at == entries_.end() || at->endpoint != endpoint ? nullptr : &*at;
}

Candidates::Entry* Candidates::Change(const Endpoint& endpoint) {
  const auto at = Place(endpoint);
  if (at == entries_.end() || at->endpoint != endpoint) return nullptr;
  Forget();
  return &*at;
}

bool Candidates::IsCandidate(const Entry& entry, bool skip_seeds) const {
  return !entry.in_use && !entry.own && entry.failures < kFailuresMax &&
         !(skip_seeds && entry.seed);
}

bool Candidates::Add(const Endpoint& endpoint, PeerSource source) {
  if (!endpoint.is_usable()) return false;
  auto at = Place(endpoint);
  if (at != entries_.end() && at->endpoint == endpoint) {
    at->source = std::min<PeerSource>(at->source, source);
    // Named again after we gave it up: it may be back, and gets one more chance.
    if (at->failures >= kFailuresMax && at->failures < 255) {
      at->failures = kFailuresMax - 1;
      Forget();
    }
    return false;
  }
  if (entries_.size() >= max_) {
    if (!MakeRoom(source)) return false;
    at = Place(endpoint);
  }
  Entry entry;
  entry.endpoint = endpoint;
  entry.source = source;
  entry.draw = DrawFor(endpoint);
  const auto place = at - entries_.begin();
  if (entries_.size() == entries_.capacity()) {
    // No more than there may be, nor twice what there is: this is a large part of a node.
    entries_.reserve(std::min(max_, entries_.size() + entries_.size() / 4 + 8));
  }
  entries_.insert(entries_.begin() + place, entry);
  Forget();
  return true;
}

uint32_t Candidates::DrawFor(const Endpoint& endpoint) {
  const Endpoint* own = own_address_ == nullptr ? nullptr : own_address_->Towards(endpoint);
  return own == nullptr ? static_cast<uint32_t>(random_.Next()) : ~PeerPriority(*own, endpoint);
}

void Candidates::OnOwnAddress() {
  for (Entry& entry : entries_) entry.draw = DrawFor(entry.endpoint);
}

// Replaces the worst one not in use, if the newcomer's source is trusted at least as much.
bool Candidates::MakeRoom(PeerSource source) {
  if (full_for_.has_value() && source >= *full_for_) return false;
  const auto badness = [](const Entry& entry) {
    const PeerSource from = entry.source;
    return std::tuple(entry.failures > 0, from, entry.failures, entry.draw);
  };
  auto worst = entries_.end();
  for (auto it = entries_.begin(); it != entries_.end(); ++it) {
    if (it->in_use || it->own) continue;
    if (worst == entries_.end() || badness(*it) > badness(*worst)) worst = it;
  }
  if (worst == entries_.end() || (worst->failures == 0 && worst->source <= source)) {
    full_for_ = source;
    return false;
  }
  entries_.erase(worst);
  return true;
}

std::vector<Endpoint> Candidates::RemoveUntracked() {
  std::vector<Endpoint> removed;
  std::erase_if(entries_, [&](const Entry& entry) {
    if (entry.source != PeerSource::kDht && entry.source != PeerSource::kPeerExchange) return false;
    removed.push_back(entry.endpoint);
    return true;
  });
  Forget();
  return removed;
}

std::optional<Endpoint> Candidates::TakeNext(Time now, bool skip_seeds) {
  if (next_ready(skip_seeds) > now) return std::nullopt;
  const auto order = [](const Entry& entry) {
    const PeerSource from = entry.source;
    return std::tuple(entry.failures > 0, from, entry.failures, entry.draw);
  };
  auto best = entries_.end();
  for (auto it = entries_.begin(); it != entries_.end(); ++it) {
    if (!IsCandidate(*it, skip_seeds) || it->ready > now) continue;
    if (best == entries_.end() || order(*it) < order(*best)) best = it;
  }
  if (best == entries_.end()) return std::nullopt;
  best->in_use = true;
  Forget();
  return best->endpoint;
}

Time Candidates::next_ready(bool skip_seeds) const {
  std::optional<Time>& known = known_ready_[skip_seeds ? 1 : 0];
  if (known.has_value()) return *known;
  Time earliest = kNever;
  for (const Entry& entry : entries_) {
    if (IsCandidate(entry, skip_seeds)) earliest = std::min(earliest, entry.ready);
  }
  known = earliest;
  return earliest;
}

void Candidates::SetInUse(const Endpoint& endpoint) {
  if (Entry* entry = Change(endpoint)) entry->in_use = true;
}

void Candidates::OnClosed(Time now, const Endpoint& endpoint, bool served) {
  Entry* entry = Change(endpoint);
  if (entry == nullptr) return;
  entry->in_use = false;
  entry->failures = served ? 1 : static_cast<uint8_t>(std::min(entry->failures + 1, 254));
  const uint32_t doublings = std::min<uint32_t>(entry->failures - 1u, kFailuresMax);
  entry->ready = now + std::min<Duration>(kRetryMin * (int64_t{1} << doublings), kRetryMax);
}

void Candidates::GiveUp(const Endpoint& endpoint) {
  Entry* entry = Change(endpoint);
  if (entry == nullptr) return;
  entry->in_use = false;
  entry->failures = 255;
}

uint32_t Candidates::untried(bool skip_seeds) const {
  return static_cast<uint32_t>(
      std::count_if(entries_.begin(), entries_.end(),
                    [&](const Entry& entry) { return IsCandidate(entry, skip_seeds); }));
}

void Candidates::SetSeed(const Endpoint& endpoint) {
  const Entry* known = Find(endpoint);
  if (known == nullptr || known->seed) return;
  Change(endpoint)->seed = true;
}

void Candidates::SetOwn(const Endpoint& endpoint) {
  if (Entry* entry = Change(endpoint)) entry->own = true;
}

bool Candidates::IsInUse(const Endpoint& endpoint) const {
  const Entry* entry = Find(endpoint);
  return entry != nullptr && entry->in_use;
}

std::optional<PeerSource> Candidates::SourceOf(const Endpoint& endpoint) const {
  const Entry* entry = Find(endpoint);
  if (entry == nullptr) return std::nullopt;
  return entry->source;
}

}  // namespace starling::peer
