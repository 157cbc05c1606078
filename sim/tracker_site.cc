#include "sim/tracker_site.h"

#include <algorithm>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "base/bencode.h"

namespace starling::sim {
namespace {

constexpr size_t kPeersAnswered = 50;

// Undoes percent-encoding; nullopt if an escape is broken.
std::optional<std::string> Decode(absl::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    const std::optional<std::string> byte = FromHex(text.substr(i + 1, 2));
    if (!byte.has_value() || byte->size() != 1) return std::nullopt;
    decoded += *byte;
    i += 2;
  }
  return decoded;
}

std::map<std::string, std::string> QueryOf(absl::string_view path) {
  std::map<std::string, std::string> query;
  const size_t mark = path.find('?');
  if (mark == absl::string_view::npos) return query;
  for (const absl::string_view part : absl::StrSplit(path.substr(mark + 1), '&')) {
    const size_t equals = std::min(part.find('='), part.size());
    const std::optional<std::string> value = Decode(part.substr(std::min(equals + 1, part.size())));
    if (value.has_value()) query[std::string(part.data(), equals)] = *value;
  }
  return query;
}

SiteAnswer Failure(absl::string_view reason) {
  SiteAnswer answer;
  bencode::Writer(&answer.body).BeginDict().Key("failure reason").String(reason).End();
  return answer;
}

}  // namespace

void TrackerSite::Count(absl::string_view event) {
  ++announces_;
  if (event == "started") ++started_;
  if (event == "completed") ++completed_;
  if (event == "stopped") ++stopped_;
}

std::optional<SiteAnswer> TrackerSite::OnGet(Time, const Endpoint& from, absl::string_view path) {
  std::map<std::string, std::string> query = QueryOf(path);
  const std::string& info_hash = query["info_hash"];
  uint32_t port = 0;
  if (info_hash.size() != InfoHash::kSize || query["peer_id"].size() != PeerId::kSize ||
      !absl::SimpleAtoi(query["port"], &port) || port > 65535) {
    return Failure("malformed request");
  }
  const std::string& event = query["event"];
  Count(event);
  Swarm& swarm = swarms_[InfoHash::FromBytes(AsBytes(info_hash))];
  Endpoint peer = from;
  peer.port = static_cast<uint16_t>(port);
  if (event == "stopped") {
    swarm.erase(peer);
  } else if (port != 0) {
    swarm[peer].is_seeder = query["left"] == "0";
  }
  size_t wanted = kPeersAnswered;
  if (!absl::SimpleAtoi(query["numwant"], &wanted)) wanted = kPeersAnswered;
  SiteAnswer answer;
  answer.body = Answer(swarm, peer, std::min(wanted, kPeersAnswered));
  return answer;
}

std::string TrackerSite::Answer(const Swarm& swarm, const Endpoint& asker, size_t peers_max) const {
  std::string peers;
  int64_t seeders = 0;
  for (const auto& [endpoint, peer] : swarm) {
    seeders += peer.is_seeder;
    if (endpoint == asker || peers.size() >= peers_max * kCompactV4Size) continue;
    std::byte compact[kCompactSizeMax];
    const size_t size = WriteCompact(endpoint, compact);
    if (size == kCompactV4Size) peers.append(reinterpret_cast<const char*>(compact), size);
  }
  std::string body;
  bencode::Writer writer(&body);
  writer.BeginDict().Key("complete").Integer(seeders);
  writer.Key("incomplete").Integer(static_cast<int64_t>(swarm.size()) - seeders);
  writer.Key("interval").Integer(std::chrono::duration_cast<seconds>(interval_).count());
  writer.Key("peers").String(peers).End();
  return body;
}

size_t TrackerSite::peers(const InfoHash& info_hash) const {
  const auto found = swarms_.find(info_hash);
  return found == swarms_.end() ? 0 : found->second.size();
}

}  // namespace starling::sim
