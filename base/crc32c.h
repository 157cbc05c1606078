// Castagnoli's CRC, as BEP 40 (peers) and BEP 42 (DHT nodes) use it.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace starling {

uint32_t Crc32c(ByteView bytes);

}  // namespace starling
