#include "sim/checks.h"

#include "absl/strings/str_cat.h"

namespace starling::sim {
namespace {

uint64_t VerifiedBytes(const Bitfield* have, const SharedContent& content) {
  if (have == nullptr) return 0;
  uint64_t bytes = 0;
  for (PieceIndex piece(0); piece.value() < have->size(); ++piece) {
    if (have->Has(piece)) bytes += content.metainfo()->PieceSize(piece);
  }
  return bytes;
}

}  // namespace

absl::Status CheckNothingUnverified(std::span<ClientHost* const> hosts,
                                    const SharedContent& content) {
  for (ClientHost* host : hosts) {
    if (!host->is_on()) continue;
    const uint64_t verified = VerifiedBytes(host->disk().have(content.info_hash()), content);
    const uint64_t claimed = host->status().have_bytes;
    if (claimed > verified) {
      return absl::DataLossError(absl::StrCat("node ", host->index().value(), " claims ", claimed,
                                              " bytes, its disk verified ", verified));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckEveryoneFinished(std::span<ClientHost* const> hosts,
                                   const SharedContent& content) {
  for (ClientHost* host : hosts) {
    if (!host->is_on()) continue;
    const Bitfield* have = host->disk().have(content.info_hash());
    if (have == nullptr || !have->all()) {
      return absl::UnavailableError(absl::StrCat("node ", host->index().value(), " has ",
                                                 have == nullptr ? 0 : have->count(), " of ",
                                                 content.metainfo()->piece_count(), " pieces"));
    }
    if (host->status().phase != TorrentPhase::kSeeding) {
      return absl::UnavailableError(
          absl::StrCat("node ", host->index().value(), " has every piece and does not seed"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckConservation(const World& world) {
  const StreamCounts& counts = world.streams().counts();
  if (counts.bytes_delivered + counts.bytes_dropped > counts.bytes_sent) {
    return absl::InternalError(absl::StrCat(counts.bytes_delivered, " bytes delivered and ",
                                            counts.bytes_dropped, " dropped of ", counts.bytes_sent,
                                            " sent"));
  }
  return absl::OkStatus();
}

}  // namespace starling::sim
