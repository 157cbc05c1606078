// The disk seam: commands with plain tickets, answers later through one handler, in any order.
// Behind it stand real files (storage/file_store, on worker threads) and the simulator's bitfield
// (sim/sim_store). Nothing unverified is ever had: a piece is hashed where it is stored.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/bitfield.h"
#include "base/buffer.h"
#include "base/strong_int.h"
#include "base/time.h"
#include "storage/metainfo.h"

namespace starling::storage {

inline constexpr uint32_t kBlockSize = 16 * 1024;

// What a request, cancel or reject message names (BEP 3): bytes [offset, offset + length) of a
// piece.
struct BlockRequest {
  PieceIndex piece;
  uint32_t offset = 0;
  uint32_t length = 0;
  auto operator<=>(const BlockRequest&) const = default;
  template <class H>
  friend H AbslHashValue(H h, const BlockRequest& r) {
    return H::combine(std::move(h), r.piece, r.offset, r.length);
  }
};

// Names one read to whoever asked for it. The asker chooses it; generation-checked, never a
// pointer.
enum class Ticket : uint64_t {};

// What a stored or checked piece turned out to be. Ok: the piece is had. DataLoss: its hash is
// wrong. Anything else: the disk failed and the piece is not had.
struct Verdict {
  absl::Status status;
  std::vector<uint32_t> bad_blocks;  // v2 only: which 16 KiB blocks differ; empty if unknown
};

class StoreHandler {
 public:
  virtual ~StoreHandler() = default;
  // First of all calls: which pieces lie there already and are good. An error: cannot be used.
  virtual void OnOpened(Time now, absl::StatusOr<Bitfield> have) = 0;
  // While existing files are being checked: pieces done so far.
  virtual void OnChecking(Time now, uint32_t pieces_checked) { (void)now, (void)pieces_checked; }
  virtual void OnRead(Time now, Ticket ticket, absl::StatusOr<Slice> bytes) = 0;
  virtual void OnSpilled(Time now, PieceIndex piece, uint32_t offset, absl::Status status) = 0;
  virtual void OnStored(Time now, PieceIndex piece, Verdict verdict) = 0;
};

// One torrent's content. Destroying it ends it: nothing is called afterwards, accepted writes are
// still carried out.
class PieceStore {
 public:
  virtual ~PieceStore() = default;
  // Bytes of a piece that is had -> OnRead.
  virtual void Read(const BlockRequest& request, Ticket ticket) = 0;
  // Writes one unverified block to its place, to free its memory; not had -> OnSpilled.
  virtual void Spill(PieceIndex piece, uint32_t offset, Payload block) = 0;
  // Verifies and writes a whole piece; `blocks` are its 16 KiB blocks in order, an empty Payload
  // means that the block was spilled and lies in its place -> OnStored.
  virtual void Store(PieceIndex piece, std::vector<Payload> blocks) = 0;
  // Is what lies on the disk good? -> OnStored.
  virtual void Check(PieceIndex piece) = 0;
};

// What to think of files that lie there already.
enum class Existing : uint8_t {
  kHash,    // pieces whose hash is right are had
  kIgnore,  // nothing is had
  kTrust,   // what is long enough is had: the metainfo was made from these files just now
};

struct StoreOptions {
  std::string dir;                 // the download folder; nothing is ever written outside it
  std::vector<bool> wanted_files;  // empty: all; others are not created unless a piece needs it
  Existing existing = Existing::kHash;
  bool read_only = false;  // seeding: never create or write
};

class Storage {
 public:
  virtual ~Storage() = default;
  // Never fails here: errors come through handler.OnOpened.
  virtual std::unique_ptr<PieceStore> Open(std::shared_ptr<const Metainfo> metainfo,
                                           const StoreOptions& options, StoreHandler& handler) = 0;
};

}  // namespace starling::storage
