#include "dht/closest_secure.h"

#include <algorithm>

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

}  // namespace starling::dht
