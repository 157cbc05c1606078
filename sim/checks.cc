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

absl::Status CheckClaims(ClientHost* host, Time now, const SharedContent& content) {
  for (const TorrentId torrent : host->client().torrents()) {
    const TorrentStatus status = host->client().status(now, torrent);
    if (status.info_hash != content.info_hash()) continue;
    const uint64_t verified = VerifiedBytes(host->disk().have(content.info_hash()), content);
    const uint64_t claimed = status.have_bytes;
    if (claimed > verified) {
      return absl::DataLossError(absl::StrCat("node ", host->index().value(), " claims ", claimed,
                                              " bytes, its disk verified ", verified));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckNothingUnverified(
    std::span<ClientHost* const> hosts,
    std::span<const std::shared_ptr<const SharedContent>> contents) {
  for (ClientHost* host : hosts) {
    if (!host->is_on()) continue;
    for (const std::shared_ptr<const SharedContent>& content : contents) {
      const absl::Status status = CheckClaims(host, host->now(), *content);
      if (!status.ok()) return status;
    }
  }
  return absl::OkStatus();
}

absl::Status CheckNothingUnverified(std::span<ClientHost* const> hosts,
                                    const SharedContent& content) {
  for (ClientHost* host : hosts) {
    if (!host->is_on()) continue;
    const absl::Status status = CheckClaims(host, host->now(), content);
    if (!status.ok()) return status;
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
  const uint64_t in_flight = world.streams().BytesInFlight();
  const uint64_t known =
      counts.bytes_delivered + counts.bytes_dropped + counts.bytes_lost + in_flight;
  if (known != counts.bytes_sent) {
    return absl::InternalError(absl::StrCat(
        counts.bytes_delivered, " bytes delivered, ", counts.bytes_dropped, " dropped, ",
        counts.bytes_lost, " lost and ", in_flight, " in flight of ", counts.bytes_sent, " sent"));
  }
  return world.streams().CheckCapacity();
}

}  // namespace starling::sim
