// A small world for tests of torrents: hosts with a torrent, a disk and a choker each, streams
// between them, and a clock that jumps to whatever comes next.
//
//   TorrentWorld world(TestTorrent(10, 64 * 1024));
//   TorrentHost& seeder = world.AddSeeder();
//   TorrentHost& leecher = world.AddLeecher();
//   leecher.Meet(seeder);
//   EXPECT_TRUE(world.RunUntilComplete(leecher));
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/bencode.h"
#include "base/digest.h"
#include "peer/incoming.h"
#include "peer/torrent.h"
#include "tests/peer/memory_store.h"
#include "tests/peer/memory_streams.h"

namespace starling::peer {

struct TestTorrent {
  explicit TestTorrent(uint32_t pieces, uint32_t piece_length = 64 * 1024, bool is_private = false,
                       uint32_t last_piece_short = 0) {
    const size_t size = size_t{pieces} * piece_length - last_piece_short;
    content.resize(size);
    SeededRandom random(pieces * 7919 + piece_length);
    random.Fill(ByteSpan(reinterpret_cast<std::byte*>(content.data()), content.size()));
    std::string hashes;
    for (size_t at = 0; at < size; at += piece_length) {
      const ByteView bytes = AsBytes(absl::string_view(content).substr(at, piece_length));
      absl::StrAppend(&hashes, AsText(Sha1(bytes).view()));
    }
    std::string info;
    bencode::Writer writer(&info);
    writer.BeginDict().Key("length").Integer(static_cast<int64_t>(size)).Key("name").String("test");
    writer.Key("piece length").Integer(piece_length).Key("pieces").String(hashes);
    if (is_private) writer.Key("private").Integer(1);
    writer.End();
    metainfo = std::make_shared<const storage::Metainfo>(*storage::ParseInfo(AsBytes(info)));
  }
  std::string content;
  std::shared_ptr<const storage::Metainfo> metainfo;
};

class TorrentWorld;

struct HostOptions {
  DiskOptions disk = {};
  bool knows_metainfo = true;
  uint64_t memory = 32 << 20;
  uint64_t down_rate = 0;
  uint64_t up_rate = 0;
  uint32_t connections_max = 50;
  bool sequential = false;
  bool first_copies = true;
  std::optional<Endpoint> address = {};
};

class TorrentHost final : public TorrentHandler,
                          public IncomingHandler,
                          public DeadlineHandler,
                          public Dialer {
 public:
  TorrentHost(TorrentWorld& world, int number, const HostOptions& options);
  ~TorrentHost() override;

  void Meet(const TorrentHost& other, PeerSource source = PeerSource::kTracker) {
    Meet(other.address(), source);
  }
  void Meet(const Endpoint& other, PeerSource source = PeerSource::kTracker);

  // TorrentHandler: everything is noted as a line of text.
  void OnMetadata(Time, Torrent&, bool) override { log.push_back("metadata"); }
  void OnChecked(Time, Torrent&) override { log.push_back("checked"); }
  void OnPieceFailed(Time, Torrent&, PieceIndex) override { log.push_back("piece failed"); }
  void OnPeerBanned(Time, Torrent&, const Endpoint& peer, absl::string_view why) override {
    log.push_back(absl::StrCat("banned ", peer.ToString(), " ", why));
    banned.push_back(peer);
  }
  void OnComplete(Time, Torrent&) override { log.push_back("complete"); }
  void OnFailed(Time, Torrent&, const absl::Status& why) override {
    log.push_back(absl::StrCat("failed ", std::string(why.message())));
  }
  void OnDhtNode(Time, const Endpoint& node) override { dht_nodes.push_back(node); }
  void OnConnected(Time, Torrent&, const Endpoint&, bool) override { ++connected; }
  void OnSlotMayBeFree(Time now) override { choke_deadline_.SetEarlier(now); }
  bool MayDial() const override { return true; }
  ConnectionId NextConnectionId() override { return ConnectionId{++last_connection_}; }
  // IncomingHandler
  void OnHandshake(Time now, Incoming& incoming) override;
  void OnDropped(Time now, Incoming& incoming) override;
  // DeadlineHandler: the choker's rounds.
  void OnDeadline(Time now) override;
  std::unique_ptr<Stream> Dial(Time now, const Endpoint& to) override;

  bool Logged(absl::string_view text) const {
    return std::any_of(log.begin(), log.end(), [&](const std::string& line) {
      return absl::string_view(line).find(text) != absl::string_view::npos;
    });
  }
  Torrent& torrent() { return *torrent_; }
  const Endpoint& address() const { return address_; }
  const PeerId& id() const { return id_; }
  TorrentCounts counts() const;
  MemoryStore& store() { return storage_.store(); }
  UnfinishedMemory& memory() { return memory_; }
  Deadlines& deadlines() { return deadlines_; }
  void Leave() { torrent_.reset(); }

  std::vector<std::string> log;
  std::vector<Endpoint> banned;
  std::vector<Endpoint> dht_nodes;
  int connected = 0;

 private:
  TorrentWorld& world_;
  Endpoint address_;
  PeerId id_;
  Deadlines deadlines_;
  SeededRandom random_;
  TokenBucket down_;
  TokenBucket up_;
  UnfinishedMemory memory_;
  MemoryStorage storage_;
  std::unique_ptr<Choker> choker_;
  Deadline choke_deadline_;
  std::vector<std::unique_ptr<Incoming>> incoming_;
  std::vector<std::unique_ptr<Incoming>> dropped_;
  uint64_t last_connection_ = 0;
  std::unique_ptr<Torrent> torrent_;
};

class TorrentWorld {
 public:
  explicit TorrentWorld(TestTorrent torrent) : test(std::move(torrent)), net(happenings) {}
  ~TorrentWorld() { hosts.clear(); }

  TorrentHost& Add(const HostOptions& options) {
    hosts.push_back(
        std::make_unique<TorrentHost>(*this, static_cast<int>(hosts.size()) + 1, options));
    hosts.back()->torrent().Start(now());
    return *hosts.back();
  }
  TorrentHost& AddSeeder(HostOptions options = {}) {
    options.disk.content = test.content;
    return Add(options);
  }
  TorrentHost& AddLeecher(const HostOptions& options = {}) { return Add(options); }

  Time now() const { return happenings.now(); }
  // Runs until `done()` or until `limit` has passed; returns whether it is done.
  template <class Done>
  bool RunUntil(Done done, Duration limit = minutes(30)) {
    const Time end = now() + limit;
    while (!done()) {
      Time next = happenings.next();
      for (const auto& host : hosts) next = std::min(next, host->deadlines().earliest());
      if (next > end) {
        happenings.AdvanceTo(end);
        return false;
      }
      if (happenings.next() <= next) {
        happenings.RunOne();
        continue;
      }
      happenings.AdvanceTo(next);
      for (const auto& host : hosts) host->deadlines().RunDue(now());
    }
    return true;
  }
  void Run(Duration length) {
    RunUntil([] { return false; }, length);
  }
  bool RunUntilComplete(TorrentHost& host, Duration limit = minutes(30)) {
    return RunUntil([&] { return host.torrent().phase() == Torrent::Phase::kSeeding; }, limit) &&
           host.store().content() == test.content;
  }

  Happenings happenings;
  TestTorrent test;
  MemoryNet net;
  std::vector<std::unique_ptr<TorrentHost>> hosts;
};

inline TorrentHost::TorrentHost(TorrentWorld& world, int number, const HostOptions& options)
    : world_(world),
      address_(options.address.value_or(
          Endpoint::V4(0x50000001u + (static_cast<uint32_t>(number) << 8), 6881))),
      random_(static_cast<uint64_t>(number) * 1000),
      memory_(options.memory),
      storage_(world.happenings, options.disk),
      choker_(MakeTitForTat(random_)),
      choke_deadline_(deadlines_, *this) {
  id_ = random_.NextId<PeerId>();
  TorrentConfig config;
  config.info_hash = world.test.metainfo->info_hash();
  config.own_id = id_;
  if (options.knows_metainfo) config.metainfo = world.test.metainfo;
  if (options.sequential) config.piece_policy = &MakeSequential;
  config.first_copies = options.first_copies;
  config.connections_max = options.connections_max;
  config.listen_port = address_.port;
  config.dht_port = address_.port;
  config.down_rate = options.down_rate;
  config.up_rate = options.up_rate;
  torrent_ = std::make_unique<Torrent>(config, TorrentSeams{.dialer = *this,
                                                            .storage = storage_,
                                                            .random = random_,
                                                            .deadlines = deadlines_,
                                                            .down_limit = down_,
                                                            .up_limit = up_,
                                                            .memory = memory_,
                                                            .handler = *this});
  choke_deadline_.Set(world.now() + seconds(10));
  world.net.Listen(address_, [this](Time now, std::unique_ptr<Stream> stream) {
    incoming_.push_back(std::make_unique<Incoming>(now, std::move(stream), deadlines_, *this));
  });
}

inline TorrentHost::~TorrentHost() { world_.net.StopListening(address_); }

inline void TorrentHost::Meet(const Endpoint& other, PeerSource source) {
  torrent_->AddCandidates(world_.now(), std::span(&other, 1), source);
}

inline void TorrentHost::OnHandshake(Time now, Incoming& incoming) {
  if (torrent_ != nullptr && incoming.handshake().info_hash == torrent_->info_hash()) {
    torrent_->Accept(now, incoming.TakeStream(), incoming.handshake(), incoming.TakeRest());
  }
  OnDropped(now, incoming);
}

inline void TorrentHost::OnDropped(Time, Incoming& incoming) {
  const auto at = std::find_if(incoming_.begin(), incoming_.end(),
                               [&](const auto& entry) { return entry.get() == &incoming; });
  dropped_.push_back(std::move(*at));
  incoming_.erase(at);
}

inline void TorrentHost::OnDeadline(Time now) {
  dropped_.clear();
  choke_deadline_.SetEarlier(now + seconds(10));
  if (torrent_ == nullptr) return;
  std::vector<PeerView> views;
  torrent_->AppendViews(now, &views);
  torrent_->Apply(now, choker_->Decide(now, views, {}));
}

inline std::unique_ptr<Stream> TorrentHost::Dial(Time, const Endpoint& to) {
  return world_.net.Dial(address_, to);
}

inline TorrentCounts TorrentHost::counts() const { return torrent_->counts(world_.now()); }

}  // namespace starling::peer
