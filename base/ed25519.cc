#include "base/ed25519.h"

#include <cryptopp/donna.h>

namespace starling {
namespace {

const CryptoPP::byte* Raw(ByteView bytes) {
  return reinterpret_cast<const CryptoPP::byte*>(bytes.data());
}

template <class IdType>
CryptoPP::byte* Raw(IdType& id) {
  return reinterpret_cast<CryptoPP::byte*>(id.bytes.data());
}

}  // namespace

PublicKey PublicKeyOf(const SigningSeed& seed) {
  PublicKey key;
  CryptoPP::Donna::ed25519_publickey(Raw(key), Raw(seed.view()));
  return key;
}

Signature Sign(const SigningSeed& seed, ByteView message) {
  const PublicKey key = PublicKeyOf(seed);
  Signature signature;
  CryptoPP::Donna::ed25519_sign(Raw(message), message.size(), Raw(seed.view()), Raw(key.view()),
                                Raw(signature));
  return signature;
}

bool IsSignedBy(const PublicKey& key, ByteView message, const Signature& signature) {
  return CryptoPP::Donna::ed25519_sign_open(Raw(message), message.size(), Raw(key.view()),
                                            Raw(signature.view())) == 0;
}

}  // namespace starling
