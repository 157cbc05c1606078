#include "sim/event_queue.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/random.h"

namespace starling::sim {
namespace {

Time At(int64_t us) { return Time(Duration(us)); }

TEST(EventQueue, GivesEventsInTheOrderOfTheirTimes) {
  EventQueue queue;
  queue.Push(At(5000), EventKind::kScript, 1);
  queue.Push(At(10), EventKind::kDeadline, 2, 7);
  queue.Push(At(900'000'000), EventKind::kDatagram, 3);
  EXPECT_EQ(queue.size(), 3u);
  EXPECT_EQ(queue.next_time(), At(10));
  const Event first = queue.Pop();
  EXPECT_EQ(first.kind(), EventKind::kDeadline);
  EXPECT_EQ(first.target, 2u);
  EXPECT_EQ(first.payload, 7u);
  EXPECT_EQ(queue.now(), At(10));
  EXPECT_EQ(queue.Pop().target, 1u);
  EXPECT_EQ(queue.Pop().target, 3u);
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.next_time(), kNever);
}

TEST(EventQueue, KeepsTheOrderOfPushingAmongEqualTimesWhereverTheyLie) {
  for (const int64_t time : {int64_t{0}, int64_t{3}, int64_t{50'000}, int64_t{3'600'000'000}}) {
    EventQueue queue;
    for (uint32_t i = 0; i < 200; ++i) queue.Push(At(time), EventKind::kDatagram, i);
    for (uint32_t i = 0; i < 200; ++i) EXPECT_EQ(queue.Pop().target, i);
  }
}

TEST(EventQueue, TakesEventsIntoASlotThatIsOpenAlready) {
  EventQueue queue;
  queue.Push(At(2000), EventKind::kScript, 0);
  EXPECT_EQ(queue.next_time(), At(2000));  // opens its slot ahead of the present
  queue.Push(At(100), EventKind::kScript, 1);
  queue.Push(At(2000), EventKind::kScript, 2);
  EXPECT_EQ(queue.Pop().target, 1u);
  EXPECT_EQ(queue.Pop().target, 0u);
  EXPECT_EQ(queue.Pop().target, 2u);
}

// A million operations against a sorted model, with times near and far.
TEST(EventQueue, AgreesWithASortedListOverManyMixedOperations) {
  for (const int slot_bits : {4, 10, 16}) {
    EventQueue queue(slot_bits);
    SeededRandom random(static_cast<uint64_t>(slot_bits));
    uint64_t last_sequence = 0;
    Time last_time{};
    size_t pushed = 0;
    size_t popped = 0;
    uint64_t sum = 0;
    for (int round = 0; round < 200'000; ++round) {
      if (random.Below(100) < (round < 100'000 ? 60u : 40u)) {
        const uint64_t magnitude = random.Below(34);
        const int64_t ahead = static_cast<int64_t>(random.Below(uint64_t{1} << magnitude));
        const auto target = static_cast<uint32_t>(random.Next());
        queue.Push(queue.now() + Duration(ahead), EventKind::kScript, target);
        sum += target;
        ++pushed;
      } else if (!queue.empty()) {
        const Event event = queue.Pop();
        ASSERT_TRUE(event.time > last_time ||
                    (event.time == last_time && (popped == 0 || event.sequence() > last_sequence)));
        last_time = event.time;
        last_sequence = event.sequence();
        sum -= event.target;
        ++popped;
      }
    }
    while (!queue.empty()) {
      const Event event = queue.Pop();
      ASSERT_GE(event.time, last_time);
      last_time = event.time;
      sum -= event.target;
      ++popped;
    }
    EXPECT_EQ(pushed, popped);
    EXPECT_EQ(sum, 0u);
  }
}

TEST(EventQueue, CrossesLongSilencesAtOnce) {
  EventQueue queue;
  const int64_t year = int64_t{365} * 86400 * 1'000'000;
  for (uint32_t i = 0; i < 10; ++i) queue.Push(At(i * year), EventKind::kScript, i);
  for (uint32_t i = 0; i < 10; ++i) {
    EXPECT_EQ(queue.Pop().target, i);
    queue.Push(queue.now() + seconds(4), EventKind::kScript, 100 + i);
    EXPECT_EQ(queue.Pop().target, 100 + i);
  }
}

TEST(EventQueue, LetsTimePassWithoutEvents) {
  EventQueue queue;
  queue.Push(At(100), EventKind::kScript, 1);
  queue.AdvanceTo(At(60));
  EXPECT_EQ(queue.now(), At(60));
  queue.Push(At(60), EventKind::kScript, 2);
  EXPECT_EQ(queue.Pop().target, 2u);
}

TEST(EventQueue, ShowsWhatComesNext) {
  EventQueue queue;
  EXPECT_EQ(queue.Coming(0), nullptr);
  for (uint32_t i = 0; i < 40; ++i) queue.Push(At(5000 - 10 * i), EventKind::kScript, i);
  queue.Push(At(50'000'000), EventKind::kScript, 99);
  EXPECT_EQ(queue.Pop().target, 39u);
  for (uint32_t i = 0; i < 10; ++i) {
    ASSERT_NE(queue.Coming(i), nullptr);
    EXPECT_EQ(queue.Coming(i)->target, 38 - i);
  }
  EXPECT_EQ(queue.Coming(39), nullptr) << "too far in the future";
  // What is pushed before them comes before them.
  queue.Push(queue.now(), EventKind::kScript, 100);
  EXPECT_EQ(queue.Pop().target, 100u);
  for (uint32_t i = 39; i-- > 0;) EXPECT_EQ(queue.Pop().target, i);
  EXPECT_EQ(queue.Pop().target, 99u);
  EXPECT_TRUE(queue.empty());
}

TEST(EventQueueDeathTest, RefusesThePast) {
  EventQueue queue;
  queue.Push(At(100), EventKind::kScript, 1);
  queue.Pop();
  EXPECT_DEATH(queue.Push(At(99), EventKind::kScript, 1), "time >= now_");
}

}  // namespace
}  // namespace starling::sim
