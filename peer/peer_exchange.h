// Peer exchange (BEP 11): connected peers tell each other, at most once a minute, which peers they
// are connected to, as differences. Private torrents (BEP 27) must not use it; that is the
// torrent's decision.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/buffer.h"
#include "base/bytes.h"
#include "base/endpoint.h"
#include "base/time.h"

namespace starling::peer {

// Flags of an added peer (BEP 11).
inline constexpr uint8_t kPexPrefersEncryption = 0x01;
inline constexpr uint8_t kPexSeeder = 0x02;
inline constexpr uint8_t kPexSupportsUtp = 0x04;
inline constexpr uint8_t kPexSupportsHolepunch = 0x08;
inline constexpr uint8_t kPexReachable = 0x10;  // we connected to it

struct PexPeer {
  Endpoint endpoint;  // where it listens, not the port its connection came from
  uint8_t flags = 0;
  bool operator==(const PexPeer&) const = default;
};

struct PexMessage {
  std::vector<PexPeer> added;
  std::vector<Endpoint> dropped;
};

inline constexpr size_t kPexSentMax = 50;       // added, and dropped, in a message of ours
inline constexpr size_t kPexReceivedMax = 200;  // added, and dropped; the rest is not read
inline constexpr Duration kPexInterval = seconds(60);
// Messages that come sooner after the last one are ignored. Less than a minute, because delay on
// the way may push two together.
inline constexpr Duration kPexIntervalMin = seconds(45);

// Reads the payload of an Extended message with id kPeerExchangeExtensionId; nullopt if malformed.
// Addresses that nobody can connect to, and further ports of one public address, are left out.
std::optional<PexMessage> ParsePeerExchange(ByteView payload);
Slice EncodePeerExchange(const PexMessage& message);

// What one peer tells us.
class PexReceiver {
 public:
  // The addresses to use, or nullopt if the message is damaged or came too soon.
  std::optional<PexMessage> OnMessage(Time now, ByteView payload);
  uint32_t ignored() const { return ignored_; }  // too soon
  uint32_t damaged() const { return damaged_; }

 private:
  Time accept_from_{};
  uint32_t ignored_ = 0;
  uint32_t damaged_ = 0;
};

}  // namespace starling::peer
