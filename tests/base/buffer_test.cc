#include "base/buffer.h"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <thread>

namespace starling {
namespace {

TEST(Slice, SharesTheMemoryOfItsBufferAndKeepsItAlive) {
  Slice part;
  {
    Buffer buffer(100);
    std::memset(buffer.data(), 'x', 100);
    EXPECT_TRUE(buffer.unique());
    part = buffer.Sub(10, 20);
    EXPECT_FALSE(buffer.unique());
    EXPECT_EQ(part.data(), buffer.data() + 10);
  }
  EXPECT_EQ(part.text(), std::string(20, 'x'));
  EXPECT_EQ(part.capacity(), 100u);
}

TEST(Slice, MergesWithTheOneThatContinuesIt) {
  Buffer buffer(10);
  Buffer other(10);
  Slice head = buffer.Sub(0, 4);
  EXPECT_TRUE(head.Adjoins(buffer.Sub(4, 2)));
  EXPECT_FALSE(head.Adjoins(buffer.Sub(5, 2)));
  EXPECT_FALSE(head.Adjoins(other.Sub(4, 2)));
  head.Extend(buffer.Sub(4, 2));
  EXPECT_EQ(head.size(), 6u);
}

TEST(Buffer, CountsTheBytesThatAreCopied) {
  const uint64_t before = Buffer::bytes_copied();
  EXPECT_EQ(Buffer::CopyFrom(AsBytes("hello")).text(), "hello");
  EXPECT_EQ(Buffer::bytes_copied() - before, 5u);
}

TEST(BufferPool, GivesTheSameMemoryAgain) {
  BufferPool pool(64, 1);
  const std::byte* first = nullptr;
  {
    const Buffer buffer = pool.Take();
    first = buffer.data();
  }
  EXPECT_EQ(pool.Take().data(), first);
}

TEST(BufferPool, MayDieBeforeItsBuffers) {
  Slice left;
  {
    BufferPool pool(64, 4);
    left = pool.Take().Sub(0, 64);
  }
  EXPECT_EQ(left.size(), 64u);
}

TEST(BufferPool, IsUsedByManyThreads) {
  BufferPool pool(64, 8);
  const auto work = [&] {
    for (int i = 0; i < 10'000; ++i) {
      const Buffer buffer = pool.Take();
      std::memset(buffer.data(), i, 64);
      const Slice slice = buffer.Sub(0, 64);
      ASSERT_EQ(slice.data()[63], static_cast<std::byte>(i));
    }
  };
  std::thread other(work);
  work();
  other.join();
}

}  // namespace
}  // namespace starling
