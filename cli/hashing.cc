#include "cli/hashing.h"

#include <utility>

#include "base/check.h"
#include "cli/interrupt.h"
#include "cli/version.h"

namespace starling::cli {

absl::StatusOr<storage::Created> HashContent(
    const std::string& path, storage::CreateOptions options,
    const std::function<void(uint64_t done, uint64_t total)>& progress) {
  options.created_by = kCreatedBy;
  const InterruptWatch interrupts;
  absl::StatusOr<storage::Created> created =
      storage::CreateTorrent(path, options, [&](uint64_t done, uint64_t total) {
        progress(done, total);
        return interrupts.status().ok();
      });
  RETURN_IF_ERROR(interrupts.status());
  return created;
}

}  // namespace starling::cli
