#include "peer/candidates.h"

#include <algorithm>
#include <tuple>

namespace starling::peer {

bool Candidates::IsCandidate(const Entry& entry, bool skip_seeds) const {
  return !entry.in_use && !entry.own && entry.failures < kFailuresMax &&
         !(skip_seeds && entry.seed);
}

bool Candidates::Add(const Endpoint& endpoint, PeerSource source) {
  if (!endpoint.is_usable()) return false;
  const auto known = entries_.find(endpoint);
  if (known != entries_.end()) {
    Entry& entry = known->second;
    entry.source = std::min(entry.source, source);
    // Named again after we gave it up: it may be back, and gets one more chance.
    if (entry.failures >= kFailuresMax && entry.failures < 255) entry.failures = kFailuresMax - 1;
    return false;
  }
  if (entries_.size() >= kMax && !MakeRoom(source)) return false;
  Entry entry;
  entry.source = source;
  entry.draw = static_cast<uint32_t>(random_.Next());
  entries_.emplace(endpoint, entry);
  return true;
}

// Replaces the worst one not in use, if the newcomer's source is trusted at least as much.
bool Candidates::MakeRoom(PeerSource source) {
  const auto badness = [](const Entry& entry) {
    return std::tuple(entry.failures > 0, entry.source, entry.failures, entry.draw);
  };
  auto worst = entries_.end();
  for (auto it = entries_.begin(); it != entries_.end(); ++it) {
    if (it->second.in_use || it->second.own) continue;
    if (worst == entries_.end() || badness(it->second) > badness(worst->second)) worst = it;
  }
  if (worst == entries_.end()) return false;
  if (worst->second.failures == 0 && worst->second.source <= source) return false;
  entries_.erase(worst);
  return true;
}

std::vector<Endpoint> Candidates::RemoveUntracked() {
  std::vector<Endpoint> removed;
  for (auto it = entries_.begin(); it != entries_.end();) {
    const PeerSource source = it->second.source;
    if (source == PeerSource::kDht || source == PeerSource::kPeerExchange) {
      removed.push_back(it->first);
      it = entries_.erase(it);
    } else {
      ++it;
    }
  }
  return removed;
}

std::optional<Endpoint> Candidates::TakeNext(Time now, bool skip_seeds) {
  const auto order = [](const Entry& entry) {
    return std::tuple(entry.failures > 0, entry.source, entry.failures, entry.draw);
  };
  auto best = entries_.end();
  for (auto it = entries_.begin(); it != entries_.end(); ++it) {
    if (!IsCandidate(it->second, skip_seeds) || it->second.ready > now) continue;
    if (best == entries_.end() || order(it->second) < order(best->second)) best = it;
  }
  if (best == entries_.end()) return std::nullopt;
  best->second.in_use = true;
  return best->first;
}

Time Candidates::next_ready(bool skip_seeds) const {
  Time earliest = kNever;
  for (const auto& [endpoint, entry] : entries_) {
    if (IsCandidate(entry, skip_seeds)) earliest = std::min(earliest, entry.ready);
  }
  return earliest;
}

void Candidates::SetInUse(const Endpoint& endpoint) {
  const auto it = entries_.find(endpoint);
  if (it != entries_.end()) it->second.in_use = true;
}

void Candidates::OnClosed(Time now, const Endpoint& endpoint, bool served) {
  const auto it = entries_.find(endpoint);
  if (it == entries_.end()) return;
  Entry& entry = it->second;
  entry.in_use = false;
  entry.failures = served ? 1 : static_cast<uint8_t>(std::min<uint32_t>(entry.failures + 1, 254));
  const uint32_t doublings = std::min<uint32_t>(entry.failures - 1, kFailuresMax);
  entry.ready = now + std::min<Duration>(kRetryMin * (int64_t{1} << doublings), kRetryMax);
}

void Candidates::GiveUp(const Endpoint& endpoint) {
  const auto it = entries_.find(endpoint);
  if (it == entries_.end()) return;
  it->second.in_use = false;
  it->second.failures = 255;
}

uint32_t Candidates::untried(bool skip_seeds) const {
  return static_cast<uint32_t>(std::count_if(entries_.begin(), entries_.end(),
                                             [&](const std::pair<const Endpoint, Entry>& it) {
                                               return IsCandidate(it.second, skip_seeds);
                                             }));
}

void Candidates::SetSeed(const Endpoint& endpoint) {
  const auto it = entries_.find(endpoint);
  if (it != entries_.end()) it->second.seed = true;
}

void Candidates::SetOwn(const Endpoint& endpoint) {
  const auto it = entries_.find(endpoint);
  if (it != entries_.end()) it->second.own = true;
}

bool Candidates::IsInUse(const Endpoint& endpoint) const {
  const auto it = entries_.find(endpoint);
  return it != entries_.end() && it->second.in_use;
}

std::optional<PeerSource> Candidates::SourceOf(const Endpoint& endpoint) const {
  const auto it = entries_.find(endpoint);
  if (it == entries_.end()) return std::nullopt;
  return it->second.source;
}

}  // namespace starling::peer
