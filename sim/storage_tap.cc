#include "sim/storage_tap.h"

#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"

namespace starling::sim {
namespace {

class TappedStore final : public storage::PieceStore, public storage::StoreHandler {
 public:
  TappedStore(StorageTap& tap, storage::StoreHandler& handler) : tap_(tap), handler_(handler) {}
  void Open(storage::Storage& storage, std::shared_ptr<const storage::Metainfo> metainfo,
            const storage::StoreOptions& options) {
    store_ = storage.Open(std::move(metainfo), options, *this);
  }

  void Read(const storage::BlockRequest& request, storage::Ticket ticket) override {
    reads_[ticket] = request;
    store_->Read(request, ticket);
  }
  void Spill(PieceIndex piece, uint32_t offset, Payload block) override {
    store_->Spill(piece, offset, std::move(block));
  }
  void Store(PieceIndex piece, std::vector<Payload> blocks) override {
    store_->Store(piece, std::move(blocks));
  }
  void Check(PieceIndex piece) override { store_->Check(piece); }

  // The Client may destroy this store in any of these, so passing the event on comes last.
  void OnOpened(Time now, absl::StatusOr<Bitfield> have) override {
    tap_.OnOpened(now, &have);
    handler_.OnOpened(now, std::move(have));
  }
  void OnChecking(Time now, uint32_t pieces_checked) override {
    handler_.OnChecking(now, pieces_checked);
  }
  void OnRead(Time now, storage::Ticket ticket, absl::StatusOr<Slice> bytes) override {
    const auto found = reads_.find(ticket);
    if (found == reads_.end()) return;
    const storage::BlockRequest request = found->second;
    reads_.erase(found);
    std::optional<absl::StatusOr<Slice>> answer = tap_.OnRead(now, request, std::move(bytes));
    if (answer.has_value()) handler_.OnRead(now, ticket, *std::move(answer));
  }
  void OnSpilled(Time now, PieceIndex piece, uint32_t offset, absl::Status status) override {
    tap_.OnSpilled(now, piece, offset, status);
    handler_.OnSpilled(now, piece, offset, std::move(status));
  }
  void OnStored(Time now, PieceIndex piece, storage::Verdict verdict) override {
    tap_.OnStored(now, piece, verdict);
    handler_.OnStored(now, piece, std::move(verdict));
  }

 private:
  StorageTap& tap_;
  storage::StoreHandler& handler_;
  // As many as the Client has reads under way; never walked.
  absl::flat_hash_map<storage::Ticket, storage::BlockRequest> reads_;
  std::unique_ptr<storage::PieceStore> store_;
};

}  // namespace

std::unique_ptr<storage::PieceStore> TappedStorage::Open(
    std::shared_ptr<const storage::Metainfo> metainfo, const storage::StoreOptions& options,
    storage::StoreHandler& handler) {
  auto store = std::make_unique<TappedStore>(tap_, handler);
  store->Open(storage_, std::move(metainfo), options);
  return store;
}

}  // namespace starling::sim
