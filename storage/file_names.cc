#include "storage/file_names.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/digest.h"
#include "base/utf8.h"

namespace starling::storage {
namespace {

constexpr size_t kExtensionSizeMax = 16;  // what is kept when a name is cut

// Characters that no name may hold: separators, control characters, and those that turn the
// direction of writing, by which "gpj.exe" can be made to look like "exe.jpg".
bool IsForbidden(uint32_t code) {
  return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == '/' || code == '\\' ||
         code == 0x200e || code == 0x200f || (code >= 0x2028 && code <= 0x202e) ||
         (code >= 0x2066 && code <= 0x2069) || code == 0xfeff;
}

// Names of devices on Windows, with any extension: "nul", "COM1.txt".
bool IsReserved(absl::string_view name) {
  absl::string_view stem = name.substr(0, name.find('.'));
  while (!stem.empty() && stem.back() == ' ') stem.remove_suffix(1);
  for (const absl::string_view device : {"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"}) {
    if (absl::EqualsIgnoreCase(stem, device)) return true;
  }
  return stem.size() == 4 && stem[3] >= '0' && stem[3] <= '9' &&
         (absl::StartsWithIgnoreCase(stem, "COM") || absl::StartsWithIgnoreCase(stem, "LPT"));
}

// The first bytes of valid UTF-8, at most `size_max`, without half a character.
absl::string_view Cut(absl::string_view text, size_t size_max) {
  if (text.size() <= size_max) return text;
  while (size_max > 0 && (static_cast<unsigned char>(text[size_max]) & 0xc0) == 0x80) --size_max;
  return text.substr(0, size_max);
}

// Where the extension of a name starts, its dot included; the end if there is none worth keeping.
size_t ExtensionAt(absl::string_view name) {
  const size_t dot = name.rfind('.');
  if (dot == absl::string_view::npos || dot == 0 || name.size() - dot > kExtensionSizeMax) {
    return name.size();
  }
  return dot;
}

// `name` with `mark` before its extension, short enough.
std::string Marked(absl::string_view name, absl::string_view mark) {
  const size_t dot = ExtensionAt(name);
  const absl::string_view extension = name.substr(dot);
  const size_t room = kComponentSizeMax - mark.size() - extension.size();
  return absl::StrCat(Cut(name.substr(0, dot), room), mark, extension);
}

// The tree of names as it grows: which are taken, and by what.
class Tree {
 public:
  static constexpr uint32_t kTop = 0;

  // The folder `name` below `parent`, new or known.
  uint32_t Folder(uint32_t parent, const std::string& name, uint32_t file_index) {
    Entry& entry = Take(parent, name);
    if (entry.is_new || entry.folder != kNone) {
      entry.is_new = false;
      if (entry.folder == kNone) entry.folder = NewFolder(parent, name);
      return entry.folder;
    }
    // A file has the name. The folder gets another one, and is found there from now on.
    const uint32_t folder = NewFolder(parent, FreeName(parent, name, file_index));
    Take(parent, name).folder = folder;
    return folder;
  }

  // The path of a new file `name` in `folder`, renamed if it has to be.
  std::string File(uint32_t folder, const std::string& name, uint32_t file_index) {
    Entry& entry = Take(folder, name);
    if (!entry.is_new) return Join(folder, FreeName(folder, name, file_index));
    entry.is_new = false;
    return Join(folder, name);
  }

 private:
  static constexpr uint32_t kNone = UINT32_MAX;
  using Key = std::pair<uint32_t, std::string>;
  struct Entry {
    bool is_new = true;
    uint32_t folder = kNone;  // where files of a folder by this name go
  };

  Entry& Take(uint32_t parent, absl::string_view name) {
    return taken_[Key(parent, absl::AsciiStrToLower(name))];
  }

  // A few pretty tries, then the file's own number, which makes sure that no set of hostile names
  // costs more than a walk over itself.
  std::string FreeName(uint32_t parent, absl::string_view name, uint32_t file_index) {
    constexpr int kPrettyMax = 9;
    for (int i = 2;; ++i) {
      std::string renamed =
          Marked(name, i <= kPrettyMax ? absl::StrCat(" (", i, ")")
                                       : absl::StrCat(" (", file_index, "-", i, ")"));
      Entry& entry = Take(parent, renamed);
      if (!entry.is_new) continue;
      entry.is_new = false;
      return renamed;
    }
  }

  uint32_t NewFolder(uint32_t parent, absl::string_view name) {
    folders_.push_back(Join(parent, name));
    return static_cast<uint32_t>(folders_.size() - 1);
  }

  std::string Join(uint32_t folder, absl::string_view name) const {
    if (folder == kTop) return std::string(name);
    return absl::StrCat(folders_[folder], "/", name);
  }

  absl::flat_hash_map<Key, Entry> taken_;
  std::vector<std::string> folders_{""};  // the path of each; the first is the download folder
};

// Folders too deep or long for a disk are put together into one, named by the hash of them all.
void Shorten(std::vector<std::string>* path) {
  size_t size = 0;
  for (const std::string& name : *path) size += name.size() + 1;
  if (size <= kRelativePathSizeMax - kComponentSizeMax && path->size() <= kFoldersMax) return;
  std::string middle;
  for (size_t i = 1; i + 1 < path->size(); ++i) absl::StrAppend(&middle, (*path)[i], "/");
  *path = {path->front(), Sha1(AsBytes(middle)).hex(), path->back()};
}

bool IsStored(const FileEntry& file) { return !file.is_padding() && !file.is_symlink(); }

bool IsOneName(absl::string_view name) {
  return !name.empty() && name != "." && name != ".." && name.size() <= kComponentSizeMax &&
         name.find('/') == absl::string_view::npos && name.find('\0') == absl::string_view::npos;
}

}  // namespace

std::string SafeComponent(absl::string_view name) {
  std::string safe;
  const std::string valid = RepairUtf8(name);
  for (absl::string_view rest = valid; !rest.empty();) {
    const Utf8Character character = *FirstUtf8Character(rest);
    if (IsForbidden(character.code)) {
      safe += '_';
    } else {
      absl::StrAppend(&safe, rest.substr(0, character.size));
    }
    rest.remove_prefix(character.size);
  }
  const auto strip_end = [&] {
    while (!safe.empty() && (safe.back() == '.' || safe.back() == ' ')) safe.pop_back();
  };
  strip_end();  // "." and ".." are gone with this, too
  if (IsReserved(safe)) safe = absl::StrCat("_", safe);
  if (safe.size() > kComponentSizeMax) {
    safe = Marked(safe, "");
    strip_end();
  }
  return safe.empty() ? "_" : safe;
}

FileNames SafeFileNames(const Metainfo& metainfo) {
  FileNames names;
  names.paths.reserve(metainfo.files.size());
  Tree tree;
  for (size_t i = 0; i < metainfo.files.size(); ++i) {
    const FileEntry& file = metainfo.files[i];
    if (!IsStored(file)) {
      names.paths.emplace_back();
      continue;
    }
    std::vector<std::string> path;
    path.reserve(file.path.size());
    for (const std::string& name : file.path) path.push_back(SafeComponent(name));
    Shorten(&path);
    const auto index = static_cast<uint32_t>(i);
    uint32_t folder = Tree::kTop;
    for (size_t k = 0; k + 1 < path.size(); ++k) folder = tree.Folder(folder, path[k], index);
    names.paths.push_back(tree.File(folder, path.back(), index));
    names.renamed = names.renamed || names.paths.back() != file.JoinedPath();
  }
  return names;
}

std::vector<std::string> SpelledFileNames(const Metainfo& metainfo) {
  std::vector<std::string> paths;
  absl::flat_hash_set<std::string> seen;
  for (const FileEntry& file : metainfo.files) {
    if (!IsStored(file)) {
      paths.emplace_back();
      continue;
    }
    if (!std::all_of(file.path.begin(), file.path.end(), IsOneName)) return {};
    paths.push_back(file.JoinedPath());
    if (!seen.insert(paths.back()).second) return {};
  }
  return paths;
}

}  // namespace starling::storage
