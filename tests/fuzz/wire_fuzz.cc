// The wire reader on any bytes, cut into chunks that the first byte chooses: whatever the cuts, the
// messages must be the same as when all is fed at once.
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "base/check.h"
#include "peer/handshake.h"
#include "peer/wire.h"
#include "peer/wire_reader.h"

namespace {

std::vector<std::string> ReadInChunks(starling::ByteView bytes, size_t chunk, bool* broken) {
  starling::peer::WireReader reader;
  std::vector<std::string> texts;
  while (!bytes.empty()) {
    const size_t size = std::min(chunk, bytes.size());
    reader.Feed(starling::Buffer::CopyFrom(bytes.first(size)));
    bytes = bytes.subspan(size);
    while (const auto message = reader.Next()) texts.push_back(ToText(*message));
  }
  *broken = reader.broken();
  return texts;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  starling::ByteView bytes(reinterpret_cast<const std::byte*>(data), size);
  starling::peer::ParseHandshake(bytes);
  starling::peer::IsNoHandshake(bytes);
  if (bytes.empty()) return 0;
  const size_t chunk = 1 + std::to_integer<size_t>(bytes[0]);
  bytes = bytes.subspan(1);
  bool broken_in_chunks = false;
  bool broken_at_once = false;
  const auto in_chunks = ReadInChunks(bytes, chunk, &broken_in_chunks);
  const auto at_once = ReadInChunks(bytes, bytes.size(), &broken_at_once);
  CHECK(in_chunks == at_once);
  CHECK(broken_in_chunks == broken_at_once);
  return 0;
}
