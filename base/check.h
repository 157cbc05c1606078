// CHECK: an assertion that is on in every build. It states what only our own bug can break; bytes
// from outside never reach one.
#pragma once

#include "absl/base/optimization.h"

namespace starling::internal {
[[noreturn]] void CheckFailed(const char* condition, const char* file, int line);
}  // namespace starling::internal

#define CHECK(condition)                                                 \
  do {                                                                   \
    if (ABSL_PREDICT_FALSE(!(condition)))                                \
      ::starling::internal::CheckFailed(#condition, __FILE__, __LINE__); \
  } while (false)

// Returns the status of `expression` from the calling function unless it is ok.
#define RETURN_IF_ERROR(expression)                   \
  do {                                                \
    if (auto status_ = (expression); !status_.ok()) { \
      return status_;                                 \
    }                                                 \
  } while (false)

#define STARLING_CONCAT_INNER(a, b) a##b
#define STARLING_CONCAT(a, b) STARLING_CONCAT_INNER(a, b)

// ASSIGN_OR_RETURN(auto value, Function()): `value` on success, else returns the status.
#define ASSIGN_OR_RETURN(target, expression)              \
  auto STARLING_CONCAT(result_, __LINE__) = (expression); \
  if (!STARLING_CONCAT(result_, __LINE__).ok()) {         \
    return STARLING_CONCAT(result_, __LINE__).status();   \
  }                                                       \
  target = *std::move(STARLING_CONCAT(result_, __LINE__))
