// A torrent's content in memory behind the PieceStore seam: verifies by hash, answers later, can be
// slow or broken, and checks that nothing is read that is not had.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/digest.h"
#include "storage/piece_store.h"
#include "tests/peer/memory_streams.h"

namespace starling::peer {

struct DiskOptions {
  std::string content = {};  // what lies there at first; empty: nothing
  Duration latency = milliseconds(1);
  Duration store_latency = milliseconds(2);
  // Lies: blocks of these pieces are read with one bit wrong. Bit 0: the first block, and so on.
  std::map<uint32_t, uint32_t> corrupt_reads = {};
  bool spills_fail = false;
  bool stores_fail = false;  // the disk is full
  bool reads_fail = false;
};

class MemoryStore final : public storage::PieceStore {
 public:
  MemoryStore(Happenings& happenings, const DiskOptions& options,
              std::shared_ptr<const storage::Metainfo> metainfo, storage::StoreHandler& handler)
      : happenings_(happenings),
        options_(options),
        metainfo_(std::move(metainfo)),
        handler_(&handler),
        alive_(std::make_shared<bool>(true)),
        content_(metainfo_->total_size, '\0'),
        have_(metainfo_->piece_count()) {
    if (!options.content.empty()) {
      content_ = options.content;
      content_.resize(metainfo_->total_size);
    }
    Later(options.latency, [this] {
      for (PieceIndex piece(0); piece.value() < have_.size(); ++piece) {
        if (IsGood(piece)) have_.Set(piece);
      }
      handler_->OnOpened(happenings_.now(), have_);
    });
  }
  ~MemoryStore() override { *alive_ = false; }

  void Read(const storage::BlockRequest& request, storage::Ticket ticket) override {
    CHECK(have_.Has(request.piece));
    ++reads;
    Later(options_.latency, [this, request, ticket] {
      if (options_.reads_fail) {
        handler_->OnRead(happenings_.now(), ticket, absl::InternalError("read failed"));
        return;
      }
      const size_t at = size_t{request.piece.value()} * metainfo_->piece_length + request.offset;
      std::string bytes = content_.substr(at, request.length);
      const auto lie = options_.corrupt_reads.find(request.piece.value());
      if (lie != options_.corrupt_reads.end() &&
          (lie->second >> (request.offset / storage::kBlockSize) & 1) != 0) {
        bytes[0] = static_cast<char>(bytes[0] ^ 1);
      }
      handler_->OnRead(happenings_.now(), ticket, Buffer::CopyFrom(AsBytes(bytes)));
    });
  }
  void Spill(PieceIndex piece, uint32_t offset, Payload block) override {
    CHECK(!have_.Has(piece));
    ++spills;
    ++spilling_[piece];
    Later(options_.store_latency, [this, piece, offset, block] {
      --spilling_[piece];
      if (!options_.spills_fail) Put(piece, offset, block);
      handler_->OnSpilled(
          happenings_.now(), piece, offset,
          options_.spills_fail ? absl::FailedPreconditionError("hard link") : absl::OkStatus());
    });
  }
  void Store(PieceIndex piece, std::vector<Payload> blocks) override {
    CHECK(spilling_[piece] == 0);
    ++stores;
    Later(options_.store_latency, [this, piece, blocks] {
      uint32_t offset = 0;
      for (const Payload& block : blocks) {
        if (!block.empty()) Put(piece, offset, block);
        offset += storage::kBlockSize;
      }
      Finish(piece);
    });
  }
  void Check(PieceIndex piece) override {
    CHECK(spilling_[piece] == 0);
    ++checks;
    Later(options_.store_latency, [this, piece] { Finish(piece); });
  }

  const std::string& content() const { return content_; }
  DiskOptions& options() { return options_; }
  int reads = 0;
  int spills = 0;
  int stores = 0;
  int checks = 0;

 private:
  void Later(Duration latency, std::function<void()> work) {
    happenings_.Later(latency, [alive = alive_, work = std::move(work)] {
      if (*alive) work();
    });
  }
  void Put(PieceIndex piece, uint32_t offset, const Payload& block) {
    size_t at = size_t{piece.value()} * metainfo_->piece_length + offset;
    for (const Slice& slice : block) {
      content_.replace(at, slice.size(), slice.text().data(), slice.size());
      at += slice.size();
    }
  }
  bool IsGood(PieceIndex piece) const {
    const ByteView bytes = AsBytes(content_).subspan(
        size_t{piece.value()} * metainfo_->piece_length, metainfo_->PieceSize(piece));
    return Sha1(bytes) == metainfo_->PieceHash(piece);
  }
  void Finish(PieceIndex piece) {
    if (options_.stores_fail) {
      handler_->OnStored(happenings_.now(), piece, {absl::ResourceExhaustedError("full"), {}});
      return;
    }
    const bool good = IsGood(piece);
    if (good) have_.Set(piece);
    handler_->OnStored(happenings_.now(), piece,
                       {good ? absl::OkStatus() : absl::DataLossError("wrong hash"), {}});
  }

  Happenings& happenings_;
  DiskOptions options_;
  std::shared_ptr<const storage::Metainfo> metainfo_;
  storage::StoreHandler* handler_;
  std::shared_ptr<bool> alive_;
  std::string content_;
  Bitfield have_;
  std::map<PieceIndex, int> spilling_;
};

class MemoryStorage final : public storage::Storage {
 public:
  MemoryStorage(Happenings& happenings, DiskOptions options)
      : happenings_(happenings), options_(std::move(options)) {}

  std::unique_ptr<storage::PieceStore> Open(std::shared_ptr<const storage::Metainfo> metainfo,
                                            const storage::StoreOptions&,
                                            storage::StoreHandler& handler) override {
    auto store = std::make_unique<MemoryStore>(happenings_, options_, std::move(metainfo), handler);
    store_ = store.get();
    return store;
  }
  MemoryStore& store() { return *store_; }

 private:
  Happenings& happenings_;
  DiskOptions options_;
  MemoryStore* store_ = nullptr;
};

}  // namespace starling::peer
