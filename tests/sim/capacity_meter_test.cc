#include "sim/capacity_meter.h"

#include <gtest/gtest.h>

#include "sim/rate_server.h"

namespace starling::sim {
namespace {

Time At(int64_t us) { return Time{} + microseconds(us); }

TEST(CapacityMeter, SeesNothingButTheLastChunkBehindAServer) {
  for (const uint64_t rate : {1000u, 187'500u, 1'000'003u, 300'000'000u}) {
    RateServer server(rate);
    CapacityMeter meter(rate);
    for (int i = 0; i < 10'000; ++i) meter.OnPassed(server.Serve(At(i / 3), 1500), 1500);
    EXPECT_LE(meter.burst(), 1500 + 2 * rate / 1'000'000) << rate;
  }
}

TEST(CapacityMeter, SeesWhatPassedTooEarly) {
  CapacityMeter meter(1000);
  meter.OnPassed(At(0), 500);
  meter.OnPassed(At(500'000), 500);
  EXPECT_EQ(meter.burst(), 500u);
  meter.OnPassed(At(600'000), 500);
  EXPECT_EQ(meter.burst(), 900u);
  meter.OnPassed(At(9'000'000), 100);
  EXPECT_EQ(meter.burst(), 900u);
}

TEST(CapacityMeter, IgnoresLinksWithoutALimit) {
  CapacityMeter meter;
  meter.OnPassed(At(0), 1'000'000'000);
  EXPECT_EQ(meter.burst(), 0u);
}

TEST(RateServer, LosesNoFractionOfAMicrosecond) {
  for (const uint64_t rate :
       {uint64_t{999}, uint64_t{187'500}, uint64_t{12'345'678}, uint64_t{12'500'000'000}}) {
    RateServer server(rate);
    Time done{};
    const uint64_t chunks = 100'000;
    for (uint64_t i = 0; i < chunks; ++i) done = server.Serve(At(0), 17'189);
    const double expected = static_cast<double>(chunks) * 17'189e6 / static_cast<double>(rate);
    EXPECT_NEAR(static_cast<double>((done - Time{}).count()), expected, 1) << rate;
  }
}

}  // namespace
}  // namespace starling::sim
