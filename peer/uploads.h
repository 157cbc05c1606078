// The half of a conversation in which we are asked: whether the peer is choked, what it may have
// all the same (BEP 6 allowed fast), and when its next block may be read from the store.
//
// Limits act on the read: a block is read when the buckets of connection, torrent and node allow it
// and while what is being read or unsent stays below a quarter second at the peer's rate. So a slow
// peer holds 128 KiB, and a fast one never waits for the disk.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/buffer.h"
#include "base/time.h"
#include "base/token_bucket.h"
#include "peer/choker.h"
#include "peer/link.h"
#include "peer/rate.h"
#include "peer/swarm.h"
#include "peer/upload_queue.h"

namespace starling::peer {

class Uploads {
 public:
  static constexpr uint64_t kAheadMin = 128 * 1024;
  static constexpr uint64_t kAheadMax = 4 * 1024 * 1024;
  // A peer that is owed more bytes than this, beyond what may be read ahead, asks and does not
  // read.
  static constexpr size_t kUnreadMax = 1024 * 1024;
  // Requests of a choked peer that are answered all the same (SetChoking).
  static constexpr uint32_t kKeptMax = 256;
  // Cancels that crossed with their blocks: an end game makes some hundred at once.
  static constexpr uint32_t kLateCancelsMax = 4 * kRequestQueueMax;

  struct Read {
    storage::BlockRequest request;
    uint32_t number = 0;  // for OnRead
  };

  Uploads(Swarm& swarm, Link& link) : swarm_(swarm), link_(link) {}

  // The peer's side of the fast extension, and the pieces that it may have while choked: each of
  // them once, or it could be fed without ever giving.
  void SetFast(std::vector<PieceIndex> allowed);
  // The peer has enough to trade with.
  void EndAlms();
  bool choking() const { return choking_; }
  // The connection is closed: what was reserved for it goes to others.
  void Close() {
    DropReserved();
    EndAlms();
  }
  // Says so to the peer and, when choking, rejects what waits, but for blocks of pieces that
  // `keeps` wants sent all the same.
  void SetChoking(Time now, bool choking, absl::FunctionRef<bool(PieceIndex)> keeps);
  bool WouldChange(const Verdict& verdict) const {
    return verdict.unchoke == choking_ || verdict.rate_limit != rate_limit() ||
           verdict.deficit_max != deficit_max_;
  }
  // Bytes a second to this peer, 0: unlimited; and how much more than it gave it may have in all.
  void SetRateLimit(Time now, uint64_t rate);
  void SetDeficitMax(uint64_t bytes) { deficit_max_ = bytes; }

  // False if the request violates the protocol. `peer_pieces`: how many pieces the peer has;
  // `is_late`: it is to be rejected.
  bool OnRequest(const storage::BlockRequest& request, uint32_t peer_pieces, bool is_late = false);
  // False if the peer keeps cancelling what it did not ask for: each costs us a search.
  bool OnCancel(const storage::BlockRequest& request);
  // The next block to read now; ask until nullopt after every event. `received`: what the peer gave
  // us so far.
  std::optional<Read> NextRead(Time now, uint64_t received);
  // Bytes of a read; writes them to the link and returns how many, 0 if nobody waits for them.
  uint32_t OnRead(Time now, uint32_t number, absl::StatusOr<Slice> bytes);

  // When a reserved read may start; kNever if none waits for that.
  Time next_deadline() const { return reserved_.has_value() ? reserved_until_ : kNever; }
  bool floods() const {
    return link_.unsent() > kUnreadMax + (rate_.total() > 0 ? kAheadMax : kAheadMin);
  }
  uint64_t rate_limit() const { return own_limit_ == nullptr ? 0 : own_limit_->rate(); }
  const Rate& rate() const { return rate_; }
  Time last_unchoked_at() const { return last_unchoked_at_; }
  bool has_requests() const { return !queue_.empty() || reserved_.has_value(); }

 private:
  struct Alms {
    std::vector<PieceIndex> pieces;
    uint64_t bytes_left = 0;
    bool ended = false;
  };
  bool IsAllowedFast(PieceIndex piece) const;
  bool IsOverDeficit(uint64_t received) const {
    return deficit_max_ != Verdict::kNoDeficit &&
           rate_.total() + queue_.bytes_reading() > received + deficit_max_;
  }
  bool IsAllowed(const storage::BlockRequest& request, uint32_t peer_pieces);
  TokenBucket* own_limit() { return own_limit_.get(); }
  void Reserve(Time now);
  // The reserved read, which will not be made; its bytes may be moved by others.
  std::optional<storage::BlockRequest> DropReserved();
  void Reject(const storage::BlockRequest& request);

  Swarm& swarm_;
  Link& link_;
  UploadQueue queue_;
  std::unique_ptr<TokenBucket> own_limit_;  // null: there never was one
  Rate rate_;
  std::unique_ptr<Alms> alms_;  // null: none
  std::optional<storage::BlockRequest> reserved_;
  Time reserved_until_{};
  Time last_unchoked_at_{};
  uint64_t deficit_max_ = Verdict::kNoDeficit;
  uint32_t late_cancels_ = 0;  // less what was sent since
  bool choking_ = true;
  bool fast_ = false;
};

}  // namespace starling::peer
