#include "peer/peer_exchange.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include "absl/strings/string_view.h"
#include "base/bencode.h"
#include "base/check.h"

namespace starling::peer {
namespace {

constexpr bencode::Limits kLimits{.depth_max = 8, .tokens_max = 1'000};

// Appends the addresses of `key`, each `entry_size` long, until `list` has kPexReceivedMax; false
// if the text is damaged.
bool ReadPeers(const bencode::Value& dict, absl::string_view key, absl::string_view flags_key,
               size_t entry_size, std::vector<PexPeer>* list) {
  const absl::string_view text = dict.FindString(key).value_or("");
  const absl::string_view flags = dict.FindString(flags_key).value_or("");
  if (text.size() % entry_size != 0) return false;
  for (size_t i = 0; i < text.size() / entry_size && list->size() < kPexReceivedMax; ++i) {
    const auto endpoint = ReadCompact(AsBytes(text.substr(i * entry_size, entry_size)));
    if (!endpoint.has_value() || !endpoint->is_usable()) continue;
    if (endpoint->is_v4() != (entry_size == kCompactV4Size)) continue;  // IPv4 mapped into IPv6
    const bool known = std::any_of(list->begin(), list->end(), [&](const PexPeer& other) {
      // One host may run many peers only where addresses are shared (BEP 11, security).
      return endpoint->SameAddress(other.endpoint) &&
             (endpoint->port == other.endpoint.port || !endpoint->is_private());
    });
    if (known) continue;
    const uint8_t flag = i < flags.size() ? static_cast<uint8_t>(flags[i]) : 0;
    list->push_back({*endpoint, flag});
  }
  return true;
}

std::string Compact(const Endpoint& endpoint) {
  std::array<std::byte, kCompactSizeMax> bytes;
  const size_t size = WriteCompact(endpoint, bytes.data());
  return std::string(AsText(ByteView(bytes.data(), size)));
}

void WriteUnlessEmpty(bencode::Writer& writer, absl::string_view key, const std::string& text) {
  if (!text.empty()) writer.Key(key).String(text);
}

}  // namespace

std::optional<PexMessage> ParsePeerExchange(ByteView payload) {
  const std::optional<bencode::Value> dict = bencode::Parse(payload, kLimits);
  if (!dict.has_value() || dict->type() != bencode::Value::Type::kDict) return std::nullopt;
  PexMessage message;
  std::vector<PexPeer> dropped;
  if (!ReadPeers(*dict, "added", "added.f", kCompactV4Size, &message.added) ||
      !ReadPeers(*dict, "added6", "added6.f", kCompactV6Size, &message.added) ||
      !ReadPeers(*dict, "dropped", "", kCompactV4Size, &dropped) ||
      !ReadPeers(*dict, "dropped6", "", kCompactV6Size, &dropped)) {
    return std::nullopt;
  }
  for (const PexPeer& peer : dropped) message.dropped.push_back(peer.endpoint);
  return message;
}

Slice EncodePeerExchange(const PexMessage& message) {
  std::string added, added_flags, added6, added6_flags, dropped, dropped6;
  for (const PexPeer& peer : message.added) {
    const bool v4 = peer.endpoint.is_v4();
    (v4 ? added : added6) += Compact(peer.endpoint);
    (v4 ? added_flags : added6_flags) += static_cast<char>(peer.flags);
  }
  for (const Endpoint& endpoint : message.dropped) {
    (endpoint.is_v4() ? dropped : dropped6) += Compact(endpoint);
  }
  std::string text;
  bencode::Writer writer(&text);
  writer.BeginDict();
  WriteUnlessEmpty(writer, "added", added);
  WriteUnlessEmpty(writer, "added.f", added_flags);
  WriteUnlessEmpty(writer, "added6", added6);
  WriteUnlessEmpty(writer, "added6.f", added6_flags);
  WriteUnlessEmpty(writer, "dropped", dropped);
  WriteUnlessEmpty(writer, "dropped6", dropped6);
  writer.End();
  const Buffer buffer(text.size());
  std::memcpy(buffer.data(), text.data(), text.size());
  return buffer.Sub(0, text.size());
}

std::optional<PexMessage> PexReceiver::OnMessage(Time now, ByteView payload) {
  if (now < accept_from_) {
    ++ignored_;
    return std::nullopt;
  }
  accept_from_ = now + kPexIntervalMin;
  std::optional<PexMessage> message = ParsePeerExchange(payload);
  if (!message.has_value()) ++damaged_;
  return message;
}

}  // namespace starling::peer
