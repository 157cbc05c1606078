#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace starling::internal {

void CheckFailed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "starling: internal error: CHECK(%s) failed at %s:%d\n", condition, file,
               line);
  std::abort();
}

}  // namespace starling::internal
