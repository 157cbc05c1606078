// Bencoding (BEP 3), read in place and written into lent space.
//
// Parse() checks the whole text once, without recursion and within limits; a `Value` is then a
// cheap view into it: no tree, no allocation. The exact bytes of any value are `raw()`, which is
// what the info-hash is made of. Values must not outlive the bytes.
//
//   std::optional<bencode::Value> message = bencode::Parse(datagram);
//   if (!message) return;                                   // damaged: count and drop
//   std::optional<absl::string_view> y = message->FindString("y");
//
// Reading is lenient where the wild is: keys may be unsorted (the first of two equal ones counts).
// Integers must be canonical (no leading zero, no -0) and fit 64 bits.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"

namespace starling::bencode {

struct Limits {
  int depth_max = 32;
  int tokens_max = 4'000'000;  // values, keys and ends together
};

class ListIterator;
class DictIterator;
class List;
class Dict;

class Value {
 public:
  enum class Type { kInteger, kString, kList, kDict };

  Type type() const;
  ByteView raw() const { return {begin_, end_}; }

  // Each is nullopt if the value is of another type.
  std::optional<int64_t> integer() const;
  std::optional<absl::string_view> string() const;
  std::optional<List> list() const;
  std::optional<Dict> dict() const;

  // The value of `key` in this dictionary; nullopt if absent or if this is no dictionary. Linear.
  std::optional<Value> Find(absl::string_view key) const;
  std::optional<int64_t> FindInteger(absl::string_view key) const;
  std::optional<absl::string_view> FindString(absl::string_view key) const;
  std::optional<List> FindList(absl::string_view key) const;
  std::optional<Value> FindDict(absl::string_view key) const;

 private:
  friend class ListIterator;
  friend class DictIterator;
  friend std::optional<Value> ParsePrefix(ByteView bytes, const Limits& limits);
  Value(const std::byte* begin, const std::byte* end) : begin_(begin), end_(end) {}
  const std::byte* begin_;
  const std::byte* end_;
};

class ListIterator {
 public:
  Value operator*() const;
  ListIterator& operator++();
  bool operator==(const ListIterator& other) const { return at_ == other.at_; }

 private:
  friend class List;
  explicit ListIterator(const std::byte* at) : at_(at) {}
  const std::byte* at_;
};

class List {
 public:
  ListIterator begin() const { return ListIterator(begin_); }
  ListIterator end() const { return ListIterator(end_); }

 private:
  friend class Value;
  List(const std::byte* begin, const std::byte* end) : begin_(begin), end_(end) {}
  const std::byte* begin_;
  const std::byte* end_;
};

struct Entry {
  absl::string_view key;
  Value value;
};

class DictIterator {
 public:
  Entry operator*() const;
  DictIterator& operator++();
  bool operator==(const DictIterator& other) const { return at_ == other.at_; }

 private:
  friend class Dict;
  explicit DictIterator(const std::byte* at) : at_(at) {}
  const std::byte* at_;
};

class Dict {
 public:
  DictIterator begin() const { return DictIterator(begin_); }
  DictIterator end() const { return DictIterator(end_); }

 private:
  friend class Value;
  Dict(const std::byte* begin, const std::byte* end) : begin_(begin), end_(end) {}
  const std::byte* begin_;
  const std::byte* end_;
};

// One value that fills `bytes` exactly; nullopt if malformed, over a limit, or followed by more.
std::optional<Value> Parse(ByteView bytes, const Limits& limits = {});
// One value at the start of `bytes`; what follows is the caller's (raw().size() tells where), as
// in the data message of BEP 9.
std::optional<Value> ParsePrefix(ByteView bytes, const Limits& limits = {});

// Takes a string off the front of `rest`, for readers that know what they look for. If there is
// none, or not all of it: nullopt, and `rest` stays.
inline std::optional<absl::string_view> TakeString(ByteView& rest) {
  size_t at = 0;
  size_t length = 0;
  for (; at < rest.size(); ++at) {
    const auto digit = std::to_integer<unsigned>(rest[at]) - '0';
    if (digit > 9) break;
    length = length * 10 + digit;
    // No leading zero, and nothing that could not be there.
    if (length > rest.size() || (at == 1 && rest[0] == std::byte{'0'})) return std::nullopt;
  }
  if (at == 0 || at == rest.size() || rest[at] != std::byte{':'}) return std::nullopt;
  if (length > rest.size() - at - 1) return std::nullopt;
  const absl::string_view text = AsText(rest.subspan(at + 1, length));
  rest = rest.subspan(at + 1 + length);
  return text;
}

// Writes bencoding into a span (datagrams, no allocation) or appends to a string (files). The
// caller writes keys in sorted order, which tests check; a span that is too small makes ok()
// false and the rest is dropped.
class Writer {
 public:
  explicit Writer(ByteSpan space) : space_(space) {}
  explicit Writer(std::string* text) : text_(text) {}

  Writer& Integer(int64_t number);
  Writer& String(absl::string_view text);
  Writer& Bytes(ByteView bytes) { return String(AsText(bytes)); }
  Writer& Key(absl::string_view key) { return String(key); }
  Writer& BeginList() { return Put("l"); }
  Writer& BeginDict() { return Put("d"); }
  Writer& End() { return Put("e"); }
  Writer& Raw(ByteView bencoded) { return Put(AsText(bencoded)); }
  // The head of a string of `size` bytes, which the caller then appends with Raw in parts.
  Writer& StringHead(size_t size);

  bool ok() const { return ok_; }
  size_t size() const { return size_; }

 private:
  Writer& Put(absl::string_view text);
  ByteSpan space_;
  std::string* text_ = nullptr;
  size_t size_ = 0;
  bool ok_ = true;
};

}  // namespace starling::bencode
