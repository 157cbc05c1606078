#include "cli/addresses.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/arguments.h"

namespace starling::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Addresses, HostAndPortAreTakenApart) {
  EXPECT_EQ(*ParseHostPort("--peer", "router.example:6881"), HostPort("router.example", 6881));
  EXPECT_EQ(*ParseHostPort("--peer", "1.2.3.4:80"), HostPort("1.2.3.4", 80));
  EXPECT_EQ(*ParseHostPort("--peer", "[2001:db8::1]:80"), HostPort("2001:db8::1", 80));
  EXPECT_EQ(*ParseHostPort("--listen", "0.0.0.0:0", true), HostPort("0.0.0.0", 0));
}

TEST(Addresses, WhatIsWrongIsAUsageErrorThatNamesTheOption) {
  for (const char* text :
       {"", ":", ":80", "host", "host:", "host:x", "host:70000", "host:0", "host:-1", "::1:80",
        "[::1]", "[::1:80", "[name]:80", "a b:80", "http://x:80", "user@x:80"}) {
    const auto place = ParseHostPort("--peer", text);
    EXPECT_TRUE(IsUsageError(place.status())) << text;
    EXPECT_THAT(std::string(place.status().message()), HasSubstr("--peer")) << text;
  }
}

TEST(Addresses, AreWrittenAsTheyAreRead) {
  EXPECT_EQ(FormatHostPort({"::1", 80}), "[::1]:80");
  EXPECT_EQ(FormatHostPort({"a.example", 80}), "a.example:80");
  EXPECT_EQ(JoinEndpoints({*Endpoint::Parse("1.2.3.4:5"), *Endpoint::Parse("[::1]:6")}),
            "1.2.3.4:5, [::1]:6");
}

TEST(Addresses, LiteralsNeedNoResolver) {
  EXPECT_THAT(*ResolveHostPort({"127.0.0.1", 7}), ElementsAre(*Endpoint::Parse("127.0.0.1:7")));
  EXPECT_THAT(*ResolveHostPort({"::1", 7}), ElementsAre(*Endpoint::Parse("[::1]:7")));
}

}  // namespace
}  // namespace starling::cli
