// UTF-8 from strangers: read character by character, and repaired where it is none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace starling {

struct Utf8Character {
  uint32_t code;
  size_t size;  // bytes that it takes
};

// The character at the front of `text`, which is not empty; nullopt if that is no valid UTF-8:
// overlong forms, surrogates and what lies beyond U+10FFFF are not.
std::optional<Utf8Character> FirstUtf8Character(absl::string_view text);
// `text` with each byte that is not valid UTF-8 replaced by U+FFFD.
std::string RepairUtf8(absl::string_view text);

}  // namespace starling
