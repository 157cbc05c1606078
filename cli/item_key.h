// The key with which `dht put --mutable` signs: a file that holds an Ed25519 seed as 64
// hexadecimal digits. Whoever has the file can change the items.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "base/ed25519.h"
#include "base/random.h"

namespace starling::cli {

struct ItemKey {
  SigningSeed seed;
  bool is_new = false;  // made just now
};

// Reads the key at `path`; if there is none, draws one and keeps it there for its owner's eyes only
// (mode 0600). A file that is something else is left as it is.
absl::StatusOr<ItemKey> ReadOrMakeKey(const std::string& path, Random& random);

}  // namespace starling::cli
