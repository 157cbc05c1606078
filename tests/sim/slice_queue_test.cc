#include "sim/slice_queue.h"

#include <gtest/gtest.h>

#include <deque>
#include <string>

#include "base/random.h"

namespace starling::sim {
namespace {

Slice Text(const std::string& text) { return Buffer::CopyFrom(AsBytes(text)); }
std::string Str(const Slice& slice) { return std::string(slice.text().data(), slice.size()); }

TEST(SliceQueue, GivesSlicesBackInOrderWholeOrInParts) {
  SlicePool pool;
  SliceQueue queue;
  EXPECT_TRUE(queue.empty());
  pool.Append(queue, Text("hello"));
  pool.Append(queue, Text("world"));
  EXPECT_EQ(Str(pool.Take(queue, 2)), "he");
  EXPECT_EQ(Str(pool.Take(queue, 100)), "llo");
  EXPECT_EQ(Str(pool.Take(queue, 5)), "world");
  EXPECT_TRUE(queue.empty());
}

TEST(SliceQueue, DropsWhatFollowsACertainNumberOfBytes) {
  for (size_t kept = 0; kept <= 12; ++kept) {
    SlicePool pool;
    SliceQueue queue;
    for (const char* part : {"abc", "de", "fghi", "jk"}) pool.Append(queue, Text(part));
    pool.Truncate(queue, kept);
    std::string rest;
    while (!queue.empty()) rest += Str(pool.Take(queue, 100));
    EXPECT_EQ(rest, std::string("abcdefghijk").substr(0, kept));
    pool.Append(queue, Text("z"));
    EXPECT_EQ(Str(pool.Take(queue, 1)), "z");
  }
}

TEST(SliceQueue, KeepsManyQueuesOfOnePoolApart) {
  SlicePool pool;
  std::vector<SliceQueue> queues(50);
  std::vector<std::string> expected(50);
  SeededRandom random(1);
  for (int step = 0; step < 20'000; ++step) {
    const size_t index = static_cast<size_t>(random.Below(50));
    if (random.Below(2) == 0) {
      const std::string text(1 + random.Below(30), static_cast<char>('a' + random.Below(26)));
      pool.Append(queues[index], Text(text));
      expected[index] += text;
    } else if (!queues[index].empty()) {
      const std::string taken = Str(pool.Take(queues[index], 1 + random.Below(40)));
      ASSERT_EQ(expected[index].substr(0, taken.size()), taken);
      expected[index].erase(0, taken.size());
    }
    ASSERT_EQ(queues[index].empty(), expected[index].empty());
  }
}

}  // namespace
}  // namespace starling::sim
