#include "sim/watch_stream.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"

namespace starling::sim {

WatchedStream::~WatchedStream() {
  if (!is_closed_) say_(absl::StrCat(name_, " closed by us"));
}

void WatchedStream::OnOpen(Time) { say_(absl::StrCat(name_, " opened")); }

void WatchedStream::OnReceived(Time, const Slice& bytes) { Read(in_, bytes); }

Slice WatchedStream::OnSend(Time, Slice bytes) {
  Read(out_, bytes);
  return bytes;
}

void WatchedStream::OnClosed(Time, const absl::Status& why) {
  is_closed_ = true;
  say_(why.ok()
           ? absl::StrCat(name_, " closed by the peer")
           : absl::StrCat(name_, " broke: ",
                          peer::PrintableText(
                              absl::string_view(why.message().data(), why.message().size()), 100)));
}

void WatchedStream::Read(Direction& direction, Slice bytes) {
  if (direction.is_unreadable) return;
  if (!direction.is_past_handshake) ReadHandshake(direction, &bytes);
  if (direction.is_unreadable || bytes.empty()) return;
  direction.reader.Feed(std::move(bytes));
  while (const std::optional<peer::Message> message = direction.reader.Next()) {
    Tell(direction, MessageText(*message, direction.ids));
    const auto* extended = std::get_if<peer::Extended>(&*message);
    if (extended == nullptr || extended->id != peer::kExtensionHandshakeId) continue;
    const auto handshake = peer::ParseExtensionHandshake(extended->payload.view());
    if (!handshake.has_value()) continue;
    // What one side says of its ids counts for what it will receive.
    ExtensionIds& ids = &direction == &in_ ? out_.ids : in_.ids;
    ids.metadata = handshake->metadata_id.value_or(ids.metadata);
    ids.peer_exchange = handshake->peer_exchange_id.value_or(ids.peer_exchange);
  }
  if (!direction.reader.broken()) return;
  direction.is_unreadable = true;
  Tell(direction, absl::StrCat("unreadable from here on: ", direction.reader.reason()));
}

void WatchedStream::ReadHandshake(Direction& direction, Slice* bytes) {
  const size_t taken = std::min(bytes->size(), peer::kHandshakeSize - direction.handshake.size());
  direction.handshake.append(bytes->text().data(), taken);
  *bytes = bytes->From(taken);
  if (peer::IsNoHandshake(AsBytes(direction.handshake))) {
    direction.is_unreadable = true;
    Tell(direction, "something that is no handshake");
    return;
  }
  if (direction.handshake.size() < peer::kHandshakeSize) return;
  direction.is_past_handshake = true;
  const auto handshake = peer::ParseHandshake(AsBytes(std::exchange(direction.handshake, {})));
  direction.is_unreadable = !handshake.has_value();
  Tell(direction, handshake.has_value() ? HandshakeText(*handshake) : "a damaged handshake");
}

void WatchedStream::Tell(const Direction& direction, absl::string_view text) {
  say_(absl::StrCat(name_, ", ", direction.name, ": ", text));
}

}  // namespace starling::sim
