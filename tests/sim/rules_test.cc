#include "sim/rules.h"

#include <gtest/gtest.h>

namespace starling::sim {
namespace {

Packet From(uint32_t from, uint32_t to, uint64_t number = 0) {
  return {Time{}, NodeIndex(from), NodeIndex(to), 100, number, false};
}
constexpr Duration kUsual = milliseconds(40);

TEST(Rules, PassWhatNoRuleObjectsTo) {
  Rules rules;
  EXPECT_EQ(rules.Judge(From(0, 1), kUsual).action, Verdict::Action::kPass);
}

TEST(Partition, SeparatesItsGroupsUntilItIsRemoved) {
  Rules rules;
  Partition& partition = rules.Add(std::make_unique<Partition>());
  partition.Put(NodeIndex(2), 1);
  partition.Put(NodeIndex(3), 1);
  EXPECT_EQ(rules.Judge(From(0, 1), kUsual).action, Verdict::Action::kPass);
  EXPECT_EQ(rules.Judge(From(2, 3), kUsual).action, Verdict::Action::kPass);
  EXPECT_EQ(rules.Judge(From(0, 2), kUsual).action, Verdict::Action::kDrop);
  EXPECT_EQ(rules.Judge(From(3, 900), kUsual).action, Verdict::Action::kDrop);
  rules.Remove(partition);
  EXPECT_EQ(rules.Judge(From(0, 2), kUsual).action, Verdict::Action::kPass);
}

TEST(NoiseRule, DoesEachThingAsOftenAsItIsTold) {
  Noise noise;
  noise.seed = 5;
  noise.loss_ppm = 50'000;
  noise.reorder_ppm = 20'000;
  noise.duplicate_ppm = 10'000;
  noise.delay_max = milliseconds(100);
  Rules rules;
  rules.Add(std::make_unique<NoiseRule>(noise));
  int dropped = 0;
  int delayed = 0;
  int copied = 0;
  for (uint64_t number = 0; number < 100'000; ++number) {
    const Verdict verdict = rules.Judge(From(0, 1, number), kUsual);
    dropped += verdict.action == Verdict::Action::kDrop;
    copied += verdict.copy_after.has_value();
    if (verdict.action == Verdict::Action::kDeliver) {
      ++delayed;
      EXPECT_GE(verdict.after, kUsual);
      EXPECT_LE(verdict.after, kUsual + noise.delay_max);
    }
  }
  EXPECT_NEAR(dropped, 5000, 250);
  EXPECT_NEAR(delayed, 1900, 150);
  EXPECT_NEAR(copied, 950, 120);
}

TEST(NoiseRule, LeavesStreamsAloneUnlessTold) {
  Noise noise;
  noise.loss_ppm = 1'000'000;
  NoiseRule datagrams_only(noise);
  noise.streams = true;
  NoiseRule everything(noise);
  Packet packet = From(0, 1);
  packet.is_stream = true;
  EXPECT_EQ(datagrams_only.Judge(packet, kUsual).action, Verdict::Action::kPass);
  EXPECT_EQ(everything.Judge(packet, kUsual).action, Verdict::Action::kDrop);
}

TEST(Rules, DropWinsOverDelayWhateverTheOrder) {
  Noise late;
  late.reorder_ppm = 1'000'000;
  Rules rules;
  rules.Add(std::make_unique<NoiseRule>(late));
  rules.Add(std::make_unique<Partition>()).Put(NodeIndex(1), 1);
  EXPECT_EQ(rules.Judge(From(0, 1), kUsual).action, Verdict::Action::kDrop);
}

}  // namespace
}  // namespace starling::sim
