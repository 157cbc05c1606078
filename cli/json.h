// Writes one JSON value as text: always valid, since commas come by themselves and text is repaired
// and escaped. Keys keep the order in which they are written, so that lines read alike.
//
//   Json json;
//   json.BeginObject().Key("name").Text("x").Key("sizes").BeginArray().Number(1).End().End();
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace starling::cli {

class Json {
 public:
  Json& BeginObject() { return Begin('{', '}'); }
  Json& BeginArray() { return Begin('[', ']'); }
  Json& End();  // of the innermost object or array
  Json& Key(absl::string_view key);
  Json& Text(absl::string_view text);  // any bytes; malformed UTF-8 is repaired
  Json& Number(uint64_t number);
  Json& Signed(int64_t number);
  Json& Real(double number, int decimals);
  Json& Bool(bool value);
  Json& Null();

  const std::string& text() const { return text_; }

 private:
  Json& Begin(char open, char close);
  Json& Put(absl::string_view token);
  void Separate();
  void AppendQuoted(absl::string_view text);

  std::string text_;
  std::vector<char> closing_;  // what ends each open object or array
  bool needs_comma_ = false;
};

}  // namespace starling::cli
