#include <cstdint>

#include "base/bencode.h"

namespace {

size_t WalkAll(const starling::bencode::Value& value) {
  size_t count = value.raw().size();
  if (const auto list = value.list()) {
    for (const auto item : *list) count += WalkAll(item);
  } else if (const auto dict = value.dict()) {
    for (const auto entry : *dict) count += WalkAll(entry.value);
  }
  return count;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const starling::ByteView bytes(reinterpret_cast<const std::byte*>(data), size);
  if (const auto value = starling::bencode::ParsePrefix(bytes)) WalkAll(*value);
  return 0;
}
