#include "node/system_random.h"

#include <cryptopp/osrng.h>

#include <utility>

namespace starling {

struct SystemRandom::Generator {
  CryptoPP::AutoSeededRandomPool pool;
};

SystemRandom::SystemRandom() : generator_(std::make_unique<Generator>()), used_(portion_.size()) {}

SystemRandom::~SystemRandom() = default;

uint64_t SystemRandom::Next() {
  if (used_ == portion_.size()) {
    generator_->pool.GenerateBlock(reinterpret_cast<CryptoPP::byte*>(portion_.data()),
                                   sizeof(portion_));
    used_ = 0;
  }
  // A number that was given out is not kept in memory.
  return std::exchange(portion_[used_++], 0);
}

}  // namespace starling
