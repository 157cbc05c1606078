#include "storage/select.h"

#include <algorithm>
#include <optional>

namespace starling::storage {
namespace {

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

// The position behind the character (of UTF-8) at `at`.
size_t NextCharacter(absl::string_view text, size_t at) {
  ++at;
  while (at < text.size() && IsContinuation(text[at])) ++at;
  return at;
}

struct ClassMatch {
  bool matches;
  size_t pattern_next;
};

// Compares one byte with the set "[...]" at `at`; nullopt if the bracket is never closed, which
// makes it a plain character.
std::optional<ClassMatch> MatchClass(absl::string_view pattern, size_t at, char c) {
  size_t i = at + 1;
  const bool negated = i < pattern.size() && (pattern[i] == '!' || pattern[i] == '^');
  if (negated) ++i;
  bool found = false;
  const auto byte = [](char x) { return static_cast<unsigned char>(x); };
  for (bool first = true; i < pattern.size() && (first || pattern[i] != ']'); first = false) {
    const unsigned char low = byte(pattern[i]);
    unsigned char high = low;
    if (i + 2 < pattern.size() && pattern[i + 1] == '-' && pattern[i + 2] != ']') {
      high = byte(pattern[i + 2]);
      i += 2;
    }
    ++i;
    found = found || (low <= byte(c) && byte(c) <= high);
  }
  if (i >= pattern.size()) return std::nullopt;
  return ClassMatch{found != negated, i + 1};
}

enum class End { kOfText, kOfAnyFolder };

// Does `text` match, or, if so asked, any of the folders above it?
bool Matches(absl::string_view pattern, absl::string_view text, End end) {
  // One star is remembered: what stands before an earlier one is settled, so this never takes more
  // than pattern * text steps.
  size_t p = 0;
  size_t t = 0;
  std::optional<std::pair<size_t, size_t>> star;  // behind it in the pattern; what it covers ends
  while (true) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = {++p, t};
      continue;
    }
    const bool at_end = t == text.size() || (end == End::kOfAnyFolder && text[t] == '/');
    if (at_end && p == pattern.size()) return true;
    if (t < text.size() && p < pattern.size()) {
      size_t pattern_next = p + 1;
      size_t text_next = t + 1;
      bool matches = pattern[p] == text[t];
      if (pattern[p] == '?') {
        matches = true;
        text_next = NextCharacter(text, t);
      } else if (pattern[p] == '\\' && p + 1 < pattern.size()) {
        matches = pattern[p + 1] == text[t];
        pattern_next = p + 2;
      } else if (pattern[p] == '[') {
        if (const std::optional<ClassMatch> match = MatchClass(pattern, p, text[t])) {
          matches = match->matches;
          pattern_next = match->pattern_next;
        }
      }
      if (matches) {
        p = pattern_next;
        t = text_next;
        continue;
      }
    }
    if (!star.has_value() || star->second >= text.size()) return false;
    p = star->first;
    t = ++star->second;
  }
}

bool Selects(absl::string_view pattern, absl::string_view path) {
  while (pattern.size() > 1 && pattern.back() == '/') pattern.remove_suffix(1);
  if (Matches(pattern, path, End::kOfAnyFolder)) return true;
  const size_t top = path.find('/');
  if (top != absl::string_view::npos && Matches(pattern, path.substr(top + 1), End::kOfAnyFolder)) {
    return true;
  }
  return pattern.find('/') == absl::string_view::npos &&
         GlobMatches(pattern, path.substr(path.rfind('/') + 1));
}

}  // namespace

bool GlobMatches(absl::string_view pattern, absl::string_view text) {
  return Matches(pattern, text, End::kOfText);
}

std::vector<bool> SelectFiles(const Metainfo& metainfo, std::span<const std::string> patterns) {
  std::vector<bool> selected(metainfo.files.size());
  for (size_t i = 0; i < selected.size(); ++i) {
    const FileEntry& file = metainfo.files[i];
    if (file.is_padding()) continue;
    const std::string path = file.JoinedPath();
    selected[i] =
        patterns.empty() || std::any_of(patterns.begin(), patterns.end(),
                                        [&](const std::string& p) { return Selects(p, path); });
  }
  return selected;
}

std::vector<bool> SelectFiles(const Metainfo& metainfo,
                              std::span<const std::pair<uint32_t, uint32_t>> ranges) {
  std::vector<bool> selected(metainfo.files.size(), ranges.empty());
  for (const auto& [first, last] : ranges) {
    for (uint64_t i = first; i <= last && i < selected.size(); ++i) selected[i] = true;
  }
  for (size_t i = 0; i < selected.size(); ++i) {
    if (metainfo.files[i].is_padding()) selected[i] = false;
  }
  return selected;
}

}  // namespace starling::storage
