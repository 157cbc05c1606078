#include "cli/huge_pages.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

namespace starling::cli {
namespace {

constexpr char kTunables[] = "GLIBC_TUNABLES";
constexpr char kOfTheUser[] = "glibc.malloc.tcache_count=7";
constexpr char kSetting[] = "glibc.malloc.hugetlb";

// The child starts this test again, which then finds itself restarted.
TEST(HugePages, AreAskedForByStartingAgainBesidesWhatTheUserSet) {
  constexpr char kMark[] = "STARLING_RESTARTED";
  constexpr int kRestartedOnce = 42;
  if (::getenv(kMark) != nullptr) {
    char* arguments[] = {nullptr};
    RestartWithHugePages(arguments);
    const bool is_set = ::getenv(kTunables) == std::string(kOfTheUser) + ":" + kSetting + "=1";
    ::_exit(is_set ? kRestartedOnce : 1);
  }
  const pid_t child = ::fork();
  if (child == 0) {
    ::setenv(kTunables, kOfTheUser, 1);
    char program[] = "restarted";
    char filter[] = "--gtest_filter=HugePages.AreAskedFor*";
    char* arguments[] = {program, filter, nullptr};
    RestartWithHugePages(arguments);
    ::_exit(99);  // it did not start again
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == kRestartedOnce) << status;
}

TEST(HugePages, AreNotAskedForAgainstTheUser) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::setenv(kTunables, (std::string(kSetting) + "=0").c_str(), 1);
    char program[] = "restarted";
    char* arguments[] = {program, nullptr};
    RestartWithHugePages(arguments);
    ::_exit(7);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 7);
}

}  // namespace
}  // namespace starling::cli
