#include "dht/tokens.h"

#include <gtest/gtest.h>

#include <string>

namespace starling::dht {
namespace {

Endpoint From(absl::string_view text) { return *Endpoint::Parse(text); }

TEST(Tokens, AreGoodForTheAddressThatGotThemWhateverItsPort) {
  SeededRandom random(1);
  Tokens tokens(random);
  const Time now{seconds(100)};
  const Tokens::Token token = tokens.Issue(now, From("8.8.8.8:1"));
  EXPECT_TRUE(tokens.IsValid(now, From("8.8.8.8:1"), token));
  EXPECT_TRUE(tokens.IsValid(now, From("8.8.8.8:2"), token));
  EXPECT_FALSE(tokens.IsValid(now, From("8.8.8.9:1"), token)) << "stolen";
}

TEST(Tokens, LiveForFiveToTenMinutes) {
  SeededRandom random(2);
  Tokens tokens(random);
  const Endpoint from = From("8.8.8.8:1");
  tokens.Issue(Time{seconds(0)}, from);
  const Time issued{seconds(299)};  // just before a rotation
  const Tokens::Token token = tokens.Issue(issued, from);
  EXPECT_TRUE(tokens.IsValid(issued + minutes(5), from, token));
  EXPECT_TRUE(tokens.IsValid(Time{seconds(599)}, from, token));
  EXPECT_FALSE(tokens.IsValid(Time{seconds(600)}, from, token));
}

TEST(Tokens, AreForgottenAfterALongSilence) {
  SeededRandom random(3);
  Tokens tokens(random);
  const Endpoint from = From("8.8.8.8:1");
  const Tokens::Token token = tokens.Issue(Time{}, from);
  EXPECT_FALSE(tokens.IsValid(Time{} + hours(1), from, token));
  EXPECT_TRUE(tokens.IsValid(Time{} + hours(1), from, tokens.Issue(Time{} + hours(1), from)));
}

TEST(Tokens, OfAnyOtherSizeOrContentAreRefused) {
  SeededRandom random(4);
  Tokens tokens(random);
  const Endpoint from = From("8.8.8.8:1");
  const Tokens::Token token = tokens.Issue(Time{}, from);
  EXPECT_FALSE(tokens.IsValid(Time{}, from, {}));
  EXPECT_FALSE(tokens.IsValid(Time{}, from, ByteView(token).first(7)));
  for (size_t bit = 0; bit < 64; ++bit) {
    Tokens::Token other = token;
    other[bit / 8] ^= std::byte{static_cast<uint8_t>(1 << (bit % 8))};
    EXPECT_FALSE(tokens.IsValid(Time{}, from, other));
  }
  SeededRandom other_random(5);
  Tokens other_node(other_random);
  EXPECT_FALSE(other_node.IsValid(Time{}, from, token));
}

TEST(Tokens, HashIsSipHash24) {
  // The example of the SipHash paper, appendix A, and the first lines of its test program.
  const SipKey key{0x0706050403020100, 0x0f0e0d0c0b0a0908};
  std::string text;
  for (char c = 0; c < 15; ++c) text.push_back(c);
  EXPECT_EQ(SipHash24(key, AsBytes(text)), 0xa129ca6149be45e5u);
  EXPECT_EQ(SipHash24(key, {}), 0x726fdb47dd0e0e31u);
  EXPECT_EQ(SipHash24(key, AsBytes(absl::string_view(text).substr(0, 8))), 0x93f5f5799a932462u);
}

}  // namespace
}  // namespace starling::dht
