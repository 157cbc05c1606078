#include "cli/huge_pages.h"

#include <stdlib.h>
#include <unistd.h>

#include <string>

namespace starling::cli {

void RestartWithHugePages(char** arguments) {
  constexpr char kVariable[] = "GLIBC_TUNABLES";
  constexpr char kSetting[] = "glibc.malloc.hugetlb";  // of glibc 2.35 and later
  const char* const given = ::getenv(kVariable);
  std::string tunables = given == nullptr ? "" : given;
  if (tunables.find(kSetting) != std::string::npos) return;
  if (!tunables.empty()) tunables += ':';
  tunables += std::string(kSetting) + "=1";
  if (::setenv(kVariable, tunables.c_str(), 1) != 0) return;
  ::execv("/proc/self/exe", arguments);
  if (given == nullptr) ::unsetenv(kVariable);
}

}  // namespace starling::cli
