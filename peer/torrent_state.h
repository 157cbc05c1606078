// What a Torrent is made of. The class is one conversation with many peers, so its parts share
// their state, but each part is a file of its own: torrent.cc (the public face and the phases),
// torrent_peers.cc (who is connected), torrent_places.cc (who has a place), torrent_transfer.cc
// (blocks and pieces), torrent_memory.cc (the budget for unfinished pieces) and torrent_metadata.cc
// (BEP 9).
//
// Invariants: `connections` is sorted by id and holds none that is closed; a closed connection
// waits in `ended` until the next tick, because it may be the caller. Loops that may close
// connections walk a snapshot.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "peer/bans.h"
#include "peer/blame.h"
#include "peer/candidates.h"
#include "peer/connection.h"
#include "peer/metadata_fetch.h"
#include "peer/peer_journal.h"
#include "peer/rate.h"
#include "peer/swarm.h"
#include "peer/torrent.h"

namespace starling::peer {

struct Torrent::State final : ConnectionHandler, storage::StoreHandler, DeadlineHandler {
  static constexpr uint32_t kDiallingMax = 20;
  static constexpr Duration kSweep = seconds(5);
  static constexpr Duration kMemoryPoll = milliseconds(50);
  // An idle connection gives way to a newcomer after this; and, where there are candidates waiting,
  // by itself after kUselessMax, as does one that has something and never gives it.
  static constexpr Duration kUselessMin = seconds(30);
  static constexpr Duration kUselessMax = minutes(3);
  // The same for one that gave a part of a piece which is not complete.
  static constexpr Duration kPatienceMax = minutes(30);
  // The longest that a HAVE waits which the peer has no use for.
  static constexpr Duration kHaveDelayMax = seconds(30);
  // So long a connection may show what it is good for before one of higher priority takes its
  // place: enough for a first unchoke, and whoever has to go is not too late to find others.
  static constexpr Duration kTrial = seconds(2);
  // Between two of them, as long as blocks come: to know another peer costs both sides, and all
  // their peers, who are told of it.
  static constexpr Duration kTurnover = seconds(150);
  // Connections with one public address: nobody may take all places by himself.
  static constexpr int kPerAddressMax = 4;
  static constexpr size_t kDepartedMax = 256;
  static constexpr uint32_t kSpillFailuresMax = 256;
  // Blocks asked for where the budget forbids to begin pieces, but the peer has nothing else.
  static constexpr uint32_t kAskWhenFull = 2;

  State(Torrent& torrent, const TorrentConfig& torrent_config, const TorrentSeams& torrent_seams);

  // torrent.cc
  void Start(Time now);
  // A flag a file; empty: all of them.
  std::vector<bool> WantedFiles() const;
  void OpenStore(Time now);
  void Fail(Time now, const absl::Status& why);
  void OnOpened(Time now, absl::StatusOr<Bitfield> have) override;
  void OnChecking(Time now, uint32_t pieces_checked) override;
  void OnDeadline(Time now) override;
  void Schedule(Time now);
  TorrentCounts Counts(Time now) const;

  // torrent_peers.cc
  Connection* Find(ConnectionId id) const;
  std::vector<Connection*> Snapshot() const;
  Connection& AddConnection();
  void Accept(Time now, std::unique_ptr<Stream> stream, const Handshake& handshake, Slice rest);
  void DialMore(Time now);
  void Drop(Time now, Connection& connection, Ending ending, absl::string_view why);
  void DropSeeds(Time now);
  void Ban(Time now, ConnectionId id, absl::string_view why);
  void DropUnlessFromTracker(Time now);
  void Sweep(Time now);
  void NoteInJournal(Connection& connection);
  void ExchangePeers(Time now);
  void TellHeldHaves(Time now);
  bool IsDuplicate(Time now, Connection& connection);
  void OnHandshake(Time now, Connection& connection) override;
  void OnPeerInterest(Time now, Connection& connection) override;
  void OnPeers(Time now, Connection& connection, const PexMessage& message) override;
  void OnDhtPort(Time now, Connection& connection, uint16_t port) override;
  void OnEnded(Time now, Connection& connection, Ending ending, absl::string_view why) override;

  // torrent_places.cc
  bool HasPlaceToDial() const;
  bool HasPlaceToAccept() const;
  bool MayDialMore() const;
  bool IsCrowded(const Endpoint& address) const;
  uint32_t DialledMax() const;
  bool MakeRoom(Time now);
  bool MakeRoomFor(Time now, const Endpoint& newcomer);
  bool IsMet(const PeerId& peer_id, const Endpoint& remote) const;
  Connection* FindUseless(Time now) const;
  bool HasBegunWith(const Connection& connection) const;
  bool IsFruitless(Time now, const Connection& connection) const;

  // torrent_transfer.cc
  void Refill(Time now, Connection& connection);
  void RefillAll(Time now);
  void UpdateInterest(Connection& connection);
  void TryStore(Time now, PieceIndex piece);
  void OnHad(Time now, PieceIndex piece);
  void OnSpoiled(Time now, PieceIndex piece, const std::vector<uint32_t>& bad_blocks);
  void CompleteIfDone(Time now);
  void OnPeerPieces(Time now, Connection& connection) override;
  void OnTurnOver(Time now) override;
  void OnBlock(Time now, Connection& connection, const storage::BlockRequest& block,
               Payload payload) override;
  void OnUnaskedBlock(Time now, Connection& connection, uint32_t bytes) override;
  void OnLost(Time now, Connection& connection,
              std::span<const storage::BlockRequest> blocks) override;
  void OnSnubbed(Time now, Connection& connection) override;
  void OnEventEnd(Time now, Connection& connection) override;
  void StartRead(Connection& connection, const storage::BlockRequest& block,
                 uint32_t number) override;
  void OnRead(Time now, storage::Ticket ticket, absl::StatusOr<Slice> bytes) override;
  void OnStored(Time now, PieceIndex piece, storage::Verdict verdict) override;

  // torrent_memory.cc
  uint64_t LeavingBytes() const;
  void RelieveMemory(Time now);
  void PauseIfFull(Time now);
  void ResumeIfRoom(Time now);
  void OnSpilled(Time now, PieceIndex piece, uint32_t offset, absl::Status status) override;

  // torrent_metadata.cc
  void OnExtensionHandshake(Time now, Connection& connection) override;
  void OnMetadata(Time now, Connection& connection, const MetadataMessage& message) override;
  void PumpMetadata(Time now);
  void FinishMetadata(Time now);

  // Who sent payload and is gone: it may still turn out to be guilty.
  struct Departed {
    ConnectionId id{};
    Endpoint endpoint;
    PeerId peer_id;
  };

  Torrent& self;
  const TorrentConfig config;
  const TorrentSeams seams;
  Swarm swarm;
  Phase phase = Phase::kLookingForMetadata;
  std::unique_ptr<storage::PieceStore> store;
  std::unique_ptr<MetadataFetch> fetch;  // while the metadata is unknown
  Candidates candidates;
  PeerJournal journal;  // those past their handshake of whom we know where they listen
  Bans bans;
  Blame blame;
  std::vector<std::unique_ptr<Connection>> connections;
  std::vector<ConnectionId> connection_ids;  // of the same; searched without looking at them
  std::vector<std::unique_ptr<Connection>> ended;
  std::vector<Departed> departed;  // a ring once it is full
  size_t departed_next = 0;
  std::vector<storage::BlockRequest> picked;  // scratch of Refill
  Deadline tick;
  Time next_sweep = kNever;
  Time last_turnover{};
  Time haves_due = kNever;      // some connection holds back a HAVE until then
  Time exchange_due{};          // no peer has to be told anything before
  uint32_t open_count = 0;      // connections past their handshake; the others are being dialled
  uint32_t incoming_count = 0;  // connections that we did not dial
  uint32_t pieces_checked = 0;
  uint64_t downloaded = 0;
  uint64_t uploaded = 0;
  uint64_t wasted = 0;
  uint64_t have_bytes = 0;  // of the wanted
  uint64_t wanted_bytes = 0;
  uint64_t storing_bytes = 0;  // charged, and free when the store is done
  Rate down_rate;
  Rate up_rate;
  uint32_t spill_failures = 0;  // since a piece was stored
  bool paused_for_memory = false;
  bool refused_someone = false;  // at the last decision of the choker there was no slot left
  bool refill_all = false;       // blocks became free that another peer could bring
};

}  // namespace starling::peer
