// Wire messages as bytes and as words, so that tests of a conversation read like one.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/buffer.h"
#include "base/bytes.h"
#include "peer/wire.h"
#include "peer/wire_reader.h"
#include "peer/wire_writer.h"

namespace starling::test {

inline Slice SliceOf(absl::string_view text) { return Buffer::CopyFrom(AsBytes(text)); }

inline std::string Drain(peer::WireWriter& writer) {
  std::string bytes;
  while (!writer.empty()) bytes += std::string(writer.Take().text());
  return bytes;
}

// What goes over the wire for `messages`, one after another.
template <class... Messages>
std::string WireBytes(const Messages&... messages) {
  peer::MessageSpace space;
  peer::WireWriter writer(space);
  (writer.Write(messages), ...);
  return Drain(writer);
}

// All messages that `reader` has now, in words.
inline std::vector<std::string> ReadTexts(peer::WireReader& reader) {
  std::vector<std::string> texts;
  while (std::optional<peer::Message> message = reader.Next()) texts.push_back(ToText(*message));
  return texts;
}

inline std::string PayloadText(const Payload& payload) {
  std::string text;
  for (const Slice& part : payload) text += std::string(part.text());
  return text;
}

}  // namespace starling::test
