// BEP 44's test vectors, byte for byte, and what else makes an item valid. The BEP's private key is
// in the expanded form that no seed leads to, so its signatures are verified here, not made: for
// one key and one first half of a signature there is only one second half that verifies.

#include "dht/item.h"

#include <gtest/gtest.h>

#include "tests/dht/items.h"

namespace starling::dht {
namespace {

constexpr absl::string_view kValue = "12:Hello World!";
const PublicKey kKey =
    *PublicKey::FromHex("77ff84905a91936367c01360803104f92432fcd904a43511876df5cdf3e7e548");

Item Vector(absl::string_view salt, absl::string_view signature) {
  Item item;
  item.value = std::string(kValue);
  item.is_mutable = true;
  item.key = kKey;
  item.salt = std::string(salt);
  item.seq = 1;
  item.signature = *Signature::FromHex(signature);
  return item;
}

const Item kPlain = Vector("",
                           "305ac8aeb6c9c151fa120f120ea2cfb923564e11552d06a5d856091e5e853cff"
                           "1260d3f39e4999684aa92eb73ffd136e6f4f3ecbfda0ce53a1608ecd7ae21f01");
const Item kSalted = Vector("foobar",
                            "6834284b6b24c3204eb2fea824d82f88883a3d95e8b4a21b8c0ded553d17d17d"
                            "df9a8a7104b1258f30bed3787e6cb896fca78c58f8e03b5f18f14951a87d9a08");

TEST(Item, SignsTheBytesOfTheBep) {
  EXPECT_EQ(SignedBytes({}, 1, AsBytes(kValue)), "3:seqi1e1:v12:Hello World!");
  EXPECT_EQ(SignedBytes(AsBytes("foobar"), 1, AsBytes(kValue)),
            "4:salt6:foobar3:seqi1e1:v12:Hello World!");
  EXPECT_EQ(SignedBytes({}, 4, AsBytes("12:Hello world!")), "3:seqi4e1:v12:Hello world!");
}

TEST(Item, HasTheTargetsOfTheBep) {
  EXPECT_EQ(TargetOf(AsBytes(kValue)).hex(), "e5f96f6f38320f0f33959cb4d3d656452117aadb");
  EXPECT_EQ(kPlain.target().hex(), "4a533d47ec9c7d95b1ad75f576cffc641853b750");
  EXPECT_EQ(kSalted.target().hex(), "411eba73b6f087ca51a3795d9c8c938d365e32c1");
}

TEST(Item, AcceptsTheSignaturesOfTheBepAndNoChangeOfThem) {
  for (const Item& item : {kPlain, kSalted}) {
    EXPECT_TRUE(IsGenuineFor(item.target(), item.view()));
    for (size_t i = 0; i < Signature::kSize; ++i) {
      Item forged = item;
      forged.signature.bytes[i] ^= std::byte{0x10};
      EXPECT_FALSE(IsGenuineFor(item.target(), forged.view())) << i;
    }
    Item other = item;
    other.value = "12:Hello World?";
    EXPECT_FALSE(IsGenuineFor(item.target(), other.view()));
    other = item;
    other.seq = 2;
    EXPECT_FALSE(IsGenuineFor(item.target(), other.view()));
  }
  Item wrong_salt = kSalted;
  wrong_salt.salt = "";
  EXPECT_FALSE(IsGenuineFor(kPlain.target(), wrong_salt.view()));
}

TEST(Item, VerifiesWhatItSigned) {
  for (const char* salt : {"", "news", "e4:\x80"}) {
    const Item item = Signed(7, "text", salt, 3);
    EXPECT_EQ(item.key, PublicKeyOf(SeedOf(3)));
    EXPECT_TRUE(IsGenuineFor(item.target(), item.view()));
    EXPECT_EQ(Item::From(item.view()), item);
  }
}

TEST(Item, AnotherKeysItemDoesNotBelongUnderTheTarget) {
  const Item mine = Signed(1, "mine", "", 1);
  const Item theirs = Signed(9, "theirs", "", 2);
  EXPECT_TRUE(IsGenuine(theirs.view()));
  EXPECT_FALSE(IsGenuineFor(mine.target(), theirs.view()));
  EXPECT_FALSE(IsGenuineFor(Immutable("a").target(), Immutable("b").view()));
  EXPECT_TRUE(IsGenuineFor(Immutable("a").target(), Immutable("a").view()));
}

TEST(Item, HasLimitsWithTheErrorNumbersOfTheBep) {
  EXPECT_EQ(CheckForm(Immutable(std::string(996, 'x')).view()), ItemError::kNone);
  EXPECT_EQ(CheckForm(Immutable(std::string(997, 'x')).view()), ItemError::kValueTooBig);
  EXPECT_EQ(CheckForm(Signed(1, "x", std::string(64, 's')).view()), ItemError::kNone);
  EXPECT_EQ(CheckForm(Signed(1, "x", std::string(65, 's')).view()), ItemError::kSaltTooBig);
  EXPECT_EQ(CheckForm(Signed(-1, "x").view()), ItemError::kMalformed);
  EXPECT_EQ(CheckForm(Signed(0x7fffffffffffffff, "x").view()), ItemError::kNone);
  Item damaged = Immutable("x");
  for (const char* value : {"", "2:x", "1:xx", "i1", "i01e", "le1:x", "d1:xe"}) {
    damaged.value = value;
    EXPECT_EQ(CheckForm(damaged.view()), ItemError::kMalformed) << value;
  }
  for (const char* value : {"i-5e", "le", "d1:xi1ee", "0:"}) {
    damaged.value = value;
    EXPECT_EQ(CheckForm(damaged.view()), ItemError::kNone) << value;
  }
  EXPECT_EQ(static_cast<int>(ItemError::kValueTooBig), 205);
  EXPECT_EQ(static_cast<int>(ItemError::kBadSignature), 206);
  EXPECT_EQ(static_cast<int>(ItemError::kSaltTooBig), 207);
  EXPECT_EQ(static_cast<int>(ItemError::kCasMismatch), 301);
  EXPECT_EQ(static_cast<int>(ItemError::kSequenceTooLow), 302);
}

}  // namespace
}  // namespace starling::dht
