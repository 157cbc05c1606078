#include "sim/shared_content.h"

#include "base/bencode.h"
#include "base/check.h"
#include "base/digest.h"
#include "base/random.h"

namespace starling::sim {
namespace {

std::string PieceHashes(const Buffer& content, uint64_t size, uint32_t piece_length) {
  std::string hashes;
  for (uint64_t at = 0; at < size; at += piece_length) {
    const Slice piece = content.Sub(at, std::min<uint64_t>(piece_length, size - at));
    const Sha1Digest digest = Sha1(piece.view());
    hashes.append(AsText(digest.view()).data(), digest.view().size());
  }
  return hashes;
}

std::string InfoDictionary(const ContentOptions& options, const std::string& hashes) {
  std::string info;
  bencode::Writer writer(&info);
  writer.BeginDict();
  if (options.files.empty()) {
    writer.Key("length").Integer(static_cast<int64_t>(options.size));
  } else {
    writer.Key("files").BeginList();
    for (const auto& [path, length] : options.files) {
      writer.BeginDict().Key("length").Integer(static_cast<int64_t>(length)).Key("path");
      writer.BeginList();
      for (const std::string& component : path) writer.String(component);
      writer.End().End();
    }
    writer.End();
  }
  writer.Key("name").String(options.name);
  writer.Key("piece length").Integer(options.piece_length);
  writer.Key("pieces").String(hashes);
  if (options.is_private) writer.Key("private").Integer(1);
  writer.End();
  return info;
}

}  // namespace

SharedContent::SharedContent(const ContentOptions& options) : buffer_(options.size) {
  CHECK(options.size > 0 && options.piece_length > 0);
  SeededRandom random = SeededRandom::For(options.seed, options.size, 0x636f6e74);
  random.Fill({buffer_.data(), options.size});
  const std::string hashes = PieceHashes(buffer_, options.size, options.piece_length);
  absl::StatusOr<storage::Metainfo> metainfo =
      storage::ParseInfo(AsBytes(InfoDictionary(options, hashes)));
  CHECK(metainfo.ok());
  metainfo->trackers = options.trackers;
  info_hash_ = metainfo->info_hash();
  metainfo_ = std::make_shared<const storage::Metainfo>(*std::move(metainfo));
}

Slice SharedContent::Block(const storage::BlockRequest& request) const {
  if (request.piece.value() >= metainfo_->piece_count()) return Slice();
  const uint64_t end = uint64_t{request.offset} + request.length;
  if (end > metainfo_->PieceSize(request.piece)) return Slice();
  return Bytes(OffsetOf(request.piece) + request.offset, request.length);
}

bool SharedContent::IsCanonical(PieceIndex piece, const std::vector<Payload>& blocks) const {
  const std::byte* at = buffer_.data() + OffsetOf(piece);
  const std::byte* end = at + metainfo_->PieceSize(piece);
  for (const Payload& block : blocks) {
    for (const Slice& part : block) {
      if (part.data() != at) return false;
      at += part.size();
    }
  }
  return at == end;
}

bool SharedContent::Verifies(PieceIndex piece, const std::vector<Payload>& blocks) const {
  if (piece.value() >= metainfo_->piece_count()) return false;
  if (IsCanonical(piece, blocks)) return true;
  uint64_t size = 0;
  Sha1Hasher hasher;
  for (const Payload& block : blocks) {
    for (const Slice& part : block) {
      hasher.Add(part.view());
      size += part.size();
    }
  }
  return hasher.Finish() == metainfo_->PieceHash(piece) && size == metainfo_->PieceSize(piece);
}

}  // namespace starling::sim
