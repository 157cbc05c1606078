// Any text as a magnet link: what is accepted can be written and read again.
#include <cstdint>

#include "base/check.h"
#include "storage/magnet.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace starling::storage;
  const absl::StatusOr<Magnet> magnet =
      ParseMagnet(absl::string_view(reinterpret_cast<const char*>(data), size));
  if (!magnet.ok()) return 0;
  const std::string written = FormatMagnet(*magnet);
  if (written.size() > kMagnetSizeMax) return 0;  // Encoding may lengthen it.
  const absl::StatusOr<Magnet> again = ParseMagnet(written);
  CHECK(again.ok() && FormatMagnet(*again) == written);
  return 0;
}
