#include "cli/open_files.h"

#include <sys/resource.h>

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace starling::cli {

namespace {

constexpr uint64_t kAnyway = 64;  // standard streams, the loop's own, files of results

}  // namespace

absl::Status AllowOpenFiles(uint64_t count, absl::string_view option) {
  rlimit limit{};
  const uint64_t needed = count + kAnyway;
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= needed) {
    return absl::OkStatus();
  }
  if (limit.rlim_max < needed) {
    return absl::ResourceExhaustedError(absl::StrCat(
        option, " ", count, " takes ", needed, " open files, but only ", limit.rlim_max,
        " are allowed: take fewer, or raise the limit (ulimit -Hn ", needed, ", as root)"));
  }
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, std::max<rlim_t>(needed, limit.rlim_cur));
  ::setrlimit(RLIMIT_NOFILE, &limit);
  return absl::OkStatus();
}

}  // namespace starling::cli
