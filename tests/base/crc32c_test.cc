#include "base/crc32c.h"

#include <gtest/gtest.h>

namespace starling {
namespace {

TEST(Crc32c, IsCastagnolis) {
  EXPECT_EQ(Crc32c(AsBytes("123456789")), 0xe3069283u);
  EXPECT_EQ(Crc32c({}), 0u);
}

}  // namespace
}  // namespace starling
