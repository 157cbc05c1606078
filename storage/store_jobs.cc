#include "storage/store_jobs.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/digest.h"
#include "storage/layout.h"

namespace starling::storage {
namespace {

absl::Status Corrupt(PieceIndex piece) {
  return absl::DataLossError(absl::StrCat("piece ", piece.value(), " has a wrong hash"));
}

}  // namespace

void Submit(std::unique_ptr<PieceJob> job) {
  JobLanes& lanes = job->core().lanes;
  const uint32_t lane = job->piece().value();
  lanes.Submit(lane, std::move(job));
}

void SpillJob::Do() {
  std::vector<ByteView> parts;
  for (const Slice& slice : block_) parts.push_back(slice.view());
  const Metainfo& metainfo = core().content.metainfo();
  status_ = core().content.Write(PieceOffset(metainfo, piece()) + offset_, parts);
  block_.clear();
}

void SpillJob::Tell(Time now, StoreHandler& handler) {
  handler.OnSpilled(now, piece(), offset_, std::move(status_));
}

void StoreJob::Do() {
  verdict_.status = Verify();
  if (verdict_.status.ok()) verdict_.status = CheckPadding();
  if (verdict_.status.ok()) verdict_.status = Write();
  blocks_.clear();
}

absl::Status StoreJob::Verify() const {
  const Metainfo& metainfo = core().content.metainfo();
  const uint32_t piece_size = metainfo.PieceSize(piece());
  Sha1Hasher hasher;
  Buffer space;
  uint32_t offset = 0;
  for (const Payload& block : blocks_) {
    const uint32_t size = std::min(kBlockSize, piece_size - offset);
    CHECK(size > 0 && (block.empty() || PayloadSize(block) == size));
    if (block.empty()) {
      if (!space) space = core().read_buffers->Take();
      const ByteSpan bytes(space.data(), size);
      RETURN_IF_ERROR(core().content.Read(PieceOffset(metainfo, piece()) + offset, bytes));
      hasher.Add(bytes);
    }
    for (const Slice& slice : block) hasher.Add(slice.view());
    offset += size;
  }
  CHECK(offset == piece_size);
  return hasher.Finish() == metainfo.PieceHash(piece()) ? absl::OkStatus() : Corrupt(piece());
}

// Padding (BEP 47) is kept nowhere and reads as zeros. A torrent that means something else by it
// cannot be had: what we would serve is not what was verified.
absl::Status StoreJob::CheckPadding() const {
  const Metainfo& metainfo = core().content.metainfo();
  const FileSpans spans =
      SpansOf(metainfo, PieceOffset(metainfo, piece()), metainfo.PieceSize(piece()));
  const auto is_padding = [&](const FileSpan& span) {
    return metainfo.files[span.file.value()].is_padding();
  };
  if (std::none_of(spans.begin(), spans.end(), is_padding)) return absl::OkStatus();
  const FileSpan* span = spans.begin();
  uint64_t span_end = span->length;
  uint64_t at = 0;  // in the piece
  for (const Payload& block : blocks_) {
    if (block.empty()) at += kBlockSize;  // it was read back, padding as zeros
    for (const Slice& slice : block) {
      for (ByteView rest = slice.view(); !rest.empty();) {
        while (span_end <= at) span_end += (++span)->length;
        const ByteView part = rest.first(std::min<uint64_t>(rest.size(), span_end - at));
        const auto is_zero = [](std::byte byte) { return byte == std::byte{0}; };
        if (is_padding(*span) && !std::all_of(part.begin(), part.end(), is_zero)) {
          return absl::FailedPreconditionError("this torrent hides content in its padding");
        }
        at += part.size();
        rest = rest.subspan(part.size());
      }
    }
  }
  return absl::OkStatus();
}

// What was spilled lies in its place; each run of blocks between is one write.
absl::Status StoreJob::Write() const {
  const uint64_t piece_offset = PieceOffset(core().content.metainfo(), piece());
  std::vector<ByteView> parts;
  parts.reserve(blocks_.size() + blocks_.size() / 2);
  for (size_t i = 0; i < blocks_.size();) {
    const size_t first = i;
    for (parts.clear(); i < blocks_.size() && !blocks_[i].empty(); ++i) {
      for (const Slice& slice : blocks_[i]) parts.push_back(slice.view());
    }
    if (parts.empty()) {
      ++i;
      continue;
    }
    RETURN_IF_ERROR(core().content.Write(piece_offset + first * kBlockSize, parts));
  }
  return absl::OkStatus();
}

void StoreJob::Tell(Time now, StoreHandler& handler) {
  handler.OnStored(now, piece(), std::move(verdict_));
}

void CheckJob::Do() {
  if (core().closed.load(std::memory_order_relaxed)) return;
  HashSpace space;
  const absl::StatusOr<Sha1Digest> hash = core().content.HashOf(piece(), space);
  if (absl::IsNotFound(hash.status())) {
    verdict_.status = Corrupt(piece());
  } else if (!hash.ok()) {
    verdict_.status = hash.status();
  } else if (*hash != core().content.metainfo().PieceHash(piece())) {
    verdict_.status = Corrupt(piece());
  }
}

void CheckJob::Tell(Time now, StoreHandler& handler) {
  handler.OnStored(now, piece(), std::move(verdict_));
}

}  // namespace starling::storage
