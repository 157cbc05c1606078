// What passed a watched member's seams, in words of one line. All of it may come from strangers in
// the simulated world: text is cut and made printable, lists are counted and not spelled out.
#pragma once

#include <string>

#include "base/bytes.h"
#include "node/events.h"
#include "peer/extension.h"
#include "peer/handshake.h"
#include "peer/wire.h"

namespace starling::sim {

// A datagram: KRPC as what it asks or answers, everything else by its size.
std::string DatagramText(ByteView bytes);

std::string HandshakeText(const peer::Handshake& handshake);
// By which ids the receiver of a message knows extended ones; 0: not at all.
struct ExtensionIds {
  uint8_t metadata = 0;
  uint8_t peer_exchange = 0;
};
std::string MessageText(const peer::Message& message, const ExtensionIds& ids);

std::string EventText(const Event& event);

}  // namespace starling::sim
