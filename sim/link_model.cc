#include "sim/link_model.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/random.h"
#include "sim/samplers.h"

namespace starling::sim {
namespace {

// Distinguishes the draws made of one seed.
enum Purpose : uint64_t {
  kPlace = 0x706c6163,
  kJitter = 0x6a697474,
  kLoss = 0x6c6f7373,
  kPair = 0x70616972
};

struct Cluster {
  uint32_t weight;  // of 100
  double x_ms, y_ms, deviation_x_ms, deviation_y_ms;
};
constexpr std::array<Cluster, 6> kClusters = {{
    {46, 24, 69, 18, 17},
    {26, -26, -46, 12, 22},
    {6, -22, -137, 25, 45},
    {12, 140, -165, 35, 30},
    {5, -178, -135, 42, 44},
    {5, 60, 150, 40, 30},
}};

constexpr double kJitterSigma = 0.08;
constexpr uint32_t kJitterSteps = 4096;
constexpr Duration kLanRoundTrip = microseconds(200);

}  // namespace

LinkModel::LinkModel(const LinkOptions& options, uint64_t seed)
    : options_(options), seed_(seed), loss_limit_((uint64_t{options.loss_ppm} << 32) / 1'000'000) {
  if (options.profile == LatencyProfile::kLan) return;
  jitter_.reserve(kJitterSteps);
  for (uint32_t i = 0; i < kJitterSteps; ++i) {
    const double p = (i + 0.5) / kJitterSteps;
    const double factor = Exp(kJitterSigma * NormalQuantile(0.5 + p / 2));
    jitter_.push_back(static_cast<uint32_t>(factor * 65536 + 0.5));
  }
}

Coordinates LinkModel::Place(uint64_t serial) const {
  if (options_.profile == LatencyProfile::kLan) return {0, 0, 0};
  SeededRandom random = SeededRandom::For(seed_, serial, kPlace);
  uint64_t pick = random.Below(100);
  size_t index = 0;
  while (pick >= kClusters[index].weight) pick -= kClusters[index++].weight;
  const Cluster& cluster = kClusters[index];
  const double x = cluster.x_ms + cluster.deviation_x_ms * DrawNormal(random);
  const double y = cluster.y_ms + cluster.deviation_y_ms * DrawNormal(random);
  const bool mobile = options_.profile == LatencyProfile::kMobile;
  const double h = DrawLognormal(random, mobile ? 30 : 8, mobile ? 1.0 : 0.8);
  const double scale = options_.scale_ppm / 1000.0;  // from milliseconds to scaled microseconds
  return {static_cast<int32_t>(x * scale), static_cast<int32_t>(y * scale),
          options_.access_delay ? static_cast<uint32_t>(h * scale) : 0u};
}

Duration LinkModel::RoundTrip(const Coordinates& a, const Coordinates& b) const {
  if (options_.profile == LatencyProfile::kLan) return kLanRoundTrip;
  const double x = static_cast<double>(a.x_us) - b.x_us;
  const double y = static_cast<double>(a.y_us) - b.y_us;
  // sqrt is rounded correctly everywhere, unlike the rest of libm.
  const auto distance = static_cast<int64_t>(std::sqrt(x * x + y * y));
  return Duration(distance + a.h_us + b.h_us);
}

Duration LinkModel::OneWay(const Coordinates& from, const Coordinates& to, uint64_t packet) const {
  const int64_t half = RoundTrip(from, to).count() / 2;
  if (jitter_.empty()) return Duration(half);
  const uint64_t draw = MixBits(MixBits(seed_ ^ kJitter) ^ packet);
  return Duration((half * jitter_[draw % kJitterSteps]) >> 16);
}

bool LinkModel::DrawsForPair(uint64_t serial, uint64_t other, uint32_t ppm) const {
  if (ppm == 0) return false;
  return HashNumbers({seed_, kPair, std::min(serial, other), std::max(serial, other)}) % 1'000'000 <
         ppm;
}

bool LinkModel::Loses(uint64_t packet) const {
  if (loss_limit_ == 0) return false;
  return (MixBits(MixBits(seed_ ^ kLoss) ^ packet) >> 32) < loss_limit_;
}

}  // namespace starling::sim
