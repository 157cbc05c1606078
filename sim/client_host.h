// A host on which a whole, unmodified Client lives, with a disk that survives it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/check.h"
#include "node/client.h"
#include "sim/behaviour.h"
#include "sim/world.h"

namespace starling::sim {

struct ClientHostOptions {
  ClientOptions client;  // dht_routers are taken as they are; see World::services for names
  AccessRates rates;
  DiskOptions disk;
  bool listens = true;         // takes connections on kSimulatedPort
  BehaviourFactory behaviour;  // empty: honest
  // Told what the Client says, in the middle of whatever it does: only notes are to be taken.
  std::function<void(Time, const starling::Event&)> on_event;
};

// What a Client said, counted; times are those of the first such event.
struct ClientHistory {
  std::optional<Time> metadata;
  std::optional<Time> complete;
  uint32_t pieces_failed = 0;
  uint32_t peers_banned = 0;
  uint32_t torrents_failed = 0;
  uint32_t tracker_answers = 0;
  uint32_t tracker_failures = 0;
  std::string last_failure;
};

class ClientHost final : public Participant, private EventSink {
 public:
  ClientHost(World& world, NodeIndex node, const ClientHostOptions& options);
  ~ClientHost() override;

  // Torrents are added whenever the host is switched on, and at once if it is on.
  void AddTorrent(const TorrentOptions& torrent);

  NodeIndex index() const { return index_; }
  Endpoint endpoint() const { return world_.endpoint(index_); }
  bool is_on() const { return client_ != nullptr; }
  Time now() const { return world_.now(); }
  // While it is on. Commands to it are followed by world.Touch(index()).
  Client& client() {
    CHECK(client_ != nullptr);
    return *client_;
  }
  SimDisk& disk() { return disk_; }
  const ClientHistory& history() const { return history_; }
  // Of its first torrent.
  TorrentStatus status() const;

  void OnPowerOn(Time now) override;
  void OnPowerOff(Time now) override;
  void OnDatagram(Time now, const Endpoint& from, ByteView bytes) override;
  void OnStream(Time now, std::unique_ptr<Stream> stream) override;
  void OnDeadline(Time now) override { client_->OnDeadline(now); }
  Time next_deadline() const override { return client_->next_deadline(); }
  void Prefetch(int step) const override {
    if (client_ == nullptr) return;
    if (step == 0) {
      __builtin_prefetch(client_.get());
    } else {
      client_->Prefetch();
    }
  }

 private:
  void On(Time now, const starling::Event& event) override;
  BehaviourSite Site() const;

  std::unique_ptr<Client> client_;  // first, to lie in one cache line with what names the type
  World& world_;
  NodeIndex index_;
  ClientHostOptions options_;
  SeededRandom random_;
  SimPort port_;
  SimDialer dialer_;
  SimDisk disk_;
  SimResolver resolver_;
  SimHttpClient http_;
  std::vector<TorrentOptions> torrents_;
  ClientHistory history_;
  std::unique_ptr<Behaviour> behaviour_;  // outlives the Client
};

// A new host with a Client, switched off.
ClientHost& AddClientHost(World& world, const ClientHostOptions& options);

}  // namespace starling::sim
