// Random for everything that an attacker may guess: tokens, ids, transaction ids. From the
// operating system by way of Crypto++, drawn in portions.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/random.h"

namespace starling {

class SystemRandom final : public Random {
 public:
  SystemRandom();
  ~SystemRandom() override;

  uint64_t Next() override;

 private:
  struct Generator;
  std::unique_ptr<Generator> generator_;
  std::array<uint64_t, 64> portion_;
  size_t used_;
};

}  // namespace starling
