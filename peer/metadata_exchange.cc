#include "peer/metadata_exchange.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "base/bencode.h"
#include "base/check.h"
#include "base/digest.h"
#include "storage/metainfo.h"

namespace starling::peer {
namespace {

constexpr bencode::Limits kLimits{.depth_max = 8, .tokens_max = 1'000};
constexpr uint32_t kPiecesMax = MetadataPieceCount(storage::kInfoSizeMax);
constexpr size_t kHeadSizeMax = 96;  // of the dictionary of any of our messages

void WriteHead(bencode::Writer& writer, MetadataMessage::Kind kind, uint32_t piece,
               std::optional<size_t> total_size) {
  writer.BeginDict();
  writer.Key("msg_type").Integer(static_cast<int>(kind));
  writer.Key("piece").Integer(piece);
  if (total_size.has_value()) {
    writer.Key("total_size").Integer(static_cast<int64_t>(*total_size));
  }
  writer.End();
  CHECK(writer.ok());
}

Slice EncodeHead(MetadataMessage::Kind kind, uint32_t piece) {
  const Buffer buffer(kHeadSizeMax);
  bencode::Writer writer(ByteSpan(buffer.data(), buffer.capacity()));
  WriteHead(writer, kind, piece, std::nullopt);
  return buffer.Sub(0, writer.size());
}

// Reads what only data messages have; false if malformed.
bool ReadData(const bencode::Value& dict, ByteView bytes, MetadataMessage* message) {
  if (const std::optional<int64_t> total = dict.FindInteger("total_size")) {
    if (*total < 1 || *total > int64_t{storage::kInfoSizeMax}) return false;
    message->total_size = static_cast<uint32_t>(*total);
  }
  message->bytes = bytes;
  return !bytes.empty() && bytes.size() <= kMetadataPieceSize;
}

}  // namespace

std::optional<MetadataMessage> ParseMetadataMessage(ByteView payload) {
  const std::optional<bencode::Value> dict = bencode::ParsePrefix(payload, kLimits);
  if (!dict.has_value()) return std::nullopt;
  const std::optional<int64_t> type = dict->FindInteger("msg_type");
  if (!type.has_value()) return std::nullopt;
  MetadataMessage message;
  if (*type < 0 || *type > 2) return message;

  const std::optional<int64_t> piece = dict->FindInteger("piece");
  if (!piece.has_value() || *piece < 0 || *piece >= kPiecesMax) return std::nullopt;
  message.kind = static_cast<MetadataMessage::Kind>(*type);
  message.piece = static_cast<uint32_t>(*piece);
  if (message.kind == MetadataMessage::Kind::kData &&
      !ReadData(*dict, payload.subspan(dict->raw().size()), &message)) {
    return std::nullopt;
  }
  return message;
}

Slice EncodeMetadataRequest(uint32_t piece) {
  return EncodeHead(MetadataMessage::Kind::kRequest, piece);
}

Slice EncodeMetadataReject(uint32_t piece) {
  return EncodeHead(MetadataMessage::Kind::kReject, piece);
}

Slice EncodeMetadataData(uint32_t piece, absl::string_view info) {
  CHECK(piece < MetadataPieceCount(info.size()));
  const absl::string_view part =
      info.substr(size_t{piece} * kMetadataPieceSize, kMetadataPieceSize);
  const Buffer buffer(kHeadSizeMax + part.size());
  bencode::Writer writer(ByteSpan(buffer.data(), buffer.capacity()));
  WriteHead(writer, MetadataMessage::Kind::kData, piece, info.size());
  std::memcpy(buffer.data() + writer.size(), part.data(), part.size());
  return buffer.Sub(0, writer.size() + part.size());
}

bool InfoMatches(const InfoHash& info_hash, ByteView info) {
  if (InfoHash::From(Sha1(info)) == info_hash) return true;
  return InfoHash::FromBytes(Sha256(info).view()) == info_hash;
}

void MetadataServe::OnRequest(uint32_t piece) {
  if (waiting_.size() >= kWaitingMax) {
    ++dropped_;
    return;
  }
  waiting_.push_back(piece);
}

std::optional<Slice> MetadataServe::NextAnswer(Time now, absl::string_view info, size_t unsent) {
  if (waiting_.empty() || unsent > kUnsentMax) return std::nullopt;
  const uint32_t piece = waiting_.front();
  waiting_.erase(waiting_.begin());
  const uint32_t pieces = MetadataPieceCount(info.size());
  if (piece >= pieces || !Allowed(now, pieces)) {
    ++rejected_;
    return EncodeMetadataReject(piece);
  }
  ++served_;
  return EncodeMetadataData(piece, info);
}

bool MetadataServe::Allowed(Time now, uint32_t pieces) {
  const Time earliest = now - (2 * pieces + kSpareMax) * kPiecePeriod;
  const Time used_until = std::max(used_until_.value_or(earliest), earliest);
  if (used_until + kPiecePeriod > now) return false;
  used_until_ = used_until + kPiecePeriod;
  return true;
}

}  // namespace starling::peer
