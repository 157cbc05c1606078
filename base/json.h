// Writes one JSON value as text: always valid, since commas come by themselves and text is repaired
// and escaped. Keys keep the order in which they are written, so that lines read alike.
//
//   Json json;
//   json.BeginObject().Key("name").Text("x").Key("sizes").BeginArray().Number(1).End().End();
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace starling {

// The shortest text that reads back as just this number, the same on every machine.
std::string ShortestText(double number);

class Json {
 public:
  // `indent` spaces a level and an entry a line; 0: all in one line.
  explicit Json(int indent = 0) : indent_(static_cast<size_t>(indent)) {}

  Json& BeginObject() { return Begin('{', '}'); }
  Json& BeginArray() { return Begin('[', ']'); }
  Json& End();  // of the innermost object or array
  Json& Key(absl::string_view key);
  Json& Text(absl::string_view text);  // any bytes; malformed UTF-8 is repaired
  Json& Number(uint64_t number);
  Json& Signed(int64_t number);
  Json& Real(double number, int decimals);  // null if it is not finite
  Json& Exact(double number);               // the shortest text that reads back as this number
  Json& Bool(bool value);
  Json& Null();

  const std::string& text() const { return text_; }

 private:
  Json& Begin(char open, char close);
  Json& Put(absl::string_view token);
  void Separate();
  void AppendQuoted(absl::string_view text);

  void BreakLine();

  size_t indent_;
  std::string text_;
  std::vector<char> closing_;  // what ends each open object or array
  bool needs_comma_ = false;
  bool follows_key_ = false;
};

}  // namespace starling
