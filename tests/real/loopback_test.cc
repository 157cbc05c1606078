// Whole nodes on real sockets of this machine: magnet link in, verified file out, found through the
// DHT that they build themselves.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "node/real_node.h"
#include "node/real_parts.h"
#include "storage/create.h"
#include "tests/real/real_parts.h"

namespace starling::testing_support {
namespace {

namespace fs = std::filesystem;

std::string ReadFile(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

// A node with a folder of its own, and what happened to it.
class Participant final : public EventSink {
 public:
  Participant(RealWorld& world, const fs::path& dir, const Endpoint& local,
              std::vector<Endpoint> routers)
      : world_(world), dir_(dir) {
    fs::create_directories(dir);
    RealNodeOptions options;
    options.listen = {local};
    for (const Endpoint& router : routers) {
      options.client.dht_routers.emplace_back(router.AddressToString(), router.port);
    }
    auto started = RealNode::Start(world, options, *this);
    EXPECT_TRUE(started.ok()) << started.status();
    node_ = *std::move(started);
  }

  void On(Time, const Event& event) override {
    if (const auto* failed = std::get_if<TorrentFailedEvent>(&event)) ADD_FAILURE() << failed->why;
    from_peers_ |=
        std::holds_alternative<MetadataEvent>(event) && std::get<MetadataEvent>(event).from_peers;
    is_complete_ |= std::holds_alternative<CompleteEvent>(event);
  }

  void Seed(std::shared_ptr<const storage::Metainfo> metainfo) {
    TorrentOptions torrent;
    torrent.metainfo = std::move(metainfo);
    torrent.dir = dir_;
    torrent.seed_only = true;
    EXPECT_TRUE(node_->client().Add(world_.now(), torrent).ok());
  }
  void Get(const InfoHash& info_hash, std::vector<Endpoint> peers = {}) {
    TorrentOptions torrent;
    torrent.peers = std::move(peers);
    torrent.magnet = storage::ParseMagnet("magnet:?xt=urn:btih:" + info_hash.hex()).value();
    torrent.dir = dir_;
    EXPECT_TRUE(node_->client().Add(world_.now(), torrent).ok());
  }

  Endpoint endpoint() const { return node_->listening()[0]; }
  const fs::path& dir() const { return dir_; }
  bool is_complete() const { return is_complete_; }
  bool has_metadata_from_peers() const { return from_peers_; }

 private:
  RealWorld& world_;
  const fs::path dir_;
  std::unique_ptr<RealNode> node_;
  bool is_complete_ = false;
  bool from_peers_ = false;
};

class LoopbackTest : public testing::Test {
 protected:
  LoopbackTest() : root_(fs::path(testing::TempDir()) / "starling_loopback_test") {
    fs::remove_all(root_);
    fs::create_directories(root_ / "seeder");
  }
  ~LoopbackTest() override { fs::remove_all(root_); }

  // Makes a file of noise in the seeder's folder and a torrent of it.
  void MakeContent(size_t size) {
    content_.resize(size);
    SeededRandom random(size);
    random.Fill({reinterpret_cast<std::byte*>(content_.data()), content_.size()});
    std::ofstream(root_ / "seeder" / "file", std::ios::binary) << content_;
    storage::CreateOptions options;
    options.piece_length = 64 << 10;
    auto created = storage::CreateTorrent(root_ / "seeder" / "file", options,
                                          [](uint64_t, uint64_t) { return true; });
    ASSERT_TRUE(created.ok()) << created.status();
    metainfo_ = std::make_shared<storage::Metainfo>(std::move(created->metainfo));
  }
  // Runs the world until `done`; false if that takes more than a minute.
  bool Until(const std::function<bool()>& done) {
    const Time end = world_.now() + seconds(60);
    while (!done()) {
      if (world_.now() >= end) return false;
      world_.parts().loop.RunTurn(milliseconds(5));
    }
    return true;
  }
  void ExpectCopies(const std::vector<Participant*>& leechers) {
    for (const Participant* leecher : leechers) {
      EXPECT_TRUE(leecher->has_metadata_from_peers());
      EXPECT_TRUE(ReadFile(leecher->dir() / "file") == content_);
    }
  }

  const fs::path root_;
  std::string content_;
  std::shared_ptr<const storage::Metainfo> metainfo_;
  RealWorld world_;
};

TEST_F(LoopbackTest, TwoNodesFindEachOtherByTheirDhtAndExchangeAFile) {
  MakeContent(3'000'001);
  const uint64_t copied_before = Buffer::bytes_copied();
  Participant seeder(world_, root_ / "seeder", Loopback(), {});
  seeder.Seed(metainfo_);
  Participant leecher(world_, root_ / "leecher", Loopback(), {seeder.endpoint()});
  leecher.Get(metainfo_->info_hash());
  ASSERT_TRUE(Until([&] { return leecher.is_complete(); }));
  ExpectCopies({&leecher});
  EXPECT_EQ(Buffer::bytes_copied(), copied_before);
}

TEST_F(LoopbackTest, TheSameOverIpv6) {
  MakeContent(500'000);
  Participant seeder(world_, root_ / "seeder", OtherLoopback(), {});
  seeder.Seed(metainfo_);
  Participant leecher(world_, root_ / "leecher", OtherLoopback(), {seeder.endpoint()});
  leecher.Get(metainfo_->info_hash());
  ASSERT_TRUE(Until([&] { return leecher.is_complete(); }));
  ExpectCopies({&leecher});
}

TEST_F(LoopbackTest, ASwarmOnAddressesOfItsOwnSharesAFile) {
  MakeContent(5'000'000);
  Participant router(world_, root_ / "router", Endpoint::V4(0x7f000101, 0), {});
  Participant seeder(world_, root_ / "seeder", Endpoint::V4(0x7f000102, 0), {router.endpoint()});
  seeder.Seed(metainfo_);
  std::vector<std::unique_ptr<Participant>> leechers;
  for (uint32_t i = 0; i < 3; ++i) {
    leechers.push_back(std::make_unique<Participant>(
        world_, root_ / ("leecher" + std::to_string(i)), Endpoint::V4(0x7f000103 + i, 0),
        std::vector<Endpoint>{router.endpoint()}));
    leechers.back()->Get(metainfo_->info_hash());
  }
  ASSERT_TRUE(Until([&] {
    for (const auto& leecher : leechers) {
      if (!leecher->is_complete()) return false;
    }
    return true;
  }));
  for (const auto& leecher : leechers) ExpectCopies({leecher.get()});
}

TEST_F(LoopbackTest, ASeederServesTheNextWhenALeecherHasLeft) {
  MakeContent(1'000'000);
  Participant seeder(world_, root_ / "seeder", Loopback(), {});
  seeder.Seed(metainfo_);
  for (const char* name : {"first", "second"}) {
    Participant leecher(world_, root_ / name, Loopback(), {seeder.endpoint()});
    leecher.Get(metainfo_->info_hash(), {seeder.endpoint()});
    ASSERT_TRUE(Until([&] { return leecher.is_complete(); })) << name;
    ExpectCopies({&leecher});
  }
  const Time soon = world_.now() + milliseconds(500);
  Until([&] { return world_.now() >= soon; });
}

TEST_F(LoopbackTest, ANodeSaysThatItsPortIsTakenAndAnotherPortIsFine) {
  // Free for UDP, that is; some other program may have the same port for TCP.
  std::optional<Socket> taken;
  do {
    taken.emplace(BindUdp(Loopback()).value());
  } while (!ListenTcp(LocalEndpoint(taken->descriptor())).ok());
  RealNodeOptions options;
  options.listen = {LocalEndpoint(taken->descriptor())};
  class Ignore final : public EventSink {
    void On(Time, const Event&) override {}
  } ignore;
  const auto refused = RealNode::Start(world_, options, ignore);
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(refused.status().message(),
            "port " + std::to_string(options.listen[0].port) + " is taken (UDP on 127.0.0.1)");
  options.listen = {Loopback()};
  const auto started = RealNode::Start(world_, options, ignore);
  ASSERT_TRUE(started.ok());
  EXPECT_NE((*started)->listening()[0].port, 0);
}

TEST_F(LoopbackTest, AWorldRunsWhatItIsToldUntilItIsStopped) {
  int ticks = 0;
  std::vector<std::string> order;
  world_.Every(milliseconds(2), [&](Time) {
    if (++ticks == 3) world_.Stop();
  });
  world_.Post([&](Time) { order.push_back("posted"); });
  world_.Run();
  EXPECT_EQ(order, std::vector<std::string>{"posted"});
  EXPECT_EQ(ticks, 3);
  world_.Post([&](Time) { world_.Stop(); });
  world_.Run();  // again
}

}  // namespace
}  // namespace starling::testing_support
