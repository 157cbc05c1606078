#include "sim/sim_store.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/check.h"

namespace starling::sim {

using storage::BlockRequest;
using storage::kBlockSize;
using storage::Ticket;
using storage::Verdict;

namespace {

absl::Status Broken() { return absl::InternalError("the simulated disk is broken"); }

Slice Rotten(const Slice& bytes) {
  const Buffer copy(bytes.size());
  std::memcpy(copy.data(), bytes.data(), bytes.size());
  copy.data()[bytes.size() / 2] ^= std::byte{1};
  return copy.Sub(0, bytes.size());
}

}  // namespace

class SimStore final : public storage::PieceStore {
 public:
  SimStore(SimDisk& disk, std::shared_ptr<Disks::Volume> volume, storage::StoreHandler& handler)
      : disk_(disk), volume_(std::move(volume)) {
    place_ = disk_.disks_.TakePlace(disk_.node_, handler);
    Submit(Make(Disks::Kind::kOpen), 0);
  }
  ~SimStore() override { disk_.disks_.LeavePlace(place_); }
  SimStore(const SimStore&) = delete;
  SimStore& operator=(const SimStore&) = delete;

  void Read(const BlockRequest& request, Ticket ticket) override {
    Disks::Operation operation = Make(Disks::Kind::kRead);
    operation.request = request;
    operation.ticket = ticket;
    Submit(std::move(operation), request.length);
  }
  void Spill(PieceIndex piece, uint32_t offset, Payload block) override {
    Disks::Operation operation = Make(Disks::Kind::kSpill);
    operation.request = {piece, offset, static_cast<uint32_t>(PayloadSize(block))};
    operation.blocks.push_back(std::move(block));
    const uint64_t bytes = operation.request.length;
    Submit(std::move(operation), bytes);
  }
  void Store(PieceIndex piece, std::vector<Payload> blocks) override {
    Disks::Operation operation = Make(Disks::Kind::kStore);
    operation.request.piece = piece;
    uint64_t bytes = 0;
    for (const Payload& block : blocks) bytes += PayloadSize(block);
    operation.blocks = std::move(blocks);
    Submit(std::move(operation), bytes);
  }
  void Check(PieceIndex piece) override {
    Disks::Operation operation = Make(Disks::Kind::kCheck);
    operation.request.piece = piece;
    const bool is_known = volume_ != nullptr && piece.value() < volume_->have.size();
    Submit(std::move(operation), is_known ? volume_->content->metainfo()->PieceSize(piece) : 0);
  }

 private:
  Disks::Operation Make(Disks::Kind kind) const {
    Disks::Operation operation;
    operation.kind = kind;
    operation.store = place_;
    operation.generation = disk_.disks_.places_[place_].generation;
    operation.volume = volume_;
    return operation;
  }
  void Submit(Disks::Operation operation, uint64_t bytes) {
    disk_.Submit(std::move(operation), bytes);
  }

  SimDisk& disk_;
  std::shared_ptr<Disks::Volume> volume_;  // null if the content is unknown here
  uint32_t place_;
};

void Disks::AddContent(std::shared_ptr<const SharedContent> content) {
  const InfoHash info_hash = content->info_hash();
  contents_[info_hash] = std::move(content);
}

uint32_t Disks::TakePlace(NodeIndex node, storage::StoreHandler& handler) {
  uint32_t place = static_cast<uint32_t>(places_.size());
  if (free_places_.empty()) {
    places_.emplace_back();
  } else {
    place = free_places_.back();
    free_places_.pop_back();
  }
  places_[place].handler = &handler;
  places_[place].node = node;
  return place;
}

void Disks::LeavePlace(uint32_t place) {
  places_[place].handler = nullptr;
  ++places_[place].generation;
  free_places_.push_back(place);
}

// Reads that one store asks for one after another, and that end together, share an event. Nothing
// else was to happen in between, so that the order of all things stays the same.
bool Disks::JoinsLastRead(Time when, const Operation& operation) const {
  if (operation.kind != Kind::kRead || last_read_ == kNone) return false;
  const Operation& last = operations_[last_read_];
  return last_read_ends_ == when && pushed_by_last_read_ == queue_.pushed() &&
         last.store == operation.store && last.generation == operation.generation;
}

void Disks::Submit(Time when, Operation operation) {
  const bool joins = JoinsLastRead(when, operation);
  const bool is_read = operation.kind == Kind::kRead;
  uint32_t index = static_cast<uint32_t>(operations_.size());
  if (free_operations_.empty()) {
    operations_.push_back(std::move(operation));
  } else {
    index = free_operations_.back();
    free_operations_.pop_back();
    operations_[index] = std::move(operation);
  }
  if (joins) {
    operations_[last_read_].next = index;
  } else {
    queue_.Push(when, EventKind::kDisk, index);
  }
  last_read_ = is_read ? index : kNone;
  last_read_ends_ = when;
  pushed_by_last_read_ = queue_.pushed();
}

absl::StatusOr<Slice> Disks::ReadFrom(const Volume& volume, const Operation& operation) {
  const Slice bytes = volume.content->Block(operation.request);
  if (bytes.empty() || !volume.have.Has(operation.request.piece)) {
    return absl::InvalidArgumentError("read of a piece that is not had");
  }
  return operation.fault == DiskFault::kRotten ? Rotten(bytes) : bytes;
}

absl::Status Disks::SpillTo(Volume& volume, const Operation& operation) {
  // What lies in its place is unverified from now on.
  if (operation.request.piece.value() < volume.have.size())
    volume.have.Clear(operation.request.piece);
  volume.spilled[{operation.request.piece, operation.request.offset}] = operation.blocks[0];
  return absl::OkStatus();
}

Verdict Disks::Verify(Operation& operation) {
  Volume& volume = *operation.volume;
  const PieceIndex piece = operation.request.piece;
  CHECK(piece.value() < volume.have.size());
  if (operation.kind == Kind::kCheck) {
    if (volume.have.Has(piece)) return {};
    const uint32_t size = volume.content->metainfo()->PieceSize(piece);
    operation.blocks.assign((size + kBlockSize - 1) / kBlockSize, Payload());
  }
  for (uint32_t i = 0; i < operation.blocks.size(); ++i) {
    if (!operation.blocks[i].empty()) continue;
    const auto found = volume.spilled.find({piece, i * kBlockSize});
    if (found != volume.spilled.end()) operation.blocks[i] = found->second;
  }
  const bool good = volume.content->Verifies(piece, operation.blocks);
  if (!good) return {absl::DataLossError("the hash of the piece is wrong"), {}};
  volume.have.Set(piece);
  volume.spilled.erase(volume.spilled.lower_bound({piece, 0}),
                       volume.spilled.upper_bound({piece, ~uint32_t{0}}));
  return {};
}

void Disks::OnEvent(const Event& event) {
  last_read_ = kNone;
  for (uint32_t index = event.target; index != kNone;) {
    Operation operation = std::exchange(operations_[index], Operation());
    free_operations_.push_back(index);
    index = operation.next;
    Finish(event.time, std::move(operation));
  }
}

void Disks::Finish(Time now, Operation operation) {
  const Place place = places_[operation.store];
  const bool is_open = place.generation == operation.generation;
  Volume* volume = operation.volume.get();
  const bool failing = operation.fault == DiskFault::kFailing ||
                       (volume == nullptr && operation.kind != Kind::kOpen);
  switch (operation.kind) {
    case Kind::kOpen: {
      if (!is_open) return;
      if (volume == nullptr) {
        place.handler->OnOpened(now, absl::NotFoundError("no such content in this simulation"));
      } else if (failing) {
        place.handler->OnOpened(now, Broken());
      } else {
        place.handler->OnOpened(now, volume->have);
      }
      break;
    }
    case Kind::kRead: {
      if (!is_open) return;
      place.handler->OnRead(
          now, operation.ticket,
          failing ? absl::StatusOr<Slice>(Broken()) : ReadFrom(*volume, operation));
      break;
    }
    case Kind::kSpill: {
      const absl::Status status = failing ? Broken() : SpillTo(*volume, operation);
      if (!is_open) return;
      place.handler->OnSpilled(now, operation.request.piece, operation.request.offset, status);
      break;
    }
    case Kind::kStore:
    case Kind::kCheck: {
      const Verdict verdict = failing ? Verdict{Broken(), {}} : Verify(operation);
      if (!is_open) return;
      place.handler->OnStored(now, operation.request.piece, verdict);
      break;
    }
  }
  residents_.OnTouched(now, place.node);
}

std::shared_ptr<Disks::Volume> SimDisk::VolumeOf(const InfoHash& info_hash) {
  const auto content = disks_.contents_.find(info_hash);
  if (content == disks_.contents_.end()) return nullptr;
  std::shared_ptr<Disks::Volume>& volume = volumes_[info_hash];
  if (volume == nullptr) {
    volume = std::make_shared<Disks::Volume>();
    volume->content = content->second;
    volume->have = Bitfield(content->second->metainfo()->piece_count());
  }
  return volume;
}

void SimDisk::Submit(Disks::Operation operation, uint64_t bytes) {
  operation.fault = fault_;
  // Operations that take no time are answered at once, which is still after the call.
  const Time now = disks_.queue_.now();
  Time done = server_.Serve(now, bytes);
  if (operation.kind == Disks::Kind::kStore || operation.kind == Disks::Kind::kCheck) {
    done = std::max(done, hasher_.Serve(now, bytes));
  }
  disks_.Submit(done + options_.latency, std::move(operation));
}

std::unique_ptr<storage::PieceStore> SimDisk::Open(
    std::shared_ptr<const storage::Metainfo> metainfo, const storage::StoreOptions& options,
    storage::StoreHandler& handler) {
  std::shared_ptr<Disks::Volume> volume = VolumeOf(metainfo->info_hash());
  if (volume != nullptr && options.existing == storage::Existing::kIgnore) volume->have.ClearAll();
  return std::make_unique<SimStore>(*this, std::move(volume), handler);
}

void SimDisk::Fill(const SharedContent& content) {
  const std::shared_ptr<Disks::Volume> volume = VolumeOf(content.info_hash());
  CHECK(volume != nullptr);
  volume->have.SetAll();
}

void SimDisk::Fill(const SharedContent& content, PieceIndex piece) {
  const std::shared_ptr<Disks::Volume> volume = VolumeOf(content.info_hash());
  CHECK(volume != nullptr);
  volume->have.Set(piece);
}

const Bitfield* SimDisk::have(const InfoHash& info_hash) const {
  const auto found = volumes_.find(info_hash);
  return found == volumes_.end() ? nullptr : &found->second->have;
}

}  // namespace starling::sim
