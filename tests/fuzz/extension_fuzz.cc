// The payloads of extended messages on any bytes: what is read can be written, and reads the same.
#include <cstdint>

#include "base/check.h"
#include "peer/extension.h"
#include "peer/metadata_exchange.h"
#include "peer/peer_exchange.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace starling::peer;
  const starling::ByteView bytes(reinterpret_cast<const std::byte*>(data), size);
  if (const auto handshake = ParseExtensionHandshake(bytes)) {
    CHECK(handshake->version.size() <= kVersionSizeMax);
    CHECK(ParseExtensionHandshake(EncodeExtensionHandshake(*handshake).view()) == handshake);
  }
  if (const auto message = ParseMetadataMessage(bytes)) {
    CHECK(message->bytes.size() <= kMetadataPieceSize);
  }
  if (const auto message = ParsePeerExchange(bytes)) {
    CHECK(message->added.size() <= kPexReceivedMax);
    const auto again = ParsePeerExchange(EncodePeerExchange(*message).view());
    CHECK(again.has_value() && again->added == message->added);
  }
  return 0;
}
