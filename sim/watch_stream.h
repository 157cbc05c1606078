// Reads along a stream of a watched member, in both directions, and says in words what passes.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>

#include "peer/wire_reader.h"
#include "sim/stream_tap.h"
#include "sim/watch_text.h"

namespace starling::sim {

class WatchedStream final : public StreamTap {
 public:
  using Say = std::function<void(absl::string_view line)>;
  // `name` begins each line.
  WatchedStream(std::string name, Say say) : name_(std::move(name)), say_(std::move(say)) {}
  ~WatchedStream() override;

  void OnOpen(Time now) override;
  void OnReceived(Time now, const Slice& bytes) override;
  Slice OnSend(Time now, Slice bytes) override;
  void OnClosed(Time now, const absl::Status& why) override;

 private:
  struct Direction {
    absl::string_view name;
    ExtensionIds ids;       // those of the receiver
    std::string handshake;  // its bytes, while they are incomplete
    bool is_past_handshake = false;
    bool is_unreadable = false;
    peer::WireReader reader;
  };

  void Read(Direction& direction, Slice bytes);
  // Takes the bytes of the handshake off `bytes`.
  void ReadHandshake(Direction& direction, Slice* bytes);
  void Tell(const Direction& direction, absl::string_view text);

  std::string name_;
  Say say_;
  Direction in_{.name = "in",
                .ids = {peer::kMetadataExtensionId, peer::kPeerExchangeExtensionId},
                .handshake = {},
                .reader = {}};
  Direction out_{.name = "out", .ids = {}, .handshake = {}, .reader = {}};
  bool is_closed_ = false;
};

}  // namespace starling::sim
