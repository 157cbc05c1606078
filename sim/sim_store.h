// Simulated disks. Since only verified pieces are ever had, a disk is a bitfield over the content
// that all nodes share; unverified blocks that were spilled are kept as the slices they came in.
// What a disk holds outlives the stores opened on it, so a node that crashed finds it again.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "base/bitfield.h"
#include "sim/event_queue.h"
#include "sim/rate_server.h"
#include "sim/residents.h"
#include "sim/shared_content.h"
#include "storage/piece_store.h"

namespace starling::sim {

enum class DiskFault : uint8_t {
  kNone,
  kFailing,  // every operation ends with an error
  kRotten,   // reads give one wrong bit each, and nobody notices
};

// All disks of a world: the contents that exist, and the operations that are under way.
class Disks {
 public:
  Disks(EventQueue& queue, Residents& residents) : queue_(queue), residents_(residents) {}
  Disks(const Disks&) = delete;
  Disks& operator=(const Disks&) = delete;

  // Only torrents whose content was added can be opened.
  void AddContent(std::shared_ptr<const SharedContent> content);
  void OnEvent(const Event& event);  // kDisk

 private:
  friend class SimDisk;
  friend class SimStore;
  static constexpr uint32_t kNone = ~uint32_t{0};
  enum class Kind : uint8_t { kOpen, kRead, kSpill, kStore, kCheck };
  // What one torrent has on one disk.
  struct Volume {
    std::shared_ptr<const SharedContent> content;
    Bitfield have;
    absl::btree_map<std::pair<PieceIndex, uint32_t>, Payload> spilled;
  };
  struct Operation {
    Kind kind{};
    uint32_t store = 0;
    uint32_t generation = 0;
    std::shared_ptr<Volume> volume;
    storage::Ticket ticket{};
    storage::BlockRequest request;
    std::vector<Payload> blocks;
    DiskFault fault = DiskFault::kNone;
    uint32_t next = kNone;  // a further read that ends in the same event
  };
  struct Place {  // of an open store
    storage::StoreHandler* handler = nullptr;
    NodeIndex node;
    uint32_t generation = 0;
  };

  uint32_t TakePlace(NodeIndex node, storage::StoreHandler& handler);
  void LeavePlace(uint32_t place);
  void Submit(Time when, Operation operation);
  bool JoinsLastRead(Time when, const Operation& operation) const;
  void Finish(Time now, Operation operation);
  // Is the piece of a Store or Check good? Then it is had from now on.
  storage::Verdict Verify(Operation& operation);
  static absl::StatusOr<Slice> ReadFrom(const Volume& volume, const Operation& operation);
  static absl::Status SpillTo(Volume& volume, const Operation& operation);

  EventQueue& queue_;
  Residents& residents_;
  std::map<InfoHash, std::shared_ptr<const SharedContent>> contents_;
  std::vector<Operation> operations_;
  std::vector<uint32_t> free_operations_;
  std::vector<Place> places_;
  std::vector<uint32_t> free_places_;
  // The read that was submitted last, until its event comes; and how many events there were then.
  uint32_t last_read_ = kNone;
  Time last_read_ends_{};
  uint64_t pushed_by_last_read_ = 0;
};

struct DiskOptions {
  Duration latency{};      // of each operation
  uint64_t rate = 0;       // bytes a second read or written, 0: no limit
  uint64_t hash_rate = 0;  // bytes a second verified, while they are written; 0: no limit
};

// The disk of one node.
class SimDisk final : public storage::Storage {
 public:
  SimDisk(Disks& disks, NodeIndex node, const DiskOptions& options = {})
      : disks_(disks),
        node_(node),
        options_(options),
        server_(options.rate),
        hasher_(options.hash_rate) {}

  std::unique_ptr<storage::PieceStore> Open(std::shared_ptr<const storage::Metainfo> metainfo,
                                            const storage::StoreOptions& options,
                                            storage::StoreHandler& handler) override;

  // Puts verified pieces there, before anybody opens them.
  void Fill(const SharedContent& content);
  void Fill(const SharedContent& content, PieceIndex piece);
  // Serves so many bytes a second from now on, 0: no limit. What is under way stays as it was.
  void SetRate(uint64_t rate) { server_.SetRate(rate); }
  void SetLatency(Duration latency) { options_.latency = latency; }
  // What goes wrong from now on.
  void SetFault(DiskFault fault) { fault_ = fault; }
  // What is there and was verified; null if nothing was ever stored.
  const Bitfield* have(const InfoHash& info_hash) const;

 private:
  friend class SimStore;
  std::shared_ptr<Disks::Volume> VolumeOf(const InfoHash& info_hash);
  void Submit(Disks::Operation operation, uint64_t bytes);

  Disks& disks_;
  NodeIndex node_;
  DiskOptions options_;
  RateServer server_;
  RateServer hasher_;
  DiskFault fault_ = DiskFault::kNone;
  std::map<InfoHash, std::shared_ptr<Disks::Volume>> volumes_;
};

}  // namespace starling::sim
