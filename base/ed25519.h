// Ed25519 signatures (RFC 8032) by Crypto++. The library's headers stay in ed25519.cc.
//
// A key pair is made of its 32-byte seed, which is what a person keeps. Signing draws nothing: one
// seed and one message always give the same signature. Verifying takes about 40 us, so whoever
// can be asked by strangers checks everything else first.
#pragma once

#include "base/bytes.h"
#include "base/id.h"

namespace starling {

using PublicKey = Id<struct PublicKeyTag, 32>;
using SigningSeed = Id<struct SigningSeedTag, 32>;  // secret
using Signature = Id<struct SignatureTag, 64>;

PublicKey PublicKeyOf(const SigningSeed& seed);
Signature Sign(const SigningSeed& seed, ByteView message);
bool IsSignedBy(const PublicKey& key, ByteView message, const Signature& signature);

}  // namespace starling
