// The arm of a single process; tests/mpi_test.sh runs the other one.
#include "cli/sim_ranks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace starling::cli {
namespace {

TEST(Ranks, OneProcessIsDealtAllJobsInOrder) {
  const auto ranks = JoinRanks();
  ASSERT_TRUE(ranks.ok()) << ranks.status();
  EXPECT_EQ((*ranks)->rank(), 0);
  EXPECT_EQ((*ranks)->size(), 1);
  EXPECT_EQ((*ranks)->NextJob(2), 0u);
  EXPECT_EQ((*ranks)->NextJob(2), 1u);
  EXPECT_EQ((*ranks)->NextJob(2), std::nullopt);
  (*ranks)->Tend();
}

TEST(Ranks, OneProcessAgreesWithItselfAndGathersItsText) {
  const auto ranks = JoinRanks();
  ASSERT_TRUE(ranks.ok()) << ranks.status();
  EXPECT_TRUE((*ranks)->AllAgree(true));
  EXPECT_FALSE((*ranks)->AllAgree(false));
  EXPECT_THAT((*ranks)->Gather("found"), ::testing::ElementsAre("found"));
}

}  // namespace
}  // namespace starling::cli
