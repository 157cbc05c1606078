#include <cstdint>

#include "node/tracker_http.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const starling::ByteView bytes(reinterpret_cast<const std::byte*>(data), size);
  (void)starling::ParseAnnounceAnswer(bytes).ok();
  (void)starling::ParseScrapeAnswer(bytes, starling::InfoHash{}).ok();
  return 0;
}
