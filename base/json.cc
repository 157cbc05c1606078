#include "base/json.h"

#include <charconv>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/utf8.h"

namespace starling {

std::string ShortestText(double number) {
  char text[32];
  const std::to_chars_result end = std::to_chars(text, text + sizeof(text), number);
  return std::string(text, end.ptr);
}

Json& Json::Begin(char open, char close) {
  Separate();
  text_ += open;
  closing_.push_back(close);
  needs_comma_ = false;
  return *this;
}

Json& Json::End() {
  CHECK(!closing_.empty());
  const char closing = closing_.back();
  closing_.pop_back();
  if (needs_comma_) BreakLine();
  text_ += closing;
  needs_comma_ = true;
  return *this;
}

Json& Json::Key(absl::string_view key) {
  Separate();
  AppendQuoted(key);
  text_ += indent_ == 0 ? ":" : ": ";
  needs_comma_ = false;
  follows_key_ = true;
  return *this;
}

Json& Json::Text(absl::string_view text) {
  Separate();
  AppendQuoted(RepairUtf8(text));
  needs_comma_ = true;
  return *this;
}

Json& Json::Number(uint64_t number) { return Put(absl::StrCat(number)); }

Json& Json::Signed(int64_t number) { return Put(absl::StrCat(number)); }

Json& Json::Real(double number, int decimals) {
  if (!std::isfinite(number)) return Null();
  return Put(absl::StrFormat("%.*f", decimals, number));
}

Json& Json::Exact(double number) {
  return std::isfinite(number) ? Put(ShortestText(number)) : Null();
}

Json& Json::Bool(bool value) { return Put(value ? "true" : "false"); }

Json& Json::Null() { return Put("null"); }

Json& Json::Put(absl::string_view token) {
  Separate();
  absl::StrAppend(&text_, token);
  needs_comma_ = true;
  return *this;
}

void Json::Separate() {
  if (needs_comma_) text_ += ',';
  if (!follows_key_ && !closing_.empty()) BreakLine();
  follows_key_ = false;
}

void Json::BreakLine() {
  if (indent_ == 0) return;
  text_ += '\n';
  text_.append(indent_ * closing_.size(), ' ');
}

void Json::AppendQuoted(absl::string_view text) {
  text_ += '"';
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      text_ += '\\';
      text_ += c;
    } else if (code < 0x20 || code == 0x7F) {
      absl::StrAppend(&text_, absl::StrFormat("\\u%04x", code));
    } else {
      text_ += c;
    }
  }
  text_ += '"';
}

}  // namespace starling
