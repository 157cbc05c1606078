#include "dht/tokens.h"

#include <bit>

namespace starling::dht {
namespace {

struct SipState {
  uint64_t a, b, c, d;

  void Round() {
    a += b;
    b = std::rotl(b, 13) ^ a;
    a = std::rotl(a, 32);
    c += d;
    d = std::rotl(d, 16) ^ c;
    a += d;
    d = std::rotl(d, 21) ^ a;
    c += b;
    b = std::rotl(b, 17) ^ c;
    c = std::rotl(c, 32);
  }
  void Absorb(uint64_t word) {
    d ^= word;
    Round();
    Round();
    a ^= word;
  }
};

Tokens::Token Make(const SipKey& secret, const Endpoint& endpoint) {
  Tokens::Token token;
  StoreBig<uint64_t>(token.data(), SipHash24(secret, endpoint.address));
  return token;
}

// Takes the same time wherever the first difference lies.
bool Matches(const Tokens::Token& expected, ByteView token) {
  std::byte difference{0};
  for (size_t i = 0; i < expected.size(); ++i) difference |= expected[i] ^ token[i];
  return difference == std::byte{0};
}

uint64_t LoadLittle(ByteView bytes) {
  uint64_t word = 0;
  for (size_t i = 0; i < bytes.size(); ++i) {
    word |= std::to_integer<uint64_t>(bytes[i]) << (8 * i);
  }
  return word;
}

}  // namespace

uint64_t SipHash24(const SipKey& key, ByteView bytes) {
  SipState state{key.low ^ 0x736f6d6570736575, key.high ^ 0x646f72616e646f6d,
                 key.low ^ 0x6c7967656e657261, key.high ^ 0x7465646279746573};
  const uint64_t size = bytes.size();
  while (bytes.size() >= 8) {
    state.Absorb(LoadLittle(bytes.first(8)));
    bytes = bytes.subspan(8);
  }
  state.Absorb(LoadLittle(bytes) | size << 56);
  state.c ^= 0xff;
  for (int i = 0; i < 4; ++i) state.Round();
  return state.a ^ state.b ^ state.c ^ state.d;
}

Tokens::Token Tokens::Issue(Time now, const Endpoint& to) {
  Rotate(now);
  return Make(current_, to);
}

bool Tokens::IsValid(Time now, const Endpoint& from, ByteView token) {
  Rotate(now);
  if (token.size() != Token().size()) return false;
  const bool is_current = Matches(Make(current_, from), token);
  const bool is_previous = Matches(Make(previous_, from), token);
  return is_current || is_previous;
}

void Tokens::Rotate(Time now) {
  if (has_secret_ && now < rotate_at_) return;
  if (has_secret_ && now < rotate_at_ + kRotation) {
    previous_ = current_;
    rotate_at_ += kRotation;
  } else {  // the first use, or the secret is older than any token may be
    DrawSecret(previous_);
    rotate_at_ = now + kRotation;
  }
  DrawSecret(current_);
  has_secret_ = true;
}

void Tokens::DrawSecret(SipKey& secret) {
  secret.low = random_.Next();
  secret.high = random_.Next();
}

}  // namespace starling::dht
