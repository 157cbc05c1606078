#include "dht/closest_secure.h"

#include <algorithm>
#include <utility>

namespace starling::dht {

std::vector<const Candidate*> ChooseClosest(const Lookup& lookup, size_t closest_max,
                                            IdSecurity security, bool needs_token) {
  std::vector<const Candidate*> chosen;
  std::vector<const Candidate*> others;  // farther ones whose ids are bound
  size_t unbound = 0;                    // of the chosen
  const bool is_choosy = security == IdSecurity::kPrefer;
  for (const Candidate& candidate : lookup.candidates()) {
    if (candidate.state != Candidate::State::kAnswered) continue;
    if (needs_token && candidate.token_size == 0) continue;
    const bool is_bound = is_choosy && IsSecureId(candidate.id, candidate.endpoint);
    if (chosen.size() < closest_max) {
      chosen.push_back(&candidate);
      unbound += is_bound ? 0 : 1;
    } else if (is_bound) {
      others.push_back(&candidate);
    }
  }
  if (!is_choosy) return chosen;
  others.resize(std::min({closest_max / 2, unbound, others.size()}));
  size_t leaving = others.size();
  for (size_t i = chosen.size(); leaving > 0; --i) {
    const Candidate& candidate = *chosen[i - 1];
    if (IsSecureId(candidate.id, candidate.endpoint)) continue;
    chosen.erase(chosen.begin() + static_cast<std::ptrdiff_t>(i - 1));
    --leaving;
  }
  chosen.insert(chosen.end(), others.begin(), others.end());  // all of them farther
  return chosen;
}

std::vector<const Candidate*> ChooseClosest(const LookupPaths& paths, size_t closest_max,
                                            IdSecurity security, bool needs_token) {
  std::vector<const Candidate*> chosen =
      ChooseClosest(paths.path(0), closest_max, security, needs_token);
  if (paths.size() == 1) return chosen;
  std::vector<std::vector<const Candidate*>> of_path;
  of_path.push_back(std::move(chosen));
  for (size_t i = 1; i < paths.size(); ++i) {
    of_path.push_back(ChooseClosest(paths.path(i), closest_max, security, needs_token));
  }
  chosen.clear();
  const auto is_chosen = [&chosen](const Candidate* candidate) {
    return std::any_of(chosen.begin(), chosen.end(), [&](const Candidate* other) {
      return other->endpoint == candidate->endpoint;
    });
  };
  std::vector<size_t> next(of_path.size(), 0);
  bool is_any_left = true;
  while (chosen.size() < closest_max && is_any_left) {
    is_any_left = false;
    for (size_t i = 0; i < of_path.size() && chosen.size() < closest_max; ++i) {
      while (next[i] < of_path[i].size() && is_chosen(of_path[i][next[i]])) ++next[i];
      if (next[i] == of_path[i].size()) continue;
      chosen.push_back(of_path[i][next[i]++]);
      is_any_left = true;
    }
  }
  std::sort(chosen.begin(), chosen.end(), [&](const Candidate* a, const Candidate* b) {
    return IsCloser(paths.target(), a->id, b->id);
  });
  return chosen;
}

}  // namespace starling::dht
