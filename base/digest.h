// SHA-1 and SHA-256 by Crypto++, one-shot and running. The library's headers stay in digest.cc.
#pragma once

#include <memory>

#include "base/bytes.h"
#include "base/id.h"

namespace starling {

Sha1Digest Sha1(ByteView bytes);
Sha256Digest Sha256(ByteView bytes);

// Hashes what is added piece by piece; Finish() starts anew.
class Sha1Hasher {
 public:
  Sha1Hasher();
  ~Sha1Hasher();
  Sha1Hasher(Sha1Hasher&&) noexcept;
  Sha1Hasher& operator=(Sha1Hasher&&) noexcept;
  void Add(ByteView bytes);
  Sha1Digest Finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace starling
