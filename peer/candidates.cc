#include "peer/candidates.h"

#include <algorithm>
#include <tuple>

namespace starling::peer {

namespace {

// Who is tried first, the lowest; and who has to go when there is no room, the highest.
auto Rank(const CandidateState& state) {
  const PeerSource from = state.source;
  return std::tuple(state.failures > 0, from, state.failures, state.draw());
}

}  // namespace

CandidateState* Candidates::Find(const Endpoint& endpoint) {
  return endpoint.is_v4() ? v4_.Find(endpoint) : v6_.Find(endpoint);
}

const CandidateState* Candidates::Find(const Endpoint& endpoint) const {
  return const_cast<Candidates*>(this)->Find(endpoint);
}

CandidateState* Candidates::Change(const Endpoint& endpoint) {
  CandidateState* state = Find(endpoint);
  if (state != nullptr) Forget();
  return state;
}

void Candidates::Erase(const Endpoint& endpoint) {
  waits_.erase(endpoint);
  if (endpoint.is_v4()) {
    v4_.Erase(endpoint);
  } else {
    v6_.Erase(endpoint);
  }
}

bool Candidates::IsCandidate(const CandidateState& state, bool skip_seeds) const {
  return !state.in_use && !state.own && state.failures < kFailuresMax &&
         !(skip_seeds && state.seed);
}

bool Candidates::Add(const Endpoint& endpoint, PeerSource source) {
  if (!endpoint.is_usable()) return false;
  if (CandidateState* known = Find(endpoint); known != nullptr) {
    known->source = std::min<PeerSource>(known->source, source);
    // Named again after we gave it up: it may be back, and gets one more chance.
    if (known->failures >= kFailuresMax && known->failures < 255) {
      known->failures = kFailuresMax - 1;
      Forget();
    }
    return false;
  }
  if (size() >= max_ && !MakeRoom(source)) return false;
  CandidateState state;
  state.source = source;
  state.set_draw(DrawFor(endpoint));
  if (endpoint.is_v4()) {
    v4_.Insert(endpoint, state, max_);
  } else {
    v6_.Insert(endpoint, state, max_);
  }
  Forget();
  return true;
}

uint32_t Candidates::DrawFor(const Endpoint& endpoint) {
  const Endpoint* own = own_address_ == nullptr ? nullptr : own_address_->Towards(endpoint);
  return own == nullptr ? static_cast<uint32_t>(random_.Next()) : ~PeerPriority(*own, endpoint);
}

void Candidates::OnOwnAddress() {
  ForEach([&](auto& entry) { entry.state.set_draw(DrawFor(entry.endpoint())); });
}

// Replaces the worst one not in use, if the newcomer's source is trusted at least as much.
bool Candidates::MakeRoom(PeerSource source) {
  if (full_for_.has_value() && source >= *full_for_) return false;
  const CandidateState* worst = nullptr;
  Endpoint address;
  ForEach([&](const auto& entry) {
    if (entry.state.in_use || entry.state.own) return;
    if (worst != nullptr && Rank(entry.state) <= Rank(*worst)) return;
    worst = &entry.state;
    address = entry.endpoint();
  });
  if (worst == nullptr || (worst->failures == 0 && worst->source <= source)) {
    full_for_ = source;
    return false;
  }
  Erase(address);
  return true;
}

std::vector<Endpoint> Candidates::RemoveUntracked() {
  std::vector<Endpoint> removed;
  ForEach([&](const auto& entry) {
    const PeerSource from = entry.state.source;
    if (from != PeerSource::kDht && from != PeerSource::kPeerExchange) return;
    removed.push_back(entry.endpoint());
  });
  for (const Endpoint& endpoint : removed) Erase(endpoint);
  Forget();
  return removed;
}

std::optional<Endpoint> Candidates::TakeNext(Time now, bool skip_seeds) {
  if (next_ready(skip_seeds) > now) return std::nullopt;
  CandidateState* best = nullptr;
  Endpoint address;
  ForEach([&](auto& entry) {
    if (!IsCandidate(entry.state, skip_seeds) || ReadyOf(entry) > now) return;
    if (best != nullptr && Rank(entry.state) >= Rank(*best)) return;
    best = &entry.state;
    address = entry.endpoint();
  });
  if (best == nullptr) return std::nullopt;
  best->in_use = true;
  Forget();
  return address;
}

Time Candidates::next_ready(bool skip_seeds) const {
  std::optional<Time>& known = known_ready_[skip_seeds ? 1 : 0];
  if (known.has_value()) return *known;
  Time earliest = kNever;
  ForEach([&](const auto& entry) {
    if (IsCandidate(entry.state, skip_seeds)) earliest = std::min(earliest, ReadyOf(entry));
  });
  known = earliest;
  return earliest;
}

void Candidates::SetInUse(const Endpoint& endpoint) {
  if (CandidateState* state = Change(endpoint)) state->in_use = true;
}

void Candidates::OnClosed(Time now, const Endpoint& endpoint, bool served) {
  CandidateState* state = Change(endpoint);
  if (state == nullptr) return;
  state->in_use = false;
  state->failures = served ? 1 : static_cast<uint8_t>(std::min(state->failures + 1, 254));
  const uint32_t doublings = std::min<uint32_t>(state->failures - 1u, kFailuresMax);
  waits_[endpoint] = now + std::min<Duration>(kRetryMin * (int64_t{1} << doublings), kRetryMax);
  state->waits = true;
}

void Candidates::GiveUp(const Endpoint& endpoint) {
  CandidateState* state = Change(endpoint);
  if (state == nullptr) return;
  state->in_use = false;
  state->failures = 255;
}

uint32_t Candidates::untried(bool skip_seeds) const {
  uint32_t count = 0;
  ForEach([&](const auto& entry) { count += IsCandidate(entry.state, skip_seeds) ? 1 : 0; });
  return count;
}

void Candidates::SetSeed(const Endpoint& endpoint) {
  const CandidateState* known = Find(endpoint);
  if (known == nullptr || known->seed) return;
  Change(endpoint)->seed = true;
}

void Candidates::SetOwn(const Endpoint& endpoint) {
  if (CandidateState* state = Change(endpoint)) state->own = true;
}

bool Candidates::IsInUse(const Endpoint& endpoint) const {
  const CandidateState* state = Find(endpoint);
  return state != nullptr && state->in_use;
}

std::optional<PeerSource> Candidates::SourceOf(const Endpoint& endpoint) const {
  const CandidateState* state = Find(endpoint);
  if (state == nullptr) return std::nullopt;
  return state->source;
}

}  // namespace starling::peer
