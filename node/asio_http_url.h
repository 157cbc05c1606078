// What an HTTP client needs of a URL (RFC 3986, by Boost.URL), and the request that asks for it.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/seams.h"

namespace starling {

struct HttpUrl {
  std::string text;  // as it was read, for redirects that are relative to it
  bool is_https = false;
  std::string host;  // without brackets
  uint16_t port = 0;
  std::string target;       // path and query, percent-encoded exactly as they came
  std::string credentials;  // "user:password", or empty

  bool SameOrigin(const HttpUrl& other) const {
    return is_https == other.is_https && host == other.host && port == other.port;
  }
};

inline constexpr size_t kUrlSizeMax = 16 * 1024;

// Characters that a URL must not contain but in the wild does (spaces, braces, UTF-8) are encoded.
absl::StatusOr<HttpUrl> ParseHttpUrl(absl::string_view text);

// Where `location`, absolute or relative, leads from `from`. PermissionDenied from https to http.
absl::StatusOr<HttpUrl> FollowRedirect(const HttpUrl& from, absl::string_view location);

// The whole request. `is_elsewhere`: redirects have led to another origin, which must not see the
// caller's secrets.
std::string FormatHttpRequest(const HttpUrl& url, const HttpRequest& request, bool is_elsewhere);

}  // namespace starling
