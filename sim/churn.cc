#include "sim/churn.h"

#include <algorithm>
#include <array>

#include "base/random.h"
#include "sim/samplers.h"

namespace starling::sim {
namespace {

enum Purpose : uint64_t { kSession = 0x73657373, kStart = 0x73746172, kGoodbye = 0x676f6f64 };

// Fitted to measured sessions of a DHT and of three BitTorrent swarms; the last two are the
// settings of published comparisons.
constexpr std::array<SessionProfile, 6> kProfiles = {{
    {"kad", {0.5, 5000}},
    {"debian", {0.38, 2544}},
    {"redhat", {0.34, 1278}},
    {"flatout", {0.59, 2514}},
    {"stress", {0.5, 500}},
    {"exp1h", {1, 3600}},
}};

Duration Rounded(double seconds_long) {
  constexpr double kMostUs = static_cast<double>(Churn::kSessionMax.count());
  return Duration(static_cast<int64_t>(std::clamp(seconds_long * 1e6, 1.0, kMostUs)));
}

SeededRandom RandomOf(uint64_t seed, NodeIndex node, uint64_t session, uint64_t purpose) {
  return SeededRandom::For(seed, HashNumbers({node.value(), session}), purpose);
}

}  // namespace

std::span<const SessionProfile> SessionProfiles() { return kProfiles; }

std::optional<SessionModel> FindSessionModel(absl::string_view name) {
  for (const SessionProfile& profile : kProfiles) {
    if (profile.name == name) return profile.model;
  }
  return std::nullopt;
}

double MeanSessionSeconds(const SessionModel& model) {
  return model.scale_s * GammaFunction(1 + 1 / model.shape);
}

Duration Churn::SessionOf(NodeIndex node, uint64_t session) const {
  SeededRandom random = RandomOf(seed_, node, session, kSession);
  return Rounded(DrawWeibull(random, model_.shape, model_.scale_s));
}

Churn::Stay Churn::AtStart(NodeIndex node) const {
  SeededRandom random = RandomOf(seed_, node, 0, kStart);
  const double gamma = DrawGamma(random, 1 + 1 / model_.shape);
  const Duration whole = Rounded(model_.scale_s * Pow(gamma, 1 / model_.shape));
  // An integer draw, not a product, so that what is left is uniform to the last microsecond.
  const uint64_t left = random.Below(static_cast<uint64_t>(whole.count()));
  return {whole, Duration(static_cast<int64_t>(left) + 1)};
}

bool Churn::LeavesSilently(NodeIndex node, uint64_t session) const {
  SeededRandom random = RandomOf(seed_, node, session, kGoodbye);
  return random.Below(1'000'000) < silent_ppm_;
}

}  // namespace starling::sim
