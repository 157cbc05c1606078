// A disk that somebody watches, or whose answers are falsified on their way to the Client, so that
// an unmodified Client tells others what is not true. What is written passes through. As with
// stream_tap.h nothing is added: a tap that only watches leaves a run as it is.
#pragma once

#include <memory>
#include <optional>

#include "base/bitfield.h"
#include "base/buffer.h"
#include "storage/piece_store.h"

namespace starling::sim {

// Told of the answers before the Client is. The default of each method is the truth.
class StorageTap {
 public:
  virtual ~StorageTap() = default;
  virtual void OnOpened(Time now, absl::StatusOr<Bitfield>* have) { (void)now, (void)have; }
  // `bytes` are those that `request` names, or why they cannot be read. nullopt: no answer, ever.
  virtual std::optional<absl::StatusOr<Slice>> OnRead(Time now,
                                                      const storage::BlockRequest& request,
                                                      absl::StatusOr<Slice> bytes) {
    (void)now, (void)request;
    return bytes;
  }
  virtual void OnSpilled(Time now, PieceIndex piece, uint32_t offset, const absl::Status& status) {
    (void)now, (void)piece, (void)offset, (void)status;
  }
  virtual void OnStored(Time now, PieceIndex piece, const storage::Verdict& verdict) {
    (void)now, (void)piece, (void)verdict;
  }
};

// Both must outlive it and the stores that it opens.
class TappedStorage final : public storage::Storage {
 public:
  TappedStorage(storage::Storage& storage, StorageTap& tap) : storage_(storage), tap_(tap) {}
  std::unique_ptr<storage::PieceStore> Open(std::shared_ptr<const storage::Metainfo> metainfo,
                                            const storage::StoreOptions& options,
                                            storage::StoreHandler& handler) override;

 private:
  storage::Storage& storage_;
  StorageTap& tap_;
};

}  // namespace starling::sim
