// What the demo shares: a temporary folder, a file of noise in it, and the comparison of copies.
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/id.h"
#include "cli/interrupt.h"

namespace starling::cli {

// A folder of its own in $TMPDIR or /tmp, deleted with all that is in it unless kept.
class TemporaryFolder {
 public:
  // An error if there is no room for `bytes_needed`.
  static absl::StatusOr<std::unique_ptr<TemporaryFolder>> Make(uint64_t bytes_needed);
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::string& path() const { return path_; }
  void Keep() { is_kept_ = true; }

 private:
  explicit TemporaryFolder(std::string path) : path_(std::move(path)) {}
  const std::string path_;
  bool is_kept_ = false;
};

// Both end early when a signal came. WriteNoise returns what the file hashes to.
absl::StatusOr<Sha1Digest> WriteNoise(const std::string& path, uint64_t size,
                                      const InterruptWatch& interrupts);
absl::StatusOr<Sha1Digest> HashFile(const std::string& path, const InterruptWatch& interrupts);

}  // namespace starling::cli
