#include "node/tracker_http.h"

#include <algorithm>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/bencode.h"

namespace starling {
namespace {

using bencode::Value;

bool IsUnreserved(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
         (letter >= '0' && letter <= '9') || letter == '-' || letter == '.' || letter == '_' ||
         letter == '~';
}

Duration ReadInterval(const Value& answer, absl::string_view key, Duration otherwise) {
  const std::optional<int64_t> value = answer.FindInteger(key);
  if (!value.has_value() || *value < 0) return otherwise;
  return seconds(std::min<int64_t>(*value, 24 * 3600));
}

uint32_t ReadCount(const Value& answer, absl::string_view key) {
  const int64_t value = answer.FindInteger(key).value_or(0);
  return static_cast<uint32_t>(std::clamp<int64_t>(value, 0, UINT32_MAX));
}

void AddPeer(const std::optional<Endpoint>& peer, std::vector<Endpoint>* peers) {
  if (peer.has_value() && peer->is_usable() && peers->size() < kTrackerPeersMax) {
    peers->push_back(*peer);
  }
}

void ReadCompactPeers(absl::string_view text, size_t size, std::vector<Endpoint>* peers) {
  const ByteView bytes = AsBytes(text);
  for (size_t at = 0; at + size <= bytes.size(); at += size) {
    AddPeer(ReadCompact(bytes.subspan(at, size)), peers);
  }
}

// The long form of BEP 3: a list of dictionaries. Names instead of addresses are not resolved.
void ReadPeerList(const bencode::List& list, std::vector<Endpoint>* peers) {
  for (const Value peer : list) {
    const std::optional<absl::string_view> address = peer.FindString("ip");
    const int64_t port = peer.FindInteger("port").value_or(0);
    if (!address.has_value() || port <= 0 || port > 0xffff) continue;
    AddPeer(Endpoint::ParseAddress(*address, static_cast<uint16_t>(port)), peers);
    if (peers->size() >= kTrackerPeersMax) return;
  }
}

std::optional<Endpoint> ReadExternalAddress(const Value& answer) {
  const std::optional<absl::string_view> raw = answer.FindString("external ip");
  if (!raw.has_value()) return std::nullopt;
  if (raw->size() == 4) return Endpoint::V4(LoadBig<uint32_t>(AsBytes(*raw).data()), 0);
  if (raw->size() != 16) return std::nullopt;
  Endpoint endpoint;
  std::copy_n(AsBytes(*raw).begin(), 16, endpoint.address.begin());
  return endpoint;
}

absl::string_view EventName(AnnounceEvent event) {
  switch (event) {
    case AnnounceEvent::kCompleted:
      return "completed";
    case AnnounceEvent::kStarted:
      return "started";
    case AnnounceEvent::kStopped:
      return "stopped";
    case AnnounceEvent::kNone:
      break;
  }
  return "";
}

absl::StatusOr<Value> ParseAnswer(ByteView body) {
  const std::optional<Value> answer = bencode::Parse(body, {.depth_max = 8, .tokens_max = 100'000});
  if (!answer.has_value() || answer->type() != Value::Type::kDict) {
    return absl::DataLossError("its answer is not a bencoded dictionary");
  }
  if (const auto reason = answer->FindString("failure reason")) {
    return absl::UnavailableError(PrintableMessage(*reason));
  }
  return *answer;
}

// Gathers one answer and tells what it is.
class HttpExchange : public TrackerExchange, public HttpHandler {
 public:
  HttpExchange(Time now, HttpClient& http, std::string url) {
    HttpRequest request;
    request.url = std::move(url);
    request.body_size_max = kTrackerAnswerSizeMax;
    transfer_ = http.Get(now, request, *this);
  }

  void OnHeaders(Time, const HttpHead& head) override { status_ = head.status; }
  void OnData(Time, Slice body) override { absl::StrAppend(&body_, body.text()); }
  void OnDone(Time now, absl::Status status) override { Deliver(now, std::move(status)); }

 protected:
  // The last thing done: the handler may destroy this exchange.
  virtual void Deliver(Time now, absl::Status status) = 0;

  // What `parse` makes of the answer. A body that makes no sense under an error of HTTP is that
  // error.
  template <class Answer>
  absl::StatusOr<Answer> Read(const absl::Status& status,
                              absl::FunctionRef<absl::StatusOr<Answer>(ByteView)> parse) const {
    if (!status.ok()) return status;
    absl::StatusOr<Answer> answer = parse(AsBytes(body_));
    if (!answer.ok() && answer.status().code() == absl::StatusCode::kDataLoss && status_ != 200) {
      return absl::UnavailableError(absl::StrCat("it answered with HTTP status ", status_));
    }
    return answer;
  }

 private:
  int status_ = 0;
  std::string body_;
  std::unique_ptr<HttpTransfer> transfer_;
};

class HttpAnnounce final : public HttpExchange {
 public:
  HttpAnnounce(Time now, HttpClient& http, std::string url, AnnounceHandler& handler)
      : HttpExchange(now, http, std::move(url)), handler_(handler) {}

 private:
  void Deliver(Time now, absl::Status status) override {
    handler_.OnAnnounced(now, Read<AnnounceAnswer>(status, ParseAnnounceAnswer));
  }

  AnnounceHandler& handler_;
};

class HttpScrape final : public HttpExchange {
 public:
  HttpScrape(Time now, HttpClient& http, std::string url, const InfoHash& info_hash,
             ScrapeHandler& handler)
      : HttpExchange(now, http, std::move(url)), info_hash_(info_hash), handler_(handler) {}

 private:
  void Deliver(Time now, absl::Status status) override {
    handler_.OnScraped(now, Read<ScrapeAnswer>(status, [this](ByteView body) {
                         return ParseScrapeAnswer(body, info_hash_);
                       }));
  }

  const InfoHash info_hash_;
  ScrapeHandler& handler_;
};

}  // namespace

std::string PercentEncode(ByteView bytes) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string text;
  for (const char letter : AsText(bytes)) {
    if (IsUnreserved(letter)) {
      text.push_back(letter);
    } else {
      const auto value = static_cast<unsigned char>(letter);
      text.push_back('%');
      text.push_back(kDigits[value >> 4]);
      text.push_back(kDigits[value & 15]);
    }
  }
  return text;
}

std::string AnnounceUrl(absl::string_view url, const Announce& announce,
                        absl::string_view tracker_id) {
  std::string text = absl::StrCat(url, absl::StrContains(url, '?') ? "&" : "?",
                                  "info_hash=", PercentEncode(announce.info_hash.view()),
                                  "&peer_id=", PercentEncode(announce.peer_id.view()),
                                  "&port=", announce.listen_port, "&uploaded=", announce.uploaded,
                                  "&downloaded=", announce.downloaded, "&left=", announce.left,
                                  "&compact=1&numwant=", announce.peers_wanted,
                                  "&key=", absl::Hex(announce.key, absl::kZeroPad8));
  if (announce.event != AnnounceEvent::kNone) {
    absl::StrAppend(&text, "&event=", EventName(announce.event));
  }
  if (!tracker_id.empty()) {
    absl::StrAppend(&text, "&trackerid=", PercentEncode(AsBytes(tracker_id)));
  }
  return text;
}

std::optional<std::string> ScrapeUrl(absl::string_view url, const InfoHash& info_hash) {
  const size_t slash = url.substr(0, url.find('?')).rfind('/');
  if (slash == url.npos || !absl::StartsWith(url.substr(slash), "/announce")) return std::nullopt;
  const absl::string_view rest = url.substr(slash + sizeof("/announce") - 1);
  return absl::StrCat(url.substr(0, slash), "/scrape", rest,
                      absl::StrContains(rest, '?') ? "&" : "?",
                      "info_hash=", PercentEncode(info_hash.view()));
}

absl::StatusOr<AnnounceAnswer> ParseAnnounceAnswer(ByteView body) {
  const absl::StatusOr<Value> parsed = ParseAnswer(body);
  if (!parsed.ok()) return parsed.status();
  AnnounceAnswer answer;
  answer.interval = ReadInterval(*parsed, "interval", answer.interval);
  answer.min_interval = ReadInterval(*parsed, "min interval", Duration{});
  answer.seeders = ReadCount(*parsed, "complete");
  answer.leechers = ReadCount(*parsed, "incomplete");
  if (const auto warning = parsed->FindString("warning message")) {
    answer.warning = PrintableMessage(*warning);
  }
  const absl::string_view tracker_id = parsed->FindString("tracker id").value_or("");
  if (tracker_id.size() <= 256) answer.tracker_id = std::string(tracker_id);
  if (const auto compact = parsed->FindString("peers")) {
    ReadCompactPeers(*compact, kCompactV4Size, &answer.peers);
  } else if (const auto list = parsed->FindList("peers")) {
    ReadPeerList(*list, &answer.peers);
  }
  if (const auto compact = parsed->FindString("peers6")) {
    ReadCompactPeers(*compact, kCompactV6Size, &answer.peers);
  }
  answer.external_address = ReadExternalAddress(*parsed);
  return answer;
}

absl::StatusOr<ScrapeAnswer> ParseScrapeAnswer(ByteView body, const InfoHash& info_hash) {
  const absl::StatusOr<Value> parsed = ParseAnswer(body);
  if (!parsed.ok()) return parsed.status();
  const std::optional<Value> files = parsed->FindDict("files");
  const std::optional<Value> entry =
      files.has_value() ? files->FindDict(AsText(info_hash.view())) : std::nullopt;
  if (!entry.has_value()) return absl::NotFoundError("it does not know this torrent");
  return ScrapeAnswer{.seeders = ReadCount(*entry, "complete"),
                      .leechers = ReadCount(*entry, "incomplete"),
                      .downloads = ReadCount(*entry, "downloaded")};
}

std::string PrintableMessage(absl::string_view text) {
  std::string message;
  for (const char letter : text.substr(0, 200)) {
    message.push_back(letter >= ' ' && letter <= '~' ? letter : '?');
  }
  return message;
}

std::unique_ptr<TrackerExchange> SendHttpAnnounce(Time now, HttpClient& http, absl::string_view url,
                                                  const Announce& announce,
                                                  absl::string_view tracker_id,
                                                  AnnounceHandler& handler) {
  return std::make_unique<HttpAnnounce>(now, http, AnnounceUrl(url, announce, tracker_id), handler);
}

std::unique_ptr<TrackerExchange> SendHttpScrape(Time now, HttpClient& http, absl::string_view url,
                                                const InfoHash& info_hash, ScrapeHandler& handler) {
  return std::make_unique<HttpScrape>(now, http, std::string(url), info_hash, handler);
}

}  // namespace starling
