#include "dht/transactions.h"

#include <gtest/gtest.h>

#include <set>

namespace starling::dht {
namespace {

Endpoint Public(uint32_t index) { return Endpoint::V4(0x08000000 + index, 6881); }

class TransactionsTest : public testing::Test {
 protected:
  uint32_t Ask(uint32_t index) {
    return transactions_.Add(now_, QueryKind::kSearch, Public(index), index, random_)->id;
  }

  SeededRandom random_{1};
  Time now_{seconds(1000)};
  Transactions transactions_{seconds(2), milliseconds(500)};
};

TEST_F(TransactionsTest, AReplyCountsOnlyWithItsIdAndFromWhomWeAsked) {
  const uint32_t id = Ask(1);
  const uint32_t other_id = Ask(2);
  EXPECT_NE(id, other_id);
  EXPECT_FALSE(transactions_.Take(now_, id, Public(2)).has_value()) << "spoofed endpoint";
  EXPECT_FALSE(transactions_.Take(now_, id + 1, Public(1)).has_value()) << "guessed id";
  const std::optional<Transaction> taken = transactions_.Take(now_, id, Public(1));
  ASSERT_TRUE(taken.has_value());
  EXPECT_EQ(taken->lookup, 1u);
  EXPECT_FALSE(transactions_.Take(now_, id, Public(1)).has_value()) << "answered twice";
  EXPECT_EQ(transactions_.size(), 1u);
}

TEST_F(TransactionsTest, AreLostAfterTheTimeoutOldestFirst) {
  Ask(1);
  now_ += seconds(1);
  Ask(2);
  EXPECT_FALSE(transactions_.TakeLost(now_).has_value());
  now_ += seconds(1);
  EXPECT_EQ(transactions_.TakeLost(now_)->to, Public(1));
  EXPECT_FALSE(transactions_.TakeLost(now_).has_value());
  now_ += seconds(1);
  EXPECT_EQ(transactions_.TakeLost(now_)->to, Public(2));
  EXPECT_EQ(transactions_.next_deadline(), kNever);
}

TEST_F(TransactionsTest, AreSlowOnceAndMayStillBeAnswered) {
  const uint32_t id = Ask(1);
  EXPECT_EQ(transactions_.next_deadline(), now_ + seconds(1)) << "nothing is known of round trips";
  now_ += seconds(1);
  EXPECT_EQ(transactions_.NextSlow(now_)->to, Public(1));
  EXPECT_FALSE(transactions_.NextSlow(now_).has_value());
  EXPECT_EQ(transactions_.next_deadline(), now_ + seconds(1));
  EXPECT_TRUE(transactions_.Take(now_ + milliseconds(1), id, Public(1))->is_slow);
}

TEST_F(TransactionsTest, JudgeSlownessByTheRoundTripsSeen) {
  for (int i = 0; i < 50; ++i) {
    const uint32_t id = Ask(1);
    now_ += milliseconds(50);
    transactions_.Take(now_, id, Public(1));
  }
  EXPECT_EQ(transactions_.slow_after(), milliseconds(500)) << "never below the short timeout";
  for (int i = 0; i < 50; ++i) {
    const uint32_t id = Ask(1);
    now_ += milliseconds(i % 2 == 0 ? 300 : 700);
    transactions_.Take(now_, id, Public(1));
  }
  EXPECT_GT(transactions_.slow_after(), milliseconds(1000));
  EXPECT_LE(transactions_.slow_after(), seconds(2));
}

TEST_F(TransactionsTest, WithoutAShortTimeoutNothingIsSlow) {
  Transactions transactions(seconds(2), Duration::zero());
  transactions.Add(now_, QueryKind::kVerify, Public(1), 0, random_);
  EXPECT_EQ(transactions.next_deadline(), now_ + seconds(2));
  EXPECT_FALSE(transactions.NextSlow(now_ + milliseconds(1999)).has_value());
}

TEST_F(TransactionsTest, AShortTimeoutThatDoesNotAdaptIsWhatItIs) {
  Transactions transactions(seconds(2), milliseconds(500), false);
  EXPECT_EQ(transactions.slow_after(), milliseconds(500));
  const uint32_t id = transactions.Add(now_, QueryKind::kSearch, Public(1), 0, random_)->id;
  EXPECT_TRUE(transactions.Take(now_ + milliseconds(1500), id, Public(1)).has_value());
  EXPECT_EQ(transactions.slow_after(), milliseconds(500));
}

TEST_F(TransactionsTest, AreSlowTwiceIfTheyWereHastened) {
  Ask(1);
  transactions_.Hasten(milliseconds(100));
  EXPECT_FALSE(transactions_.NextSlow(now_ + milliseconds(99)).has_value());
  const std::optional<Transaction> early = transactions_.NextSlow(now_ + milliseconds(100));
  ASSERT_TRUE(early.has_value());
  EXPECT_TRUE(early->is_hasty);
  EXPECT_FALSE(transactions_.NextSlow(now_ + milliseconds(101)).has_value());
  EXPECT_EQ(transactions_.next_deadline(), now_ + transactions_.slow_after());
  const std::optional<Transaction> slow = transactions_.NextSlow(now_ + transactions_.slow_after());
  ASSERT_TRUE(slow.has_value());
  EXPECT_FALSE(slow->is_hasty);
  EXPECT_FALSE(transactions_.NextSlow(now_ + milliseconds(1999)).has_value());
}

TEST_F(TransactionsTest, AreBounded) {
  std::set<uint32_t> ids;
  for (uint32_t i = 0; i < Transactions::kInFlightMax; ++i) ids.insert(Ask(i));
  EXPECT_EQ(ids.size(), Transactions::kInFlightMax);
  EXPECT_EQ(transactions_.Add(now_, QueryKind::kVerify, Public(1), 0, random_), nullptr);
}

TEST_F(TransactionsTest, StayInOrderWhateverIsAnswered) {
  std::vector<std::pair<uint32_t, uint32_t>> open;
  SeededRandom choice(9);
  size_t ended = 0;
  for (uint32_t i = 0; i < 3000; ++i) {
    open.emplace_back(Ask(i), i);
    now_ += milliseconds(choice.Below(40));
    while (transactions_.TakeLost(now_)) ++ended;
    while (transactions_.NextSlow(now_)) {
    }
    EXPECT_GT(transactions_.next_deadline(), now_);
    const size_t index = choice.Below(open.size());
    if (transactions_.Take(now_, open[index].first, Public(open[index].second))) ++ended;
    open.erase(open.begin() + static_cast<std::ptrdiff_t>(index));
  }
  EXPECT_EQ(ended + transactions_.size(), 3000u);
}

}  // namespace
}  // namespace starling::dht
