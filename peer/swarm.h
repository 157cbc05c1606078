// What all connections of one torrent share: who we are, what the torrent is, its pieces once they
// are known, and the limits. It belongs to the torrent; connections read it, and count into the
// token buckets.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/deadlines.h"
#include "base/id.h"
#include "base/token_bucket.h"
#include "peer/first_copies.h"
#include "peer/handshake.h"
#include "peer/message_space.h"
#include "peer/peer_priority.h"
#include "peer/picker.h"
#include "peer/pieces.h"
#include "storage/metainfo.h"

namespace starling::peer {

struct Swarm {
  Swarm(Deadlines& deadlines_in, TokenBucket& node_down_in, TokenBucket& node_up_in)
      : deadlines(deadlines_in), node_down(node_down_in), node_up(node_up_in) {}

  Deadlines& deadlines;
  TokenBucket& node_down;
  TokenBucket& node_up;
  TokenBucket down;
  TokenBucket up;
  MessageSpace messages;

  InfoHash info_hash;
  PeerId own_id;
  uint16_t listen_port = 0;
  OwnAddress own_address;
  uint16_t dht_port = 0;
  bool peer_exchange = true;
  bool is_private = false;
  std::string version;

  std::shared_ptr<const storage::Metainfo> metainfo;  // null until known
  std::unique_ptr<Pieces> pieces;                     // null until the store is open
  std::unique_ptr<Picker> picker;                     // likewise
  std::unique_ptr<FirstCopies> first_copies;          // of who begins as a seed
  // What came since the store is open, in this order. Connections tell their peers of it, each from
  // where it stopped last.
  std::vector<PieceIndex> got;
  uint32_t alms_takers = 0;  // connections that may have pieces while choked (BEP 6)

  bool complete() const { return pieces != nullptr && pieces->lacking() == 0; }
  Handshake OwnHandshake() const {
    Handshake handshake;
    handshake.info_hash = info_hash;
    handshake.peer_id = own_id;
    handshake.supports_dht = dht_port != 0 && !is_private;
    handshake.supports_fast = true;
    handshake.supports_extensions = true;
    return handshake;
  }
};

}  // namespace starling::peer
