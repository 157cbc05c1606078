// The budget for payload that is not yet on the disk. At 90 % no further piece is begun while a
// peer can feed an open one, and the piece that was fed least recently is spilled; at 100 % we stop
// reading from those who send payload until a write ends. What is being stored or spilled will be
// free without our doing, so it is left out when more is to be spilled.
//
// Nothing stalls: while the budget is full either a write is under way, whose end resumes reading,
// or something can be spilled, here or, since every torrent with open pieces looks again each tick,
// in the torrent that holds the memory.
#include <algorithm>

#include "peer/torrent_state.h"

namespace starling::peer {

uint64_t Torrent::State::LeavingBytes() const {
  uint64_t bytes = storing_bytes;
  for (const OpenPiece* piece : swarm.pieces->open()) bytes += piece->assembly.charged_writing();
  return bytes;
}

void Torrent::State::RelieveMemory(Time) {
  if (swarm.pieces == nullptr || store == nullptr || !seams.memory.nearly_full()) return;
  uint64_t leaving = LeavingBytes();
  const auto still_full = [&] {
    return (seams.memory.used() - leaving) * 10 >= seams.memory.limit() * 9;
  };
  while (still_full()) {
    OpenPiece* stalest = nullptr;
    for (OpenPiece* piece : swarm.pieces->open()) {
      if (!piece->assembly.spillable()) continue;
      if (stalest == nullptr || piece->assembly.last_fed() < stalest->assembly.last_fed()) {
        stalest = piece;
      }
    }
    if (stalest == nullptr) return;
    leaving -= stalest->assembly.charged_writing();
    while (const std::optional<uint32_t> block = stalest->assembly.NextToSpill()) {
      store->Spill(stalest->piece, *block * storage::kBlockSize,
                   stalest->assembly.BeginSpill(*block));
    }
    leaving += stalest->assembly.charged_writing();
  }
}

void Torrent::State::PauseIfFull(Time now) {
  if (paused_for_memory || !seams.memory.full()) return;
  paused_for_memory = true;
  for (const std::unique_ptr<Connection>& connection : connections) {
    if (connection->downloads().sent().size() > 0) {
      connection->PauseReading(now, Link::kMemory);
    }
  }
  // The memory may be another torrent's, whose writes we do not hear of.
  tick.SetEarlier(now + kMemoryPoll);
}

void Torrent::State::ResumeIfRoom(Time now) {
  if (!paused_for_memory || seams.memory.full()) return;
  paused_for_memory = false;
  for (const std::unique_ptr<Connection>& connection : connections) {
    connection->ResumeReading(now, Link::kMemory);
  }
  refill_all = true;
}

void Torrent::State::OnSpilled(Time now, PieceIndex piece, uint32_t offset, absl::Status status) {
  if (phase == Phase::kFailed || swarm.pieces == nullptr) return;
  OpenPiece* open = swarm.pieces->Find(piece);
  if (open == nullptr) return;
  const uint32_t block = offset / storage::kBlockSize;
  if (!open->assembly.FinishSpill(block, status.ok())) {
    // It could not be written, for example because the file has a second hard link. The memory is
    // what counts now: the block is fetched again.
    wasted += swarm.pieces->geometry().BlockAt(piece, block).length;
    swarm.pieces->Lose(*open, block);
    refill_all = true;
    if (++spill_failures > kSpillFailuresMax) {
      Fail(now, status);
      return;
    }
  }
  TryStore(now, piece);
  ResumeIfRoom(now);
  if (refill_all) RefillAll(now);
}

}  // namespace starling::peer
