#include "storage/magnet.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "base/check.h"
#include "base/endpoint.h"
#include "storage/percent.h"

namespace starling::storage {
namespace {

constexpr absl::string_view kScheme = "magnet:?";
constexpr absl::string_view kV1Prefix = "urn:btih:";
constexpr absl::string_view kV2Prefix = "urn:btmh:";
constexpr absl::string_view kSha256Multihash = "1220";  // the code of SHA-256, and 32 bytes

absl::Status Bad(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("magnet link ", what));
}

// 32 letters of base32 (RFC 4648) are 20 bytes.
std::optional<InfoHash> FromBase32(absl::string_view text) {
  if (text.size() != 32) return std::nullopt;
  InfoHash hash;
  uint64_t bits = 0;
  int bit_count = 0;
  size_t at = 0;
  for (const char c : text) {
    const char upper = absl::ascii_toupper(static_cast<unsigned char>(c));
    uint64_t value;
    if (upper >= 'A' && upper <= 'Z') {
      value = static_cast<uint64_t>(upper - 'A');
    } else if (upper >= '2' && upper <= '7') {
      value = static_cast<uint64_t>(upper - '2' + 26);
    } else {
      return std::nullopt;
    }
    bits = (bits << 5) | value;
    bit_count += 5;
    if (bit_count >= 8) {
      bit_count -= 8;
      hash.bytes[at++] = static_cast<std::byte>(bits >> bit_count);
    }
  }
  return hash;
}

absl::Status ReadTopic(absl::string_view topic, Magnet* magnet) {
  if (absl::StartsWithIgnoreCase(topic, kV1Prefix)) {
    const absl::string_view digits = topic.substr(kV1Prefix.size());
    std::optional<InfoHash> hash = InfoHash::FromHex(digits);
    if (!hash.has_value()) hash = FromBase32(digits);
    if (!hash.has_value()) {
      return Bad(
          "has a malformed info-hash: urn:btih: takes 40 hexadecimal digits or 32 of base32");
    }
    if (!magnet->info_hash_v1.has_value()) magnet->info_hash_v1 = hash;
  } else if (absl::StartsWithIgnoreCase(topic, kV2Prefix)) {
    const absl::string_view digits = topic.substr(kV2Prefix.size());
    std::optional<Sha256Digest> hash;
    if (absl::StartsWith(digits, kSha256Multihash)) {
      hash = Sha256Digest::FromHex(digits.substr(kSha256Multihash.size()));
    }
    if (!hash.has_value()) {
      return Bad("has a malformed info-hash: urn:btmh: takes 1220 and 64 hexadecimal digits");
    }
    if (!magnet->info_hash_v2.has_value()) magnet->info_hash_v2 = hash;
  }
  return absl::OkStatus();  // Topics of other networks (ed2k, sha1, tree:tiger) are not for us.
}

// "host:port", "1.2.3.4:port" or "[v6]:port"; one that is malformed is left out, for the link may
// well work without it.
void ReadPeer(absl::string_view text, Magnet* magnet) {
  if (magnet->peers.size() >= kMagnetPeersMax) return;
  const size_t colon = text.rfind(':');
  uint32_t port = 0;
  if (colon == absl::string_view::npos || !absl::SimpleAtoi(text.substr(colon + 1), &port) ||
      port == 0 || port > 65535) {
    return;
  }
  absl::string_view host = text.substr(0, colon);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  const bool is_v6 = host.find(':') != absl::string_view::npos;
  if (!IsHost(host) || bracketed != is_v6) return;
  if (is_v6 && !Endpoint::ParseAddress(host, 0).has_value()) return;
  magnet->peers.emplace_back(std::string(host), static_cast<uint16_t>(port));
}

// "0,2,4-6" (BEP 53).
absl::Status ReadSelection(absl::string_view text, Magnet* magnet) {
  for (const absl::string_view part : absl::StrSplit(text, ',', absl::SkipEmpty())) {
    const std::pair<absl::string_view, absl::string_view> ends =
        absl::StrSplit(part, absl::MaxSplits('-', 1));
    uint32_t first = 0;
    uint32_t last = 0;
    const bool is_range = part.find('-') != absl::string_view::npos;
    if (!absl::SimpleAtoi(ends.first, &first) ||
        !absl::SimpleAtoi(is_range ? ends.second : ends.first, &last) || first > last) {
      return Bad("has a malformed file selection: so= takes numbers and ranges, as in 0,2,4-6");
    }
    if (magnet->select_only.size() >= kMagnetRangesMax) {
      return Bad("has too many ranges in so=");
    }
    magnet->select_only.emplace_back(first, last);
  }
  return absl::OkStatus();
}

void AppendUrl(absl::string_view text, size_t count_max, std::vector<std::string>* urls) {
  std::optional<std::string> url = CleanUrl(text);
  if (!url.has_value() || urls->size() >= count_max) return;
  if (std::find(urls->begin(), urls->end(), *url) == urls->end()) urls->push_back(*std::move(url));
}

absl::Status ReadParameter(absl::string_view key, absl::string_view value, Magnet* magnet) {
  // Several of a kind may be numbered: xt.1, tr.2.
  const size_t dot = key.rfind('.');
  int number = 0;
  if (dot != absl::string_view::npos && absl::SimpleAtoi(key.substr(dot + 1), &number)) {
    key = key.substr(0, dot);
  }
  const std::string text = PercentDecode(value);
  if (key == "xt") return ReadTopic(text, magnet);
  if (key == "so") return ReadSelection(text, magnet);
  if (key == "x.pe") ReadPeer(text, magnet);
  if (key == "tr") AppendUrl(text, kTrackersMax, &magnet->trackers);
  if (key == "ws") AppendUrl(text, kWebSeedsMax, &magnet->web_seeds);
  if (key == "dn" && magnet->name.empty()) {
    // Names are often written as forms are, '+' for a space; in a URL it stands for itself.
    const std::string spaced = absl::StrReplaceAll(value, {{"+", " "}});
    magnet->name = PercentDecode(spaced).substr(0, kNameSizeMax);
  }
  return absl::OkStatus();
}

std::string FormatRange(const std::pair<uint32_t, uint32_t>& range) {
  if (range.first == range.second) return absl::StrCat(range.first);
  return absl::StrCat(range.first, "-", range.second);
}

}  // namespace

InfoHash Magnet::info_hash() const {
  if (info_hash_v1.has_value()) return *info_hash_v1;
  return info_hash_v2.has_value() ? InfoHash::FromBytes(info_hash_v2->view()) : InfoHash();
}

absl::StatusOr<Magnet> ParseMagnet(absl::string_view uri) {
  uri = absl::StripAsciiWhitespace(uri);
  Magnet magnet;
  if (const std::optional<InfoHash> bare = InfoHash::FromHex(uri)) {
    magnet.info_hash_v1 = bare;
    return magnet;
  }
  if (!absl::StartsWithIgnoreCase(uri, kScheme)) {
    return absl::InvalidArgumentError(
        "neither a magnet link (magnet:?xt=urn:btih:...) nor an info-hash of 40 hexadecimal "
        "digits");
  }
  if (uri.size() > kMagnetSizeMax) return Bad("is longer than 64 KiB");
  for (absl::string_view part : absl::StrSplit(uri.substr(kScheme.size()), '&')) {
    // Links copied out of a web page's source have their '&' written as "&amp;".
    absl::ConsumePrefix(&part, "amp;");
    const size_t equals = part.find('=');
    if (equals == absl::string_view::npos) continue;
    RETURN_IF_ERROR(ReadParameter(part.substr(0, equals), part.substr(equals + 1), &magnet));
  }
  if (!magnet.info_hash_v1.has_value() && !magnet.info_hash_v2.has_value()) {
    return Bad("has no info-hash: expected xt=urn:btih:...");
  }
  return magnet;
}

std::string FormatMagnet(const Magnet& magnet) {
  std::vector<std::string> parts;
  if (magnet.info_hash_v1.has_value()) {
    parts.push_back(absl::StrCat("xt=", kV1Prefix, magnet.info_hash_v1->hex()));
  }
  if (magnet.info_hash_v2.has_value()) {
    parts.push_back(absl::StrCat("xt=", kV2Prefix, kSha256Multihash, magnet.info_hash_v2->hex()));
  }
  if (!magnet.name.empty()) parts.push_back(absl::StrCat("dn=", PercentEncode(magnet.name)));
  for (const std::string& url : magnet.trackers) {
    parts.push_back(absl::StrCat("tr=", PercentEncode(url)));
  }
  for (const std::string& url : magnet.web_seeds) {
    parts.push_back(absl::StrCat("ws=", PercentEncode(url)));
  }
  for (const auto& [host, port] : magnet.peers) {
    const bool is_v6 = host.find(':') != std::string::npos;
    parts.push_back(is_v6 ? absl::StrCat("x.pe=[", host, "]:", port)
                          : absl::StrCat("x.pe=", PercentEncode(host), ":", port));
  }
  if (!magnet.select_only.empty()) {
    std::vector<std::string> ranges;
    for (const auto& range : magnet.select_only) ranges.push_back(FormatRange(range));
    parts.push_back(absl::StrCat("so=", absl::StrJoin(ranges, ",")));
  }
  return absl::StrCat(kScheme, absl::StrJoin(parts, "&"));
}

Magnet MagnetOf(const Metainfo& metainfo) {
  Magnet magnet;
  magnet.info_hash_v1 = metainfo.info_hash_v1;
  magnet.info_hash_v2 = metainfo.info_hash_v2;
  magnet.name = metainfo.name;
  for (const std::vector<std::string>& tier : metainfo.trackers) {
    for (const std::string& url : tier) AppendUrl(url, kTrackersMax, &magnet.trackers);
  }
  for (const std::string& url : metainfo.web_seeds) {
    AppendUrl(url, kWebSeedsMax, &magnet.web_seeds);
  }
  return magnet;
}

}  // namespace starling::storage
