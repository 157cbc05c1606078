#include "cli/huge_pages.h"

#include <stdlib.h>
#include <sys/auxv.h>
#include <unistd.h>

#include <string>

namespace starling::cli {

namespace {

constexpr char kMark[] = "STARLING_RESTARTED";

// A program with more rights than its user loses the setting each time, and one that was started by
// naming the loader cannot be named without it.
bool MayRestart() {
  return ::getenv(kMark) == nullptr && ::getauxval(AT_SECURE) == 0 && ::getauxval(AT_BASE) != 0;
}

}  // namespace

void RestartWithHugePages(char** arguments) {
  if (!MayRestart()) return;
  constexpr char kVariable[] = "GLIBC_TUNABLES";
  constexpr char kSetting[] = "glibc.malloc.hugetlb";  // of glibc 2.35 and later
  const char* const given = ::getenv(kVariable);
  std::string tunables = given == nullptr ? "" : given;
  if (tunables.find(kSetting) != std::string::npos) return;
  if (!tunables.empty()) tunables += ':';
  tunables += std::string(kSetting) + "=1";
  if (::setenv(kMark, "1", 1) != 0 || ::setenv(kVariable, tunables.c_str(), 1) != 0) return;
  ::execv("/proc/self/exe", arguments);
}

}  // namespace starling::cli
