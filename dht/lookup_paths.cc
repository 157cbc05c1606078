#include "dht/lookup_paths.h"

#include <algorithm>
#include <array>

#include "dht/tuned_variant.h"

namespace starling::dht {

LookupPaths::LookupPaths(const NodeId& target, const LookupVariant& variant, size_t paths)
    : first_(target, variant) {
  paths = std::clamp<size_t>(paths, 1, kPathsMax);
  if (paths == 1) return;
  others_ = std::make_unique<Others>();
  others_->variant = MakePlainVariant(std::max<size_t>(variant.closest_max() / paths, 1), 1);
  others_->paths.assign(paths - 1, Lookup(target, *others_->variant));
  // Together they may ask no more than one could.
  for (size_t i = 0; i < paths; ++i) {
    at(i).SetQueriesMax(Lookup::kQueriesMax / static_cast<int>(paths));
  }
}

void LookupPaths::SetReach(uint64_t reach) {
  for (size_t i = 0; i < size(); ++i) at(i).SetReach(reach);
}

bool LookupPaths::AddOwn(const NodeId& id, const Endpoint& endpoint, uint8_t rtt_class) {
  if (others_ == nullptr) return first_.Add(id, endpoint, 1, rtt_class);
  const size_t path = others_->next;
  others_->next = (path + 1) % size();
  return Add(path, id, endpoint, 1, rtt_class);
}

bool LookupPaths::AddFound(const NodeId& id, const Endpoint& endpoint, uint8_t hops,
                           uint8_t rtt_class) {
  return others_ == nullptr ? first_.Add(id, endpoint, hops, rtt_class)
                            : Add(0, id, endpoint, hops, rtt_class);
}

bool LookupPaths::AddNamed(const Endpoint& from, const NodeId& id, const Endpoint& endpoint,
                           uint8_t hops) {
  if (others_ == nullptr) return first_.Add(id, endpoint, hops);
  const Asked* asker = FindAsked(from);
  return asker != nullptr && Add(asker->path, id, endpoint, hops, 0);
}

// A candidate of `path` of whom other paths may know more already.
bool LookupPaths::Add(size_t path, const NodeId& id, const Endpoint& endpoint, uint8_t hops,
                      uint8_t rtt_class) {
  Lookup& lookup = at(path);
  if (!lookup.Add(id, endpoint, hops, rtt_class)) return false;
  const Asked* asked = FindAsked(endpoint);
  if (asked == nullptr) return true;
  const Candidate* known = at(asked->path).Find(endpoint);
  lookup.MarkAsked(endpoint);
  if (known == nullptr || known->state == Candidate::State::kFailed) {
    lookup.OnFailure(endpoint);
  } else if (known->state == Candidate::State::kSlow) {
    lookup.OnSlow(endpoint);
  } else if (known->state == Candidate::State::kAnswered) {
    lookup.OnReply(endpoint, known->id, known->token_view(), known->answered_ms);
  }
  return true;
}

void LookupPaths::Step(absl::FunctionRef<bool(const Candidate&)> ask) {
  if (others_ == nullptr) return first_.Step(ask);
  // Whoever asks hears the names: near the target, where all would ask the same, it is the turn of
  // the path that asked least.
  std::array<size_t, kPathsMax> queries{};
  for (const Asked& asked : others_->asked) ++queries[asked.path];
  std::array<size_t, kPathsMax> order{0, 1, 2, 3};
  std::stable_sort(order.begin(), order.begin() + size(),
                   [&](size_t a, size_t b) { return queries[a] < queries[b]; });
  for (size_t i = 0; i < size(); ++i) StepPath(order[i], ask);
}

void LookupPaths::StepPath(size_t path, absl::FunctionRef<bool(const Candidate&)> ask) {
  at(path).Step([&](const Candidate& candidate) {
    const Endpoint endpoint = candidate.endpoint;
    if (!ask(candidate)) return false;
    others_->asked.push_back({endpoint, static_cast<uint8_t>(path)});
    for (size_t i = 0; i < size(); ++i) {
      if (i != path) at(i).MarkAsked(endpoint);
    }
    return true;
  });
}

uint8_t LookupPaths::OnReply(const Endpoint& from, const NodeId& id, ByteView token,
                             uint32_t elapsed_ms) {
  if (others_ == nullptr) return first_.OnReply(from, id, token, elapsed_ms);
  const Asked* asker = FindAsked(from);
  if (asker == nullptr) return 0;
  const size_t path = asker->path;
  for (size_t i = 0; i < size(); ++i) {
    if (i != path) at(i).OnReply(from, id, token, elapsed_ms);
  }
  return at(path).OnReply(from, id, token, elapsed_ms);
}

const Candidate* LookupPaths::Find(const Endpoint& endpoint) const {
  for (size_t i = 0; i < size(); ++i) {
    if (const Candidate* candidate = path(i).Find(endpoint)) return candidate;
  }
  return nullptr;
}

bool LookupPaths::OnSlow(const Endpoint& to) {
  bool is_given_up = false;
  for (size_t i = 0; i < size(); ++i) is_given_up = at(i).OnSlow(to) || is_given_up;
  return is_given_up;
}

bool LookupPaths::OnFailure(const Endpoint& to) {
  bool is_new = true;
  for (size_t i = 0; i < size(); ++i) is_new = at(i).OnFailure(to) && is_new;
  return is_new;
}

bool LookupPaths::done() const {
  for (size_t i = 0; i < size(); ++i) {
    if (!path(i).done()) return false;
  }
  return true;
}

int LookupPaths::given_up() const {
  int most = first_.given_up();
  for (size_t i = 1; i < size(); ++i) most = std::max(most, path(i).given_up());
  return most;
}

const LookupPaths::Asked* LookupPaths::FindAsked(const Endpoint& endpoint) const {
  const auto found = std::find_if(others_->asked.begin(), others_->asked.end(),
                                  [&](const Asked& asked) { return asked.endpoint == endpoint; });
  return found == others_->asked.end() ? nullptr : &*found;
}

}  // namespace starling::dht
