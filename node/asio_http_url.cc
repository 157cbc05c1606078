#include "node/asio_http_url.h"

#include <boost/url/parse.hpp>
#include <boost/url/url.hpp>
#include <boost/url/url_view.hpp>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace starling {
namespace {

namespace urls = boost::urls;

std::string EncodeForbidden(absl::string_view text) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte >= 0x7f || absl::StrContains("\"<>\\^`{|}", c)) {
      encoded += '%';
      encoded += kDigits[byte >> 4];
      encoded += kDigits[byte & 15];
    } else {
      encoded += c;
    }
  }
  return encoded;
}

absl::Status NotAUrl(absl::string_view text) {
  return absl::InvalidArgumentError(
      absl::StrCat("not an HTTP address: ", absl::CHexEscape(text.substr(0, 200))));
}

// A header must stay one line, whatever is in it.
bool IsOneLine(absl::string_view text) {
  for (const char c : text) {
    if (absl::ascii_iscntrl(static_cast<unsigned char>(c))) return false;
  }
  return true;
}

bool IsSecret(absl::string_view name) {
  return absl::EqualsIgnoreCase(name, "Authorization") || absl::EqualsIgnoreCase(name, "Cookie");
}

}  // namespace

absl::StatusOr<HttpUrl> ParseHttpUrl(absl::string_view text) {
  if (text.size() > kUrlSizeMax) return absl::InvalidArgumentError("an HTTP address is too long");
  HttpUrl url;
  url.text = EncodeForbidden(absl::StripAsciiWhitespace(text));
  const auto parsed = urls::parse_uri(url.text);
  if (!parsed) return NotAUrl(text);
  const urls::url_view view = *parsed;
  if (view.scheme_id() != urls::scheme::http && view.scheme_id() != urls::scheme::https) {
    return NotAUrl(text);
  }
  url.is_https = view.scheme_id() == urls::scheme::https;
  url.host = view.host_address();
  url.port = url.is_https ? 443 : 80;
  if (const auto port = view.port(); !port.empty()) {
    uint32_t number = 0;
    if (!absl::SimpleAtoi(absl::string_view(port.data(), port.size()), &number)) number = 0;
    if (number == 0 || number > 0xffff) return NotAUrl(text);
    url.port = static_cast<uint16_t>(number);
  }
  // A decoded host may hold anything, also what would break the request's lines.
  if (url.host.empty() || !IsOneLine(url.host)) return NotAUrl(text);
  const auto target = view.encoded_target();
  url.target.assign(target.data(), target.size());
  if (url.target.empty() || url.target[0] != '/') url.target.insert(0, 1, '/');
  if (view.has_userinfo()) url.credentials = absl::StrCat(view.user(), ":", view.password());
  return url;
}

absl::StatusOr<HttpUrl> FollowRedirect(const HttpUrl& from, absl::string_view location) {
  if (location.size() > kUrlSizeMax) {
    return absl::InvalidArgumentError("the address of a redirect is too long");
  }
  const std::string encoded = EncodeForbidden(absl::StripAsciiWhitespace(location));
  const auto base = urls::parse_uri(from.text);
  const auto reference = urls::parse_uri_reference(encoded);
  urls::url resolved;
  if (!base || !reference || !urls::resolve(*base, *reference, resolved)) return NotAUrl(location);
  absl::StatusOr<HttpUrl> to =
      ParseHttpUrl(absl::string_view(resolved.buffer().data(), resolved.buffer().size()));
  if (to.ok() && from.is_https && !to->is_https) {
    return absl::PermissionDeniedError(
        absl::StrCat(from.host, " redirects from https to plain http"));
  }
  return to;
}

std::string FormatHttpRequest(const HttpUrl& url, const HttpRequest& request, bool is_elsewhere) {
  const bool is_literal_v6 = absl::StrContains(url.host, ':');
  const bool is_default_port = url.port == (url.is_https ? 443 : 80);
  std::string text =
      absl::StrCat("GET ", url.target, " HTTP/1.1\r\nHost: ", is_literal_v6 ? "[" : "", url.host,
                   is_literal_v6 ? "]" : "", is_default_port ? "" : absl::StrCat(":", url.port),
                   "\r\nConnection: close\r\nAccept: */*\r\n");
  bool has_agent = false;
  for (const auto& header : request.headers) {
    if (!IsOneLine(header.first) || !IsOneLine(header.second)) continue;
    if (is_elsewhere && IsSecret(header.first)) continue;
    has_agent |= absl::EqualsIgnoreCase(header.first, "User-Agent");
    absl::StrAppend(&text, header.first, ": ", header.second, "\r\n");
  }
  if (!has_agent) absl::StrAppend(&text, "User-Agent: starling/0.1\r\n");
  if (!url.credentials.empty()) {
    absl::StrAppend(&text, "Authorization: Basic ", absl::Base64Escape(url.credentials), "\r\n");
  }
  if (request.range.has_value()) {
    // A range counts bytes as they are sent, so it must not meet compression.
    absl::StrAppend(&text, "Range: bytes=", request.range->first, "-", request.range->second,
                    "\r\nAccept-Encoding: identity\r\n\r\n");
  } else {
    absl::StrAppend(&text, "Accept-Encoding: gzip, deflate\r\n\r\n");
  }
  return text;
}

}  // namespace starling
