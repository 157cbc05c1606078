// Write tokens (BEP 5, get_peers): who announces must show a token that we gave to the same
// address not long ago, so that nobody can sign up others. A token is a keyed hash (SipHash-2-4)
// of the address; nothing is stored for it. The secret rotates every 5 minutes and the one before
// is still accepted, so a token lives for 5 to 10 minutes. Rotation happens when tokens are used:
// an idle node has no timer for it.
#pragma once

#include <array>
#include <cstdint>

#include "base/endpoint.h"
#include "base/random.h"
#include "base/time.h"

namespace starling::dht {

struct SipKey {
  uint64_t low = 0;
  uint64_t high = 0;
};
uint64_t SipHash24(const SipKey& key, ByteView bytes);

class Tokens {
 public:
  static constexpr Duration kRotation = minutes(5);
  using Token = std::array<std::byte, 8>;

  explicit Tokens(Random& random) : random_(random) {}

  Token Issue(Time now, const Endpoint& to);
  bool IsValid(Time now, const Endpoint& from, ByteView token);

 private:
  void Rotate(Time now);
  void DrawSecret(SipKey& secret);

  Random& random_;
  SipKey current_;
  SipKey previous_;
  bool has_secret_ = false;
  Time rotate_at_{};
};

}  // namespace starling::dht
