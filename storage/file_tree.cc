#include "storage/file_tree.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "base/check.h"

namespace starling::storage {
namespace {

absl::Status Damaged(absl::string_view what) {
  return absl::InvalidArgumentError(absl::string_view(what));
}

// Steps through bencoding that is known to be valid, token by token. A bencode::Dict would walk
// over the whole inside of each folder to find its end, once for every level above it.
class Tokens {
 public:
  explicit Tokens(ByteView bytes) : text_(AsText(bytes)) {}

  enum class Kind { kDict, kList, kEnd, kInteger, kString };

  Kind Next() {
    CHECK(at_ < text_.size());
    switch (text_[at_]) {
      case 'd':
        ++at_;
        return Kind::kDict;
      case 'l':
        ++at_;
        return Kind::kList;
      case 'e':
        ++at_;
        return Kind::kEnd;
      case 'i': {
        const size_t end = text_.find('e', at_);
        value_ = text_.substr(at_ + 1, end - at_ - 1);
        at_ = end + 1;
        return Kind::kInteger;
      }
      default: {
        const size_t colon = text_.find(':', at_);
        size_t size = 0;
        CHECK(absl::SimpleAtoi(text_.substr(at_, colon - at_), &size));
        value_ = text_.substr(colon + 1, size);
        at_ = colon + 1 + size;
        return Kind::kString;
      }
    }
  }

  // The text of the string or number that Next() met.
  absl::string_view value() const { return value_; }

  // Steps over the rest of a value whose first token was `kind`.
  void Skip(Kind kind) {
    size_t open = 0;
    while (true) {
      if (kind == Kind::kDict || kind == Kind::kList) ++open;
      if (kind == Kind::kEnd) --open;
      if (open == 0) return;
      kind = Next();
    }
  }

 private:
  absl::string_view text_;
  size_t at_ = 0;
  absl::string_view value_;
};

using Kind = Tokens::Kind;

bool ReadSymlink(Tokens& tokens, Kind kind, std::vector<std::string>* symlink) {
  if (kind != Kind::kList) {
    tokens.Skip(kind);
    return false;
  }
  while ((kind = tokens.Next()) != Kind::kEnd) {
    if (kind != Kind::kString || symlink->size() >= kPathDepthMax ||
        tokens.value().size() > kNameSizeMax) {
      return false;
    }
    symlink->emplace_back(tokens.value());
  }
  return true;
}

// The properties of a file; the 'd' has been read, and the matching 'e' is read here.
absl::StatusOr<FileEntry> ReadFile(Tokens& tokens) {
  FileEntry file;
  std::optional<uint64_t> length;
  Kind kind;
  while ((kind = tokens.Next()) != Kind::kEnd) {
    const absl::string_view key = tokens.value();
    kind = tokens.Next();
    if (key == "length" && kind == Kind::kInteger) {
      uint64_t number = 0;
      if (!absl::SimpleAtoi(tokens.value(), &number) || number > kContentSizeMax) {
        return Damaged("a file in its v2 file tree has an impossible length");
      }
      length = number;
    } else if (key == "pieces root" && kind == Kind::kString) {
      if (tokens.value().size() != Sha256Digest::kSize) {
        return Damaged("a file in its v2 file tree has a malformed `pieces root`");
      }
      file.pieces_root = Sha256Digest::FromBytes(AsBytes(tokens.value()));
    } else if (key == "attr" && kind == Kind::kString) {
      file.attr = std::string(tokens.value().substr(0, kAttrSizeMax));
    } else if (key == "symlink path") {
      if (!ReadSymlink(tokens, kind, &file.symlink)) {
        return Damaged("a file in its v2 file tree has a malformed `symlink path`");
      }
    } else {
      tokens.Skip(kind);
    }
  }
  if (!length.has_value() && !file.is_symlink()) {
    return Damaged("a file in its v2 file tree has no length");
  }
  if (!file.is_symlink()) file.length = *length;
  if (file.length > 0 && !file.pieces_root.has_value()) {
    return Damaged("a file in its v2 file tree has no `pieces root`");
  }
  return file;
}

// The folders that are open at one moment of the walk.
class OpenFolders {
 public:
  OpenFolders() { has_entries_.push_back(false); }

  // Enters the entry `name`; false if that is not possible.
  bool Enter(absl::string_view name) {
    if (names_.size() >= kPathDepthMax || name.size() > kNameSizeMax) return false;
    has_entries_.back() = true;
    names_.push_back(name);
    has_entries_.push_back(false);
    return true;
  }
  void Leave() {
    names_.pop_back();
    has_entries_.pop_back();
  }
  bool at_top() const { return names_.empty(); }
  bool has_entries() const { return has_entries_.back(); }
  std::vector<std::string> path() const { return {names_.begin(), names_.end()}; }

 private:
  std::vector<absl::string_view> names_;
  std::vector<bool> has_entries_;  // one more than names: for the top
};

}  // namespace

absl::StatusOr<std::vector<FileEntry>> ReadFileTree(ByteView tree) {
  Tokens tokens(tree);
  if (tokens.Next() != Kind::kDict) return Damaged("its v2 file tree is not a dictionary");
  std::vector<FileEntry> files;
  size_t path_memory = 0;
  OpenFolders folders;
  while (true) {
    if (tokens.Next() == Kind::kEnd) {
      if (folders.at_top()) return files;
      folders.Leave();
      continue;
    }
    const absl::string_view name = tokens.value();
    if (tokens.Next() != Kind::kDict) {
      return Damaged("its v2 file tree holds something that is neither file nor folder");
    }
    if (!name.empty()) {
      if (!folders.Enter(name)) return Damaged("a path in its v2 file tree is too long");
      continue;
    }
    // The empty name says: what we are in is a file. It must be all there is.
    if (folders.at_top() || folders.has_entries()) {
      return Damaged("its v2 file tree has a file that is a folder, too");
    }
    ASSIGN_OR_RETURN(FileEntry file, ReadFile(tokens));
    if (tokens.Next() != Kind::kEnd) {
      return Damaged("its v2 file tree has a file that is a folder, too");
    }
    file.path = folders.path();
    folders.Leave();
    path_memory += PathMemory(file.path);
    if (files.size() >= kFilesMax) return Damaged("it has too many files");
    if (path_memory > kPathMemoryMax) return Damaged("the names of its files are too long");
    files.push_back(std::move(file));
  }
}

}  // namespace starling::storage
