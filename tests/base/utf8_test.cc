#include "base/utf8.h"

#include <gtest/gtest.h>

namespace starling {
namespace {

TEST(Utf8, WhatIsNoneIsReplacedByteByByte) {
  EXPECT_EQ(RepairUtf8("caf\xe9!"), "caf\xef\xbf\xbd!");
  EXPECT_EQ(RepairUtf8("\xc0\xaf"), "\xef\xbf\xbd\xef\xbf\xbd") << "an overlong '/'";
  EXPECT_EQ(RepairUtf8("\xed\xa0\x80"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd") << "a surrogate";
  EXPECT_EQ(RepairUtf8("\xf4\x90\x80\x80").size(), 12u) << "beyond U+10FFFF";
  EXPECT_EQ(RepairUtf8("\xe2\x82"), "\xef\xbf\xbd\xef\xbf\xbd") << "cut off";
  EXPECT_EQ(RepairUtf8("\xf0\x9f\x90\xa6 \xe2\x82\xac \xc3\x9f"),
            "\xf0\x9f\x90\xa6 \xe2\x82\xac \xc3\x9f");
}

TEST(Utf8, ACharacterIsReadWithItsSize) {
  const auto euro = FirstUtf8Character("\xe2\x82\xac rest");
  ASSERT_TRUE(euro.has_value());
  EXPECT_EQ(euro->code, 0x20acu);
  EXPECT_EQ(euro->size, 3u);
  EXPECT_FALSE(FirstUtf8Character("\x80").has_value());
}

}  // namespace
}  // namespace starling
