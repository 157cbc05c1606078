#include "base/bencode.h"

#include <charconv>
#include <limits>
#include <system_error>

#include "absl/container/inlined_vector.h"

namespace starling::bencode {
namespace {

bool IsDigit(std::byte byte) { return byte >= std::byte{'0'} && byte <= std::byte{'9'}; }

// Past the "<length>:" at `at` to the string's first byte; sets `size`. nullptr if malformed or if
// the string does not end by `end`.
const std::byte* ReadStringHead(const std::byte* at, const std::byte* end, size_t* size) {
  size_t length = 0;
  const std::byte* const first = at;
  while (at != end && IsDigit(*at)) {
    if (length > (std::numeric_limits<uint32_t>::max)() / 10) return nullptr;
    length = length * 10 + (std::to_integer<size_t>(*at) - '0');
    ++at;
  }
  if (at == first || at == end || *at != std::byte{':'}) return nullptr;
  if (*first == std::byte{'0'} && at != first + 1) return nullptr;
  ++at;
  if (length > static_cast<size_t>(end - at)) return nullptr;
  *size = length;
  return at;
}

// Past the integer at `at`, which begins with 'i'; nullptr if it is not canonical or too large.
const std::byte* ReadInteger(const std::byte* at, const std::byte* end, int64_t* number) {
  const char* first = reinterpret_cast<const char*>(at) + 1;
  const char* last = reinterpret_cast<const char*>(end);
  const auto [stop, error] = std::from_chars(first, last, *number);
  if (error != std::errc() || stop == last || *stop != 'e') return nullptr;
  const bool negative = *first == '-';
  const char* digits = first + (negative ? 1 : 0);
  if (*digits == '0' && (negative || stop != digits + 1)) return nullptr;
  return at + 1 + (stop - first) + 1;
}

// Checks one value from the front of the text, a token at a time. The open lists and dictionaries
// are a small stack of our own, so depth costs no recursion.
class Checker {
 public:
  Checker(ByteView bytes, const Limits& limits)
      : at_(bytes.data()), end_(bytes.data() + bytes.size()), limits_(limits) {}

  // The end of the value, or nullptr.
  const std::byte* Run() {
    do {
      if (++tokens_ > limits_.tokens_max || !Token()) return nullptr;
    } while (!open_.empty());
    return at_;
  }

 private:
  enum class Open : uint8_t { kList, kDictKey, kDictValue };  // what may come next

  bool Token() {
    if (at_ == end_) return false;
    const bool key_due = !open_.empty() && open_.back() == Open::kDictKey;
    switch (static_cast<char>(*at_)) {
      case 'e':
        if (open_.empty() || open_.back() == Open::kDictValue) return false;
        ++at_;
        open_.pop_back();
        ValueDone();
        return true;
      case 'l':
      case 'd':
        if (key_due || static_cast<int>(open_.size()) >= limits_.depth_max) return false;
        open_.push_back(*at_ == std::byte{'l'} ? Open::kList : Open::kDictKey);
        ++at_;
        return true;
      case 'i': {
        int64_t number;
        if (key_due || (at_ = ReadInteger(at_, end_, &number)) == nullptr) return false;
        ValueDone();
        return true;
      }
      default: {
        size_t size;
        if ((at_ = ReadStringHead(at_, end_, &size)) == nullptr) return false;
        at_ += size;
        if (key_due) {
          open_.back() = Open::kDictValue;
        } else {
          ValueDone();
        }
        return true;
      }
    }
  }

  void ValueDone() {
    if (!open_.empty() && open_.back() == Open::kDictValue) open_.back() = Open::kDictKey;
  }

  const std::byte* at_;
  const std::byte* end_;
  const Limits& limits_;
  int tokens_ = 0;
  absl::InlinedVector<Open, 32> open_;
};

// On checked text only: what is there is well-formed, so only the shape has to be followed.
absl::string_view CheckedString(const std::byte* at, const std::byte** next) {
  size_t length = 0;
  while (*at != std::byte{':'}) {
    length = length * 10 + (std::to_integer<size_t>(*at) - '0');
    ++at;
  }
  *next = at + 1 + length;
  return {reinterpret_cast<const char*>(at + 1), length};
}

const std::byte* SkipChecked(const std::byte* at) {
  int depth = 0;
  do {
    switch (static_cast<char>(*at)) {
      case 'l':
      case 'd':
        ++depth;
        ++at;
        break;
      case 'e':
        --depth;
        ++at;
        break;
      case 'i':
        while (*at != std::byte{'e'}) ++at;
        ++at;
        break;
      default:
        CheckedString(at, &at);
    }
  } while (depth > 0);
  return at;
}

}  // namespace

std::optional<Value> ParsePrefix(ByteView bytes, const Limits& limits) {
  const std::byte* end = Checker(bytes, limits).Run();
  if (end == nullptr) return std::nullopt;
  return Value(bytes.data(), end);
}

std::optional<Value> Parse(ByteView bytes, const Limits& limits) {
  std::optional<Value> value = ParsePrefix(bytes, limits);
  if (value.has_value() && value->raw().size() != bytes.size()) return std::nullopt;
  return value;
}

Value::Type Value::type() const {
  switch (static_cast<char>(*begin_)) {
    case 'i':
      return Type::kInteger;
    case 'l':
      return Type::kList;
    case 'd':
      return Type::kDict;
    default:
      return Type::kString;
  }
}

std::optional<int64_t> Value::integer() const {
  int64_t number;
  if (type() != Type::kInteger || ReadInteger(begin_, end_, &number) == nullptr) {
    return std::nullopt;
  }
  return number;
}

std::optional<absl::string_view> Value::string() const {
  if (type() != Type::kString) return std::nullopt;
  const std::byte* next;
  return CheckedString(begin_, &next);
}

std::optional<List> Value::list() const {
  if (type() != Type::kList) return std::nullopt;
  return List(begin_ + 1, end_ - 1);
}

std::optional<Dict> Value::dict() const {
  if (type() != Type::kDict) return std::nullopt;
  return Dict(begin_ + 1, end_ - 1);
}

std::optional<Value> Value::Find(absl::string_view key) const {
  const std::optional<Dict> entries = dict();
  if (!entries.has_value()) return std::nullopt;
  for (const Entry& entry : *entries) {
    if (entry.key == key) return entry.value;
  }
  return std::nullopt;
}

std::optional<int64_t> Value::FindInteger(absl::string_view key) const {
  const std::optional<Value> value = Find(key);
  return value.has_value() ? value->integer() : std::nullopt;
}

std::optional<absl::string_view> Value::FindString(absl::string_view key) const {
  const std::optional<Value> value = Find(key);
  return value.has_value() ? value->string() : std::nullopt;
}

std::optional<List> Value::FindList(absl::string_view key) const {
  const std::optional<Value> value = Find(key);
  return value.has_value() ? value->list() : std::nullopt;
}

std::optional<Value> Value::FindDict(absl::string_view key) const {
  std::optional<Value> value = Find(key);
  if (value.has_value() && value->type() != Type::kDict) value.reset();
  return value;
}

Value ListIterator::operator*() const { return Value(at_, SkipChecked(at_)); }

ListIterator& ListIterator::operator++() {
  at_ = SkipChecked(at_);
  return *this;
}

Entry DictIterator::operator*() const {
  const std::byte* value;
  const absl::string_view key = CheckedString(at_, &value);
  return Entry{key, Value(value, SkipChecked(value))};
}

DictIterator& DictIterator::operator++() {
  const std::byte* value;
  CheckedString(at_, &value);
  at_ = SkipChecked(value);
  return *this;
}

Writer& Writer::Put(absl::string_view text) {
  if (text_ != nullptr) {
    text_->append(text.data(), text.size());
  } else if (ok_ && text.size() <= space_.size() - size_) {
    if (!text.empty()) std::memcpy(space_.data() + size_, text.data(), text.size());
  } else {
    ok_ = false;
    return *this;
  }
  size_ += text.size();
  return *this;
}

Writer& Writer::Integer(int64_t number) {
  char digits[24];
  const auto [end, error] = std::to_chars(digits, digits + sizeof(digits), number);
  return Put("i").Put({digits, static_cast<size_t>(end - digits)}).Put("e");
}

Writer& Writer::StringHead(size_t size) {
  char digits[24];
  const auto [end, error] = std::to_chars(digits, digits + sizeof(digits), size);
  return Put({digits, static_cast<size_t>(end - digits)}).Put(":");
}

Writer& Writer::String(absl::string_view text) { return StringHead(text.size()).Put(text); }

}  // namespace starling::bencode
