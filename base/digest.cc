#include "base/digest.h"

#include <cryptopp/sha.h>

namespace starling {
namespace {

const CryptoPP::byte* Raw(ByteView bytes) {
  return reinterpret_cast<const CryptoPP::byte*>(bytes.data());
}

template <class Algorithm, class Digest>
Digest Hash(ByteView bytes) {
  Digest digest;
  Algorithm().CalculateDigest(reinterpret_cast<CryptoPP::byte*>(digest.bytes.data()), Raw(bytes),
                              bytes.size());
  return digest;
}

}  // namespace

struct Sha1Hasher::State {
  CryptoPP::SHA1 algorithm;
};

Sha1Digest Sha1(ByteView bytes) { return Hash<CryptoPP::SHA1, Sha1Digest>(bytes); }

Sha256Digest Sha256(ByteView bytes) { return Hash<CryptoPP::SHA256, Sha256Digest>(bytes); }

Sha1Hasher::Sha1Hasher() : state_(std::make_unique<State>()) {}
Sha1Hasher::~Sha1Hasher() = default;
Sha1Hasher::Sha1Hasher(Sha1Hasher&&) noexcept = default;
Sha1Hasher& Sha1Hasher::operator=(Sha1Hasher&&) noexcept = default;

void Sha1Hasher::Add(ByteView bytes) { state_->algorithm.Update(Raw(bytes), bytes.size()); }

Sha1Digest Sha1Hasher::Finish() {
  Sha1Digest digest;
  state_->algorithm.Final(reinterpret_cast<CryptoPP::byte*>(digest.bytes.data()));
  return digest;
}

}  // namespace starling
