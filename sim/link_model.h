// How long a packet travels, and whether it is lost: pure functions of the coordinates of two
// hosts, of the packet's number and of the seed. 12 bytes a host; no table of pairs exists.
//
// Round trip = |x_i - x_j| + h_i + h_j with x in a plane fitted to the real Internet and h the
// delay of the access link; each packet takes half of it times exp(|g|), g ~ N(0, 0.08).
#pragma once

#include <cstdint>
#include <vector>

#include "base/time.h"

namespace starling::sim {

enum class LatencyProfile {
  kLan,      // 0.2 ms round trip, always
  kDefault,  // the Internet: mean 172 ms, median 160 ms
  kMobile,   // the same places with slower access: h has median 30 ms, sigma 1.0
};

struct Coordinates {
  int32_t x_us;
  int32_t y_us;
  uint32_t h_us;
};
static_assert(sizeof(Coordinates) == 12);

struct LinkOptions {
  LatencyProfile profile = LatencyProfile::kDefault;
  uint32_t loss_ppm = 5000;        // datagrams lost in a million
  bool access_delay = true;        // false: h is 0
  uint32_t scale_ppm = 1'000'000;  // of all distances and delays
};

class LinkModel {
 public:
  LinkModel(const LinkOptions& options, uint64_t seed);

  // Where the host `serial` lives; each generation of a slot has a serial of its own.
  Coordinates Place(uint64_t serial) const;
  Duration RoundTrip(const Coordinates& a, const Coordinates& b) const;  // without jitter
  Duration OneWay(const Coordinates& from, const Coordinates& to, uint64_t packet) const;
  bool Loses(uint64_t packet) const;
  // A chance of `ppm` in a million for the pair of hosts, the same whichever is named first.
  bool DrawsForPair(uint64_t serial, uint64_t other, uint32_t ppm) const;

 private:
  LinkOptions options_;
  uint64_t seed_;
  uint64_t loss_limit_;           // of 2^32
  std::vector<uint32_t> jitter_;  // quantiles of exp(|g|), times 65536
};

}  // namespace starling::sim
