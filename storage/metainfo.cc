#include "storage/metainfo.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/bencode.h"
#include "base/check.h"
#include "storage/info_reader.h"
#include "storage/percent.h"

namespace starling::storage {
namespace {

using bencode::Value;

// A million files take nine tokens each, and the file tree of v2 is as deep as its folders.
constexpr bencode::Limits kLimits{.depth_max = kPathDepthMax + 8, .tokens_max = 12'000'000};

void AppendUrl(const Value& value, std::vector<std::string>* urls) {
  std::optional<std::string> url = CleanUrl(value.string().value_or(""));
  if (url.has_value()) urls->push_back(*std::move(url));
}

// BEP 12: with an announce-list, announce counts no more. Some programs write a plain list of URLs,
// which are taken as a tier each.
void ReadTrackers(const Value& torrent, Metainfo* metainfo) {
  size_t count = 0;
  if (const std::optional<bencode::List> tiers = torrent.FindList("announce-list")) {
    for (const Value& tier : *tiers) {
      std::vector<std::string> urls;
      AppendUrl(tier, &urls);
      if (const std::optional<bencode::List> list = tier.list()) {
        for (const Value& url : *list) {
          if (count + urls.size() < kTrackersMax) AppendUrl(url, &urls);
        }
      }
      if (urls.empty() || count + urls.size() > kTrackersMax) continue;
      count += urls.size();
      metainfo->trackers.push_back(std::move(urls));
    }
  }
  const std::optional<std::string> announce = CleanUrl(torrent.FindString("announce").value_or(""));
  if (count == 0 && announce.has_value()) metainfo->trackers = {{*announce}};
}

void ReadWebSeeds(const Value& torrent, Metainfo* metainfo) {
  const std::optional<Value> urls = torrent.Find("url-list");
  if (!urls.has_value()) return;
  AppendUrl(*urls, &metainfo->web_seeds);
  if (const std::optional<bencode::List> list = urls->list()) {
    for (const Value& url : *list) {
      if (metainfo->web_seeds.size() < kWebSeedsMax) AppendUrl(url, &metainfo->web_seeds);
    }
  }
}

void ReadNodes(const Value& torrent, Metainfo* metainfo) {
  const std::optional<bencode::List> nodes = torrent.FindList("nodes");
  if (!nodes.has_value()) return;
  for (const Value& node : *nodes) {
    const std::optional<bencode::List> pair = node.list();
    if (!pair.has_value() || metainfo->nodes.size() >= kNodesMax) continue;
    auto item = pair->begin();
    if (item == pair->end()) continue;
    const std::optional<absl::string_view> host = (*item).string();
    ++item;
    if (!host.has_value() || item == pair->end()) continue;
    const std::optional<int64_t> port = (*item).integer();
    if (!IsHost(*host) || !port.has_value() || *port < 1 || *port > 65535) continue;
    metainfo->nodes.emplace_back(std::string(*host), static_cast<uint16_t>(*port));
  }
}

std::string FindText(const Value& torrent, absl::string_view key) {
  const std::string utf8_key = absl::StrCat(key, ".utf-8");
  std::optional<absl::string_view> text = torrent.FindString(utf8_key);
  if (!text.has_value()) text = torrent.FindString(key);
  return std::string(text.value_or(""));
}

// The end of the content in bytes from its start: where v2 aligns files, gaps included.
uint64_t ContentEnd(const Metainfo& metainfo) {
  return metainfo.files.empty() ? 0 : metainfo.files.back().offset + metainfo.files.back().length;
}

}  // namespace

std::string FileEntry::JoinedPath() const { return absl::StrJoin(path, "/"); }

size_t PathMemory(const std::vector<std::string>& path) {
  size_t bytes = 0;
  for (const std::string& name : path) bytes += sizeof(std::string) + name.size();
  return bytes;
}

InfoHash Metainfo::info_hash() const {
  if (info_hash_v1.has_value()) return *info_hash_v1;
  return info_hash_v2.has_value() ? InfoHash::FromBytes(info_hash_v2->view()) : InfoHash();
}

uint32_t Metainfo::piece_count() const {
  if (piece_length == 0) return 0;
  return static_cast<uint32_t>((ContentEnd(*this) + piece_length - 1) / piece_length);
}

uint32_t Metainfo::PieceSize(PieceIndex piece) const {
  CHECK(piece.value() < piece_count());
  const uint64_t begin = uint64_t{piece.value()} * piece_length;
  uint64_t end = ContentEnd(*this);
  if (is_v2_only()) {
    // The last piece of every file may be short: what counts is the file around `begin`.
    auto file = std::upper_bound(files.begin(), files.end(), begin,
                                 [](uint64_t at, const FileEntry& f) { return at < f.offset; });
    while (file != files.begin() && (--file)->length == 0) continue;
    end = file->offset + file->length;
  }
  return static_cast<uint32_t>(std::min<uint64_t>(piece_length, end - begin));
}

Sha1Digest Metainfo::PieceHash(PieceIndex piece) const {
  const size_t at = size_t{piece.value()} * Sha1Digest::kSize;
  CHECK(at + Sha1Digest::kSize <= piece_hashes.size());
  return Sha1Digest::FromBytes(AsBytes(piece_hashes).subspan(at));
}

absl::StatusOr<Metainfo> ParseMetainfo(ByteView torrent) {
  if (torrent.size() > kMetainfoSizeMax) {
    return absl::InvalidArgumentError("not a torrent file: it is larger than 64 MiB");
  }
  // Some files end in a line break or worse, which harms nobody.
  const std::optional<Value> root = bencode::ParsePrefix(torrent, kLimits);
  if (!root.has_value() || !root->dict().has_value()) {
    return absl::InvalidArgumentError("not a torrent file, or a damaged one");
  }
  const std::optional<Value> info = root->FindDict("info");
  if (!info.has_value()) {
    return absl::InvalidArgumentError("not a torrent file: it has no info dictionary");
  }
  ASSIGN_OR_RETURN(Metainfo metainfo, ParseInfo(info->raw()));
  ReadTrackers(*root, &metainfo);
  ReadWebSeeds(*root, &metainfo);
  ReadNodes(*root, &metainfo);
  metainfo.comment = FindText(*root, "comment");
  metainfo.created_by = FindText(*root, "created by");
  metainfo.creation_date = root->FindInteger("creation date");
  if (const std::optional<Value> layers = root->FindDict("piece layers");
      layers.has_value() && metainfo.info_hash_v2.has_value()) {
    metainfo.piece_layers = std::string(AsText(layers->raw()));
  }
  return metainfo;
}

absl::StatusOr<Metainfo> ParseInfo(ByteView info) {
  if (info.size() > kInfoSizeMax) {
    return absl::InvalidArgumentError("unusable torrent: its info dictionary exceeds 32 MiB");
  }
  const std::optional<Value> value = bencode::Parse(info, kLimits);
  if (!value.has_value()) {
    return absl::InvalidArgumentError("unusable torrent: its info dictionary is damaged");
  }
  absl::StatusOr<Metainfo> metainfo = ReadInfo(*value);
  if (!metainfo.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("unusable torrent: ", metainfo.status().message()));
  }
  return metainfo;
}

}  // namespace starling::storage
