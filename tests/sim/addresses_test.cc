#include "sim/addresses.h"

#include <gtest/gtest.h>

#include <set>

namespace starling::sim {
namespace {

TEST(AddressPlan, FindsWhoWasGivenAnAddress) {
  for (const auto space : {AddressPlan::Space::kPublic, AddressPlan::Space::kLan}) {
    const AddressPlan plan(space, 16);
    std::set<Endpoint> seen;
    for (uint32_t slot = 0; slot < 65536; slot += 97) {
      for (uint32_t generation : {0u, 1u, 200u}) {
        const Endpoint endpoint = plan.EndpointOf(NodeIndex(slot), generation);
        EXPECT_TRUE(seen.insert(endpoint).second) << endpoint.ToString();
        EXPECT_TRUE(endpoint.is_usable());
        EXPECT_EQ(endpoint.port, kSimulatedPort);
        const auto resident = plan.Find(endpoint);
        ASSERT_TRUE(resident.has_value());
        EXPECT_EQ(resident->slot, NodeIndex(slot));
        EXPECT_EQ(resident->generation, generation % plan.generations());
      }
    }
  }
}

TEST(AddressPlan, GivesPublicAddressesInPrefixesOfTheirOwn) {
  const AddressPlan plan(AddressPlan::Space::kPublic, 21);
  std::set<uint64_t> prefixes;
  for (uint32_t slot = 0; slot < 10'000; ++slot) {
    const Endpoint endpoint = plan.EndpointOf(NodeIndex(slot), 0);
    EXPECT_FALSE(endpoint.is_private());
    prefixes.insert(endpoint.prefix());
  }
  EXPECT_EQ(prefixes.size(), 10'000u);
}

TEST(AddressPlan, KnowsNobodyOutsideOfItsSpace) {
  const AddressPlan plan(AddressPlan::Space::kPublic, 10);
  EXPECT_FALSE(plan.Find(*Endpoint::Parse("127.0.0.1:6881")).has_value());
  EXPECT_FALSE(plan.Find(*Endpoint::Parse("10.1.2.3:6881")).has_value());
  EXPECT_FALSE(plan.Find(*Endpoint::Parse("[2001:db8::1]:6881")).has_value());
  EXPECT_FALSE(plan.Find(Endpoint{}).has_value());
}

TEST(AddressPlan, PutsALanIntoTheTenNetwork) {
  const AddressPlan plan(AddressPlan::Space::kLan, 12);
  EXPECT_EQ(plan.EndpointOf(NodeIndex(0), 0).ToString(), "10.0.0.1:6881");
  EXPECT_EQ(plan.EndpointOf(NodeIndex(299), 0).ToString(), "10.0.1.44:6881");
}

}  // namespace
}  // namespace starling::sim
