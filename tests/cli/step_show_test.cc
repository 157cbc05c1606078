#include "cli/step_show.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "tests/cli/documented_fields.h"

namespace starling::cli {
namespace {

using Kind = dht::LookupStep::Kind;

dht::LookupStep SomeStep(Kind kind) {
  dht::LookupStep step;
  step.kind = kind;
  step.node = Endpoint::V4(0x0a000001, 6881);
  step.id.bytes[2] = std::byte{0x10};  // 19 bits as zero has them
  step.hops = 3;
  step.nodes = 8;
  step.peers = 1;
  step.waited = microseconds(31'250);
  return step;
}

TEST(StepShow, ALineSaysWhoAndHowNearAndHowItEnded) {
  const NodeId target;
  EXPECT_EQ(StepLine(milliseconds(1500), target, SomeStep(Kind::kAsked)),
            "   1.500 s  asked     10.0.0.1:6881          hop 3, 19 bits");
  EXPECT_EQ(StepLine(milliseconds(1500), target, SomeStep(Kind::kAnswered)),
            "   1.500 s  answered  10.0.0.1:6881          hop 3, 19 bits, 31.2 ms; names 8 nodes "
            "and 1 peer");
  EXPECT_EQ(StepLine(milliseconds(2), target, SomeStep(Kind::kSilent)),
            "   0.002 s  silent    10.0.0.1:6881          hop 3, 19 bits, 31.2 ms");
}

TEST(StepShow, WhoIsForgottenIsOnlyAnAddress) {
  dht::LookupStep step = SomeStep(Kind::kSilent);
  step.hops = 0;
  EXPECT_EQ(StepLine(milliseconds(2), NodeId(), step),
            "   0.002 s  silent    10.0.0.1:6881        , 31.2 ms");
  const boost::json::value value = boost::json::parse(StepJson(Duration(0), NodeId(), step));
  EXPECT_EQ(FieldsOf(value), Documented("dht step"));
  EXPECT_TRUE(value.at("id").is_null() && value.at("hop").is_null());
}

TEST(StepShow, OneThatIsTheTargetSharesAllBits) {
  const dht::LookupStep step = SomeStep(Kind::kLate);
  const boost::json::value value = boost::json::parse(StepJson(Duration(0), step.id, step));
  EXPECT_EQ(FieldsOf(value), Documented("dht step"));
  EXPECT_EQ(value.at("event").as_string(), "late");
  EXPECT_EQ(value.at("shared_bits").as_int64(), 160);
  EXPECT_NEAR(value.at("waited_s").to_number<double>(), 0.03125, 1e-9);
}

}  // namespace
}  // namespace starling::cli
