#include "peer/extension.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/bencode.h"
#include "base/check.h"
#include "storage/metainfo.h"

namespace starling::peer {
namespace {

constexpr bencode::Limits kLimits{.depth_max = 16, .tokens_max = 4'000};
constexpr absl::string_view kMetadataName = "ut_metadata";
constexpr absl::string_view kPeerExchangeName = "ut_pex";
// Every field at its longest fits.
constexpr size_t kEncodedSizeMax = 512;

// The integer at `key` if it lies within [min, max].
template <class T>
std::optional<T> FindWithin(const bencode::Value& dict, absl::string_view key, int64_t min,
                            int64_t max) {
  const std::optional<int64_t> number = dict.FindInteger(key);
  if (!number.has_value() || *number < min || *number > max) return std::nullopt;
  return static_cast<T>(*number);
}

std::optional<Endpoint> FindAddress(const bencode::Value& dict, absl::string_view key) {
  const std::optional<absl::string_view> text = dict.FindString(key);
  if (!text.has_value()) return std::nullopt;
  if (text->size() == 4) return Endpoint::V4(LoadBig<uint32_t>(AsBytes(*text).data()), 0);
  std::array<std::byte, 16> address;
  if (text->size() != address.size()) return std::nullopt;
  std::memcpy(address.data(), text->data(), address.size());
  return Endpoint::V6(address, 0);
}

void WriteAddress(bencode::Writer& writer, absl::string_view key,
                  const std::optional<Endpoint>& endpoint) {
  if (!endpoint.has_value()) return;
  std::array<std::byte, kCompactSizeMax> compact;
  const size_t size = WriteCompact(*endpoint, compact.data()) - sizeof(endpoint->port);
  writer.Key(key).Bytes({compact.data(), size});
}

template <class T>
void WriteNumber(bencode::Writer& writer, absl::string_view key, const std::optional<T>& number) {
  if (number.has_value()) writer.Key(key).Integer(*number);
}

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

// The size of the character at the start of `text` if it is valid UTF-8 and no control character,
// else 0.
size_t PrintableSize(absl::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  if (first < 0x80) return first >= 0x20 && first != 0x7f ? 1 : 0;
  const size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < size) return 0;
  const absl::string_view rest = text.substr(1, size - 1);
  if (!std::all_of(rest.begin(), rest.end(), IsContinuation)) return 0;
  const auto second = static_cast<unsigned char>(text[1]);
  // C1 controls, overlong forms, surrogates and what lies beyond Unicode.
  if (first == 0xc2 && second < 0xa0) return 0;
  if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f)) return 0;
  if ((first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f)) return 0;
  return size;
}

}  // namespace

std::string PrintableText(absl::string_view text, size_t size_max) {
  std::string printable;
  while (!text.empty()) {
    const size_t size = PrintableSize(text);
    if (printable.size() + std::max<size_t>(size, 1) > size_max) break;
    if (size == 0) {
      printable += '?';
      text.remove_prefix(1);
    } else {
      printable.append(text.data(), size);
      text.remove_prefix(size);
    }
  }
  return printable;
}

std::optional<ExtensionHandshake> ParseExtensionHandshake(ByteView payload) {
  if (payload.size() > kExtensionHandshakeSizeMax) return std::nullopt;
  // What follows the dictionary is ignored: some clients append to it.
  const std::optional<bencode::Value> dict = bencode::ParsePrefix(payload, kLimits);
  if (!dict.has_value() || dict->type() != bencode::Value::Type::kDict) return std::nullopt;

  ExtensionHandshake handshake;
  if (const std::optional<bencode::Value> ids = dict->FindDict("m")) {
    handshake.metadata_id = FindWithin<uint8_t>(*ids, kMetadataName, 0, 255);
    handshake.peer_exchange_id = FindWithin<uint8_t>(*ids, kPeerExchangeName, 0, 255);
  }
  handshake.metadata_size =
      FindWithin<uint32_t>(*dict, "metadata_size", 1, int64_t{storage::kInfoSizeMax});
  handshake.port = FindWithin<uint16_t>(*dict, "p", 1, 65535);
  // A queue of no request at all is nonsense and would stop the download: it counts as unsaid.
  if (const std::optional<int64_t> reqq = dict->FindInteger("reqq"); reqq.value_or(0) > 0) {
    handshake.request_queue = static_cast<uint32_t>(std::min<int64_t>(*reqq, kRequestQueueCeiling));
  }
  handshake.version = PrintableText(dict->FindString("v").value_or(""), kVersionSizeMax);
  handshake.your_ip = FindAddress(*dict, "yourip");
  handshake.ipv4 = FindAddress(*dict, "ipv4");
  handshake.ipv6 = FindAddress(*dict, "ipv6");
  handshake.upload_only = dict->FindInteger("upload_only").value_or(0) == 1;
  return handshake;
}

Slice EncodeExtensionHandshake(const ExtensionHandshake& handshake) {
  const Buffer buffer(kEncodedSizeMax);
  bencode::Writer writer(ByteSpan(buffer.data(), buffer.capacity()));
  writer.BeginDict();
  WriteAddress(writer, "ipv4", handshake.ipv4);
  WriteAddress(writer, "ipv6", handshake.ipv6);
  writer.Key("m").BeginDict();
  WriteNumber(writer, kMetadataName, handshake.metadata_id);
  WriteNumber(writer, kPeerExchangeName, handshake.peer_exchange_id);
  writer.End();
  WriteNumber(writer, "metadata_size", handshake.metadata_size);
  WriteNumber(writer, "p", handshake.port);
  WriteNumber(writer, "reqq", handshake.request_queue);
  if (handshake.upload_only) writer.Key("upload_only").Integer(1);
  const std::string version = PrintableText(handshake.version, kVersionSizeMax);
  if (!version.empty()) writer.Key("v").String(version);
  WriteAddress(writer, "yourip", handshake.your_ip);
  writer.End();
  CHECK(writer.ok());
  return buffer.Sub(0, writer.size());
}

}  // namespace starling::peer
