#include "base/ed25519.h"

#include <gtest/gtest.h>

namespace starling {
namespace {

struct Vector {
  const char* seed;
  const char* key;
  const char* message;
  const char* signature;
};

// RFC 8032, section 7.1, tests 1 and 2.
constexpr Vector kVectors[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9"
     "b46bd25bf5f0595bbe24655141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f1"
     "1d8c387b2eaeb4302aeeb00d291612bb0c00"}};

TEST(Ed25519, SignsAsTheRfcDoes) {
  for (const Vector& vector : kVectors) {
    const SigningSeed seed = *SigningSeed::FromHex(vector.seed);
    const std::string message = *FromHex(vector.message);
    EXPECT_EQ(PublicKeyOf(seed).hex(), vector.key);
    EXPECT_EQ(Sign(seed, AsBytes(message)).hex(), vector.signature);
    EXPECT_TRUE(
        IsSignedBy(PublicKeyOf(seed), AsBytes(message), *Signature::FromHex(vector.signature)));
  }
}

TEST(Ed25519, NoticesEveryChangedBit) {
  const SigningSeed seed = *SigningSeed::FromHex(kVectors[1].seed);
  const PublicKey key = PublicKeyOf(seed);
  const Signature good = Sign(seed, AsBytes("Hello"));
  for (size_t bit = 0; bit < 8 * Signature::kSize; ++bit) {
    Signature bad = good;
    bad.bytes[bit / 8] ^= static_cast<std::byte>(1u << (bit % 8));
    EXPECT_FALSE(IsSignedBy(key, AsBytes("Hello"), bad)) << bit;
  }
  EXPECT_FALSE(IsSignedBy(key, AsBytes("Hellp"), good));
  EXPECT_FALSE(IsSignedBy(key, AsBytes(""), good));
  PublicKey other = key;
  other.bytes[0] ^= std::byte{1};
  EXPECT_FALSE(IsSignedBy(other, AsBytes("Hello"), good));
}

}  // namespace
}  // namespace starling
