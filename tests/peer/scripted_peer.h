// A peer whose every message a test writes by hand, speaking with a TorrentHost in a TorrentWorld.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "peer/extension.h"
#include "peer/handshake.h"
#include "peer/wire.h"
#include "peer/wire_reader.h"
#include "peer/wire_writer.h"
#include "tests/peer/torrent_world.h"

namespace starling::peer {

class ScriptedPeer final : public StreamHandler {
 public:
  explicit ScriptedPeer(TorrentWorld& world, int number = 1, bool fast = true,
                        bool extensions = true)
      : world_(world),
        address_(Endpoint::V4(0x5a000001u + (static_cast<uint32_t>(number) << 8), 7000)) {
    handshake.info_hash = world.test.metainfo->info_hash();
    handshake.peer_id.bytes[0] = std::byte{0x2d};
    handshake.peer_id.bytes[1] = static_cast<std::byte>(number);
    handshake.supports_fast = fast;
    handshake.supports_extensions = extensions;
    world.net.Listen(address_, [this](Time, std::unique_ptr<Stream> stream) {
      stream_ = std::move(stream);
      stream_->SetHandler(*this);
    });
  }
  ~ScriptedPeer() override { world_.net.StopListening(address_); }

  // Dials the host and runs until the handshakes are exchanged.
  void Join(TorrentHost& host) { Join(host, address_); }
  void Join(TorrentHost& host, const Endpoint& from) {
    stream_ = world_.net.Dial(from, host.address());
    stream_->SetHandler(*this);
    world_.RunUntil([&] { return shaken || closed; }, seconds(5));
    world_.Run(milliseconds(100));
  }
  template <class Message>
  void Send(const Message& message) {
    if (stream_ == nullptr) return;
    writer_.Write(message);
    writer_.Flush(world_.now(), *stream_);
  }
  // Sends and lets the answer come.
  template <class Message>
  void Say(const Message& message) {
    Send(message);
    world_.Run(milliseconds(100));
  }
  void SendRaw(absl::string_view bytes) {
    if (stream_ != nullptr) stream_->Send(world_.now(), Buffer::CopyFrom(AsBytes(bytes)));
  }
  void Leave() { stream_.reset(); }
  // The right content of a block, or the same with one bit wrong.
  void SendBlock(const storage::BlockRequest& block, bool corrupt = false) {
    const size_t at =
        size_t{block.piece.value()} * world_.test.metainfo->piece_length + block.offset;
    std::string bytes = world_.test.content.substr(at, block.length);
    if (corrupt) bytes[0] = static_cast<char>(bytes[0] ^ 1);
    Piece piece{block.piece, block.offset, {}};
    piece.payload.push_back(Buffer::CopyFrom(AsBytes(bytes)));
    Send(piece);
  }

  bool Heard(absl::string_view text) const { return CountHeard(text) > 0; }
  int CountHeard(absl::string_view text) const {
    return static_cast<int>(std::count_if(heard.begin(), heard.end(), [&](const std::string& line) {
      return absl::string_view(line).substr(0, text.size()) == text;
    }));
  }
  const Endpoint& address() const { return address_; }
  Stream* stream() { return stream_.get(); }

  void OnOpen(Time) override { SendHandshake(); }
  void OnData(Time, Slice bytes) override {
    if (!shaken) {
      early_ += std::string(bytes.text());
      if (early_.size() < kHandshakeSize) return;
      theirs = *ParseHandshake(AsBytes(early_));
      shaken = true;
      if (!said_hello_) SendHandshake();
      bytes = Buffer::CopyFrom(AsBytes(absl::string_view(early_).substr(kHandshakeSize)));
    }
    if (!bytes.empty()) reader_.Feed(bytes);
    while (std::optional<Message> message = reader_.Next()) {
      heard.push_back(ToText(*message));
      if (on_message) on_message(*message);
    }
  }
  void OnSent(Time) override {}
  void OnClosed(Time, absl::Status) override {
    closed = true;
    stream_.reset();
  }

  Handshake handshake;
  Handshake theirs;
  std::vector<std::string> heard;
  std::function<void(const Message&)> on_message;
  std::function<void()> on_shaken;
  bool shaken = false;
  bool closed = false;

 private:
  void SendHandshake() {
    said_hello_ = true;
    stream_->Send(world_.now(), EncodeHandshake(handshake));
    if (on_shaken) on_shaken();
  }

  TorrentWorld& world_;
  Endpoint address_;
  std::unique_ptr<Stream> stream_;
  WireReader reader_;
  MessageSpace space_;
  WireWriter writer_{space_};
  std::string early_;
  bool said_hello_ = false;
};

// A scripted seeder: has everything, unchokes, and answers requests, some of them corruptly.
class ScriptedSeeder {
 public:
  ScriptedSeeder(TorrentWorld& world, int number) : peer(world, number) {
    peer.on_shaken = [this] {
      peer.Send(HaveAll{});
      peer.Send(Unchoke{});
    };
    peer.on_message = [this](const Message& message) {
      const auto* request = std::get_if<Request>(&message);
      if (request == nullptr) return;
      ++asked;
      if (answers > 0) {
        --answers;
        peer.SendBlock(request->block, is_corrupt && is_corrupt(request->block));
      }
    };
  }
  ScriptedPeer peer;
  std::function<bool(const storage::BlockRequest&)> is_corrupt;
  int answers = 1'000'000;  // so many requests are answered
  int asked = 0;
};

inline constexpr uint32_t kBlock = storage::kBlockSize;

inline storage::BlockRequest BlockOf(uint32_t piece, uint32_t block = 0) {
  return {PieceIndex(piece), block * kBlock, kBlock};
}

// A host that seeds 8 pieces of four blocks, and a peer that has joined it.
struct Served {
  explicit Served(bool fast = true, const HostOptions& options = {})
      : world(TestTorrent(8)), seeder(world.AddSeeder(options)), peer(world, 1, fast) {
    world.Run(seconds(1));
    peer.Join(seeder);
  }
  void BeUnchoked() {
    peer.Say(Interested{});
    EXPECT_TRUE(peer.Heard("unchoke"));
  }
  TorrentWorld world;
  TorrentHost& seeder;
  ScriptedPeer peer;
};

// A host that wants 8 pieces, and a peer that has joined it.
struct Wanting {
  explicit Wanting(bool fast = true, const HostOptions& options = {})
      : world(TestTorrent(8)), leecher(world.AddLeecher(options)), peer(world, 1, fast) {
    world.Run(seconds(1));
    peer.Join(leecher);
  }
  TorrentWorld world;
  TorrentHost& leecher;
  ScriptedPeer peer;
};

}  // namespace starling::peer
