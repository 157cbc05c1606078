// Content hashed into a torrent, with progress, until a signal asks to stop.
#pragma once

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "storage/create.h"

namespace starling::cli {

// Fills in who made it. Errors name what is wrong with `path`, or carry the signal that came.
absl::StatusOr<storage::Created> HashContent(
    const std::string& path, storage::CreateOptions options,
    const std::function<void(uint64_t done, uint64_t total)>& progress);

}  // namespace starling::cli
