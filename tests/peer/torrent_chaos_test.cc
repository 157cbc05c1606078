// Peers that do anything at any time: right and wrong messages, true and corrupt blocks, chokes,
// silence, leaving in the middle. Whatever they do, the torrent stays within its memory, bans
// nobody who was honest, and completes from an honest seeder in the end.
#include <gtest/gtest.h>

#include <deque>

#include "peer/metadata_exchange.h"
#include "tests/peer/scripted_peer.h"
#include "tests/peer/torrent_world.h"

namespace starling::peer {
namespace {

constexpr uint64_t kMemory = 256 * 1024;

class ChaoticPeer {
 public:
  ChaoticPeer(TorrentWorld& world, TorrentHost& host, SeededRandom& random, int number, bool lies)
      : world_(world), host_(host), random_(random), number_(number), lies_(lies) {
    Join();
  }

  void Act() {
    if (peer_->closed) {
      if (random_.Below(10) == 0) Join();
      return;
    }
    switch (random_.Below(24)) {
      case 0:
        return peer_->Send(Choke{});
      case 1:
      case 2:
        return peer_->Send(Unchoke{});
      case 3:
        return peer_->Send(Interested{});
      case 4:
        return peer_->Send(NotInterested{});
      case 5:
      case 6:
        return peer_->Send(Have{SomePiece()});
      case 7:
        return peer_->Send(Request{SomeBlock()});
      case 8:
        return peer_->Send(Cancel{SomeBlock()});
      case 9:
        return peer_->Send(Suggest{SomePiece()});
      case 10:
        return peer_->Send(AllowedFast{SomePiece()});
      case 11:
        return RejectOne();
      case 12:
        return peer_->Send(HaveAll{});
      case 13:
        return peer_->SendBlock(SomeBlock(), lies_);  // perhaps nobody asked
      case 14:
        return Extend();
      case 15:
        return Maybe(20, [this] { peer_->Leave(), peer_->closed = true; });
      case 16:
        return Maybe(40, [this] { peer_->SendRaw("\xff\xff\xff\xff????"); });
      default:
        return AnswerOne();
    }
  }

 private:
  template <class Work>
  void Maybe(uint64_t one_in, Work work) {
    if (random_.Below(one_in) == 0) work();
  }
  void Join() {
    asked_.clear();
    peer_ = std::make_unique<ScriptedPeer>(world_, number_, random_.Below(4) != 0);
    peer_->on_message = [this](const Message& message) {
      if (const auto* request = std::get_if<Request>(&message)) asked_.push_back(request->block);
    };
    peer_->Join(host_);
  }
  void AnswerOne() {
    if (asked_.empty()) return;
    const storage::BlockRequest block = asked_.front();
    asked_.pop_front();
    peer_->SendBlock(block, lies_ && random_.Below(3) == 0);
  }
  void RejectOne() {
    if (asked_.empty() || !peer_->handshake.supports_fast) return;
    peer_->Send(Reject{asked_.back()});
    asked_.pop_back();
  }
  void Extend() {
    if (random_.Below(2) == 0) {
      ExtensionHandshake handshake;
      handshake.request_queue = static_cast<uint32_t>(random_.Below(300)) + 1;
      handshake.port = static_cast<uint16_t>(random_.Below(65'535) + 1);
      peer_->Send(Extended{kExtensionHandshakeId, EncodeExtensionHandshake(handshake)});
    } else {
      peer_->Send(Extended{kMetadataExtensionId, EncodeMetadataRequest(0)});
    }
  }
  PieceIndex SomePiece() {
    const uint64_t beyond = random_.Below(200) == 0 ? 1 : 0;
    return PieceIndex(static_cast<uint32_t>(random_.Below(8 + beyond)));
  }
  storage::BlockRequest SomeBlock() {
    const PieceIndex piece = PieceIndex(static_cast<uint32_t>(random_.Below(8)));
    return {piece, static_cast<uint32_t>(random_.Below(8)) * kBlock, kBlock};
  }

  TorrentWorld& world_;
  TorrentHost& host_;
  SeededRandom& random_;
  const int number_;
  const bool lies_;
  std::unique_ptr<ScriptedPeer> peer_;
  std::deque<storage::BlockRequest> asked_;
};

class Chaos : public testing::TestWithParam<uint64_t> {};

TEST_P(Chaos, EndsWithACompleteTorrent) {
  SeededRandom random(GetParam());
  TorrentWorld world(TestTorrent(8, 8 * kBlock));
  HostOptions options;
  options.memory = kMemory;
  options.disk.spills_fail = GetParam() % 4 == 3;
  TorrentHost& leecher = world.AddLeecher(options);
  world.Run(seconds(1));
  std::vector<std::unique_ptr<ChaoticPeer>> peers;
  for (int i = 0; i < 6; ++i) {
    peers.push_back(std::make_unique<ChaoticPeer>(world, leecher, random, i + 1, i < 2));
  }
  for (int i = 0; i < 3'000; ++i) {
    peers[random.Below(peers.size())]->Act();
    world.Run(
        milliseconds(static_cast<int64_t>(random.Below(random.Below(100) == 0 ? 20'000 : 50))));
    // What was on its way when reading stopped comes on top.
    ASSERT_LE(leecher.memory().used(), kMemory + 6 * 8 * kBlock);
    if (leecher.torrent().phase() == Torrent::Phase::kSeeding) break;
  }
  peers.clear();
  TorrentHost& seeder = world.AddSeeder();
  leecher.Meet(seeder);
  EXPECT_TRUE(world.RunUntilComplete(leecher, minutes(20)));
  EXPECT_EQ(leecher.memory().used(), 0u);
  EXPECT_LE(leecher.banned.size(), 2u);
  for (const Endpoint& banned : leecher.banned) {
    const uint32_t number = (banned.v4() >> 8) & 0xff;
    EXPECT_LE(number, 2u) << banned.ToString();  // only those two lie
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, Chaos, testing::Range(uint64_t{1}, uint64_t{25}));

}  // namespace
}  // namespace starling::peer
