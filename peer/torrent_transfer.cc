// Blocks and pieces: what is asked of whom, what comes, what the store says of it, and the reads
// for those whom we serve.
#include <algorithm>
#include <utility>

#include "base/check.h"
#include "peer/torrent_state.h"

namespace starling::peer {
namespace {

using storage::BlockRequest;
using storage::Ticket;

// A ticket names the connection and, within it, the read. Connection ids count up from 1 in a
// Client's life, so 40 bits are enough.
constexpr int kNumberBits = 24;

Ticket TicketOf(ConnectionId id, uint32_t number) {
  return Ticket{static_cast<uint64_t>(id) << kNumberBits | number};
}

}  // namespace

void Torrent::State::Refill(Time now, Connection& connection) {
  if (phase != Phase::kDownloading || !connection.is_open() || !connection.interested()) return;
  if (seams.memory.full()) {
    PauseIfFull(now);
    return;
  }
  const bool choked = connection.peer_choking();
  // Who reads along wants no pieces from anywhere, early as they may come.
  if (choked && (swarm.picker->policy().in_order() || connection.allowed_fast().empty())) return;
  const uint32_t room = connection.downloads().room(now);
  if (room == 0) return;
  const bool nearly_full = seams.memory.nearly_full();
  picked.clear();
  PickRules rules;
  rules.may_open = !nearly_full;
  rules.may_end_game =
      connection.downloads().sent().active() < swarm.picker->policy().end_game().blocks_a_peer;
  if (choked) {
    rules.only = &connection.allowed_fast();
  } else if (!connection.suggested().empty() && !swarm.picker->policy().in_order()) {
    rules.advised = &connection.suggested();
  }
  swarm.picker->Pick(connection.pieces(), room, rules, &picked);
  if (rules.advised != nullptr) {
    std::erase_if(connection.suggested(), [this, &connection](PieceIndex piece) {
      return swarm.pieces->state(piece) != PieceState::kMissing ||
             !connection.pieces().have.Has(piece);
    });
  }
  if (picked.empty() && nearly_full && connection.downloads().sent().size() == 0) {
    // It can feed no open piece; to leave it idle would be worse than one more piece.
    rules.may_open = true;
    swarm.picker->Pick(connection.pieces(), std::min(room, kAskWhenFull), rules, &picked);
  }
  for (const BlockRequest& block : picked) connection.Ask(now, block);
}

void Torrent::State::RefillAll(Time now) {
  refill_all = false;
  // Who snubs us gets what others leave.
  for (const bool snubbed : {false, true}) {
    for (const std::unique_ptr<Connection>& connection : connections) {
      if (connection->downloads().snubbed() != snubbed) continue;
      Refill(now, *connection);
      connection->Flush(now);
    }
  }
}

void Torrent::State::UpdateInterest(Connection& connection) {
  connection.SetInterested(phase == Phase::kDownloading && connection.pieces().lacking > 0);
}

void Torrent::State::OnPeerPieces(Time now, Connection& connection) {
  if (connection.is_seed()) {
    const std::optional<Endpoint> at = connection.listens_at();
    if (at.has_value()) {
      candidates.SetSeed(*at);
      journal.SetSeed(*at);
    }
    if (swarm.complete()) {
      Drop(now, connection, Ending::kOurs, "both have everything");
      return;
    }
  }
  UpdateInterest(connection);
}

void Torrent::State::OnTurnOver(Time now) { seams.handler.OnSlotMayBeFree(now); }

void Torrent::State::OnBlock(Time now, Connection& connection, const BlockRequest& block,
                             Payload payload) {
  downloaded += block.length;
  down_rate.Add(now, block.length);
  const uint64_t charge = connection.downloads().charge().For(payload);
  Requesters others;
  if (swarm.pieces != nullptr && !seams.memory.nearly_full() &&
      block.piece.value() < swarm.pieces->count() &&
      swarm.pieces->state(block.piece) == PieceState::kMissing) {
    swarm.pieces->Open(block.piece);  // it comes late, after its piece was given up
    refill_all = true;
  }
  if (swarm.pieces == nullptr ||
      !swarm.pieces->Arrive(now, block, connection.id(), std::move(payload), charge, &others)) {
    wasted += block.length;
    return;
  }
  for (const ConnectionId id : others) {
    Connection* other = Find(id);
    if (other == nullptr) continue;
    other->CancelRequest(block);
    Refill(now, *other);
    other->Flush(now);
  }
  TryStore(now, block.piece);
  if (seams.memory.nearly_full()) {
    RelieveMemory(now);
    PauseIfFull(now);
  }
}

void Torrent::State::OnUnaskedBlock(Time now, Connection&, uint32_t bytes) {
  downloaded += bytes;
  wasted += bytes;
  down_rate.Add(now, bytes);
}

void Torrent::State::OnLost(Time, Connection& connection, std::span<const BlockRequest> blocks) {
  if (swarm.pieces == nullptr) return;
  for (const BlockRequest& block : blocks) swarm.pieces->Unask(block, connection.id());
  refill_all = true;
}

void Torrent::State::OnSnubbed(Time, Connection& connection) {
  if (swarm.pieces != nullptr) swarm.pieces->EndSolo(connection.id());
  refill_all = true;
}

void Torrent::State::OnEventEnd(Time now, Connection& connection) {
  if (refill_all) {
    RefillAll(now);
  } else {
    Refill(now, connection);
  }
}

void Torrent::State::TryStore(Time, PieceIndex piece) {
  OpenPiece* open = swarm.pieces->Find(piece);
  if (open == nullptr || swarm.pieces->state(piece) != PieceState::kOpen) return;
  if (!open->is_complete() || open->assembly.writing()) return;
  swarm.pieces->BeginStoring(piece);
  storing_bytes += open->assembly.charged();
  if (open->assembly.spilled() == open->blocks.size()) {
    store->Check(piece);
  } else {
    store->Store(piece, open->assembly.blocks());
  }
}

void Torrent::State::OnStored(Time now, PieceIndex piece, storage::Verdict verdict) {
  if (phase == Phase::kFailed || swarm.pieces == nullptr) return;
  CHECK(swarm.pieces->state(piece) == PieceState::kStoring);
  const OpenPiece& open = *swarm.pieces->Find(piece);
  storing_bytes -= open.assembly.charged();
  if (verdict.status.ok()) {
    const std::vector<ConnectionId> guilty = blame.OnVerified(open);
    swarm.pieces->FinishStoring(piece);
    spill_failures = 0;
    OnHad(now, piece);
    for (const ConnectionId id : guilty) Ban(now, id, "sent corrupt blocks");
  } else if (absl::IsDataLoss(verdict.status)) {
    OnSpoiled(now, piece, verdict.bad_blocks);
  } else {
    Fail(now, verdict.status);
    return;
  }
  ResumeIfRoom(now);
  if (refill_all) RefillAll(now);
  CompleteIfDone(now);
}

void Torrent::State::OnHad(Time now, PieceIndex piece) {
  if (swarm.pieces->wanted().Has(piece)) have_bytes += swarm.pieces->geometry().PieceSize(piece);
  swarm.got.push_back(piece);
  for (const std::unique_ptr<Connection>& connection : connections) {
    connection->OnHad(piece);
    if (connection->holds_haves()) haves_due = std::min(haves_due, now + kHaveDelayMax);
    if (swarm.picker->OnHad(connection->pieces(), piece)) UpdateInterest(*connection);
    connection->Flush(now);
  }
}

void Torrent::State::OnSpoiled(Time now, PieceIndex piece,
                               const std::vector<uint32_t>& bad_blocks) {
  const OpenPiece& open = *swarm.pieces->Find(piece);
  wasted += swarm.pieces->geometry().PieceSize(piece);
  std::vector<ConnectionId> guilty = Blame::SendersOf(open, bad_blocks);
  if (guilty.empty()) {
    const ConnectionId alone = blame.OnSpoiled(open);
    if (alone != ConnectionId{}) guilty.push_back(alone);
  }
  swarm.pieces->FailStoring(piece, /*solo=*/guilty.empty());
  refill_all = true;
  seams.handler.OnPieceFailed(now, self, piece);
  for (const ConnectionId id : guilty) Ban(now, id, "sent a corrupt piece");
}

void Torrent::State::CompleteIfDone(Time now) {
  if (phase != Phase::kDownloading || !swarm.complete()) return;
  phase = Phase::kSeeding;
  for (const std::unique_ptr<Connection>& connection : connections) {
    UpdateInterest(*connection);
    connection->TellHaves();
    connection->Flush(now);
  }
  DropSeeds(now);
  seams.handler.OnComplete(now, self);
}

void Torrent::State::StartRead(Connection& connection, const BlockRequest& block, uint32_t number) {
  store->Read(block, TicketOf(connection.id(), number));
}

void Torrent::State::OnRead(Time now, Ticket ticket, absl::StatusOr<Slice> bytes) {
  if (phase == Phase::kFailed) return;
  const auto value = static_cast<uint64_t>(ticket);
  const absl::Status status = bytes.status();
  Connection* connection = Find(ConnectionId{value >> kNumberBits});
  if (connection != nullptr) {
    const uint32_t sent = connection->OnRead(
        now, static_cast<uint32_t>(value) & UploadQueue::kNumberMask, std::move(bytes));
    uploaded += sent;
    if (sent > 0) up_rate.Add(now, sent);
  }
  if (!status.ok()) Fail(now, status);
}

}  // namespace starling::peer
