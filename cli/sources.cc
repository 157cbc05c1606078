#include "cli/sources.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cli/files.h"
#include "cli/text.h"

namespace starling::cli {

namespace {

bool IsInfoHash(absl::string_view text) { return InfoHash::FromHex(text).has_value(); }
bool IsMagnet(absl::string_view text) { return absl::StartsWithIgnoreCase(text, "magnet:"); }

absl::Status Explain(const absl::Status& status, absl::string_view text) {
  return absl::Status(status.code(), absl::StrCat(Printable(text), ": ", status.message()));
}

absl::StatusOr<Source> LoadMagnet(const std::string& text, StateFolder* state) {
  absl::StatusOr<storage::Magnet> magnet = storage::ParseMagnet(text);
  if (!magnet.ok()) return Explain(magnet.status(), Shorten(Printable(text), 80));
  Source source;
  source.text = text;
  source.magnet = *std::move(magnet);
  if (state != nullptr && source.magnet->info_hash_v1.has_value()) {
    source.metainfo = state->LoadMetainfo(*source.magnet->info_hash_v1);
  }
  return source;
}

absl::StatusOr<Source> LoadTorrentFile(const std::string& text) {
  absl::StatusOr<std::string> bytes = ReadFile(text, storage::kMetainfoSizeMax);
  if (!bytes.ok()) return bytes.status();
  absl::StatusOr<storage::Metainfo> metainfo = storage::ParseMetainfo(AsBytes(*bytes));
  if (!metainfo.ok()) return Explain(metainfo.status(), text);
  Source source;
  source.text = text;
  source.metainfo = std::make_shared<const storage::Metainfo>(*std::move(metainfo));
  return source;
}

}  // namespace

InfoHash Source::info_hash() const {
  return metainfo != nullptr ? metainfo->info_hash() : magnet->info_hash();
}

std::string Source::label() const {
  const std::string name = metainfo != nullptr ? metainfo->name : magnet->name;
  return name.empty() ? info_hash().hex() : Printable(name);
}

bool LooksLikeSource(absl::string_view text) {
  return IsMagnet(text) || IsInfoHash(text) || absl::EndsWithIgnoreCase(text, ".torrent");
}

absl::StatusOr<Source> LoadSource(const std::string& text, StateFolder* state) {
  if (IsMagnet(text) || IsInfoHash(text)) return LoadMagnet(text, state);
  if (absl::StartsWithIgnoreCase(text, "http://") || absl::StartsWithIgnoreCase(text, "https://")) {
    return absl::InvalidArgumentError(absl::StrCat(
        Printable(text), ": a web address is no source; download the .torrent file first"));
  }
  absl::StatusOr<Source> source = LoadTorrentFile(text);
  if (absl::IsNotFound(source.status())) {
    return absl::NotFoundError(
        absl::StrCat(source.status().message(),
                     "; a source is a .torrent file, a magnet link or an info-hash of 40 digits"));
  }
  return source;
}

absl::StatusOr<Source> LoadTransferSource(const std::string& text, StateFolder* state) {
  absl::StatusOr<Source> source = LoadSource(text, state);
  if (!source.ok()) return source;
  const bool has_v1 = source->metainfo != nullptr ? !source->metainfo->is_v2_only()
                                                  : source->magnet->info_hash_v1.has_value();
  if (!has_v1) {
    return absl::UnimplementedError(
        absl::StrCat(source->label(),
                     ": a torrent of version 2 only cannot be transferred yet; "
                     "starling show tells what it holds"));
  }
  return source;
}

std::shared_ptr<const storage::Metainfo> WithTrackersOf(
    std::shared_ptr<const storage::Metainfo> metainfo, const storage::Magnet& magnet) {
  storage::Metainfo merged = *metainfo;
  for (const std::string& url : magnet.trackers) {
    const bool is_known = std::any_of(
        merged.trackers.begin(), merged.trackers.end(),
        [&](const auto& tier) { return std::find(tier.begin(), tier.end(), url) != tier.end(); });
    if (!is_known && merged.trackers.size() < storage::kTrackersMax) {
      merged.trackers.push_back({url});
    }
  }
  for (const std::string& url : magnet.web_seeds) {
    if (merged.web_seeds.size() >= storage::kTrackersMax) break;
    if (std::find(merged.web_seeds.begin(), merged.web_seeds.end(), url) ==
        merged.web_seeds.end()) {
      merged.web_seeds.push_back(url);
    }
  }
  return std::make_shared<const storage::Metainfo>(std::move(merged));
}

std::string ShortMagnet(const storage::Metainfo& metainfo) {
  storage::Magnet magnet;
  magnet.info_hash_v1 = metainfo.info_hash_v1;
  magnet.info_hash_v2 = metainfo.info_hash_v2;
  magnet.name = metainfo.name;
  return storage::FormatMagnet(magnet);
}

}  // namespace starling::cli
