// The extension protocol (BEP 10) on one connection: what the peer said about itself, metadata that
// we serve to it (BEP 9), and peer exchange (BEP 11) in both directions. Parts that most
// connections never use are made when they are needed.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "peer/extension.h"
#include "peer/link.h"
#include "peer/metadata_exchange.h"
#include "peer/peer_exchange.h"
#include "peer/peer_journal.h"
#include "peer/swarm.h"

namespace starling::peer {

// What a peer said about itself in all its handshakes.
struct PeerSays {
  uint32_t metadata_size = 0;    // 0: it has none, or did not say
  uint32_t request_queue = 0;    // likewise, and below
  uint16_t port = 0;             // where it listens
  uint8_t metadata_id = 0;       // 0: it does not take these messages
  uint8_t peer_exchange_id = 0;  // likewise
};

class Extensions {
 public:
  // Less than this part of the peers is little news, which waits for company.
  static constexpr uint32_t kLittleNews = 8;
  static constexpr Duration kPatience = minutes(4);

  Extensions(Swarm& swarm, Link& link) : swarm_(swarm), link_(link) {}

  // Both sides have the bit of BEP 10.
  void Enable() { enabled_ = true; }
  bool enabled() const { return enabled_; }
  // Our handshake, at first and whenever what it says has changed.
  void SendHandshake(const Endpoint& remote);
  const PeerSays& peer() const { return peer_; }
  bool OnHandshake(const Endpoint& remote, const Slice& payload);  // false if malformed

  bool can_ask_metadata() const { return peer_.metadata_id != 0; }
  void AskMetadata(uint32_t piece);
  // A request for ours. False if the peer asks for more than any client would.
  bool OnMetadataRequest(Time now, uint32_t piece);
  // There is room in the stream: goes on with answers that wait.
  void ServeMetadata(Time now);

  // When the next message about other peers may leave, if there is something to tell; else kNever.
  Time next_exchange(const PeerJournal& journal) const;
  // Tells the peer what changed, at most once a minute.
  void SendPeers(Time now, const PeerJournal& journal, const Endpoint& receiver);
  std::optional<PexMessage> OnPeers(Time now, const Slice& payload);

 private:
  bool can_exchange_peers() const { return swarm_.peer_exchange && peer_.peer_exchange_id != 0; }

  Swarm& swarm_;
  Link& link_;
  PeerSays peer_;
  std::unique_ptr<MetadataServe> serve_;
  PeerJournal::Mark told_;
  Time next_exchange_{};
  PexReceiver pex_receiver_;
  bool enabled_ = false;
};

}  // namespace starling::peer
