// HTTP(S) trackers (BEP 3) over the HttpClient seam: compact answers (BEP 23), IPv6 peers (BEP 7),
// the external address (BEP 24), scrape (BEP 48). Building the request and reading the answer are
// pure functions; the Send functions join them to a transfer.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/seams.h"
#include "node/tracker_udp.h"

namespace starling {

inline constexpr size_t kTrackerAnswerSizeMax = 1 << 20;
inline constexpr size_t kTrackerPeersMax = 1000;  // of one answer; the rest is dropped

// Every byte but the unreserved ones of RFC 3986 becomes %XX.
std::string PercentEncode(ByteView bytes);
// `url` with the announce's parameters behind its own ones.
std::string AnnounceUrl(absl::string_view url, const Announce& announce,
                        absl::string_view tracker_id);
// BEP 48: the last path component "announce" becomes "scrape"; nullopt if there is none.
std::optional<std::string> ScrapeUrl(absl::string_view url, const InfoHash& info_hash);

// Reads a tracker's answer. A `failure reason` is Unavailable with its text; damaged: DataLoss.
absl::StatusOr<AnnounceAnswer> ParseAnnounceAnswer(ByteView body);

// What the answer says of `info_hash`; NotFound if nothing.
absl::StatusOr<ScrapeAnswer> ParseScrapeAnswer(ByteView body, const InfoHash& info_hash);

// Text from a stranger, made fit for a terminal: printable, at most 200 bytes.
std::string PrintableMessage(absl::string_view text);

std::unique_ptr<TrackerExchange> SendHttpAnnounce(Time now, HttpClient& http, absl::string_view url,
                                                  const Announce& announce,
                                                  absl::string_view tracker_id,
                                                  AnnounceHandler& handler);
// `url` as ScrapeUrl gives it.
std::unique_ptr<TrackerExchange> SendHttpScrape(Time now, HttpClient& http, absl::string_view url,
                                                const InfoHash& info_hash, ScrapeHandler& handler);

}  // namespace starling
