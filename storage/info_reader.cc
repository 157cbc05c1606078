#include "storage/info_reader.h"

#include <bit>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/digest.h"
#include "storage/file_tree.h"

namespace starling::storage {
namespace {

using bencode::Value;

absl::Status Damaged(absl::string_view what) { return absl::InvalidArgumentError(what); }

// The values of a dictionary by name, taken in one pass: Find() would walk over a million files
// for each key. Of equal keys the first counts.
struct InfoKeys {
  std::optional<Value> files, file_tree, length, meta_version, name, name_utf8, piece_length,
      pieces, is_private, attr;

  explicit InfoKeys(const bencode::Dict& info) {
    for (const bencode::Entry& entry : info) {
      std::optional<Value>* slot = SlotOf(entry.key);
      if (slot != nullptr && !slot->has_value()) *slot = entry.value;
    }
  }

 private:
  std::optional<Value>* SlotOf(absl::string_view key) {
    if (key == "files") return &files;
    if (key == "file tree") return &file_tree;
    if (key == "length") return &length;
    if (key == "meta version") return &meta_version;
    if (key == "name") return &name;
    if (key == "name.utf-8") return &name_utf8;
    if (key == "piece length") return &piece_length;
    if (key == "pieces") return &pieces;
    if (key == "private") return &is_private;
    if (key == "attr") return &attr;
    return nullptr;
  }
};

// A list of names, or nullopt if it is none or too deep.
std::optional<std::vector<std::string>> ReadNames(const std::optional<Value>& value) {
  if (!value.has_value()) return std::nullopt;
  const std::optional<bencode::List> list = value->list();
  if (!list.has_value()) return std::nullopt;
  std::vector<std::string> names;
  for (const Value& item : *list) {
    const std::optional<absl::string_view> name = item.string();
    if (!name.has_value() || name->size() > kNameSizeMax || names.size() >= kPathDepthMax) {
      return std::nullopt;
    }
    names.emplace_back(*name);
  }
  return names;
}

absl::StatusOr<uint64_t> ReadLength(const std::optional<Value>& value) {
  const std::optional<int64_t> length = value.has_value() ? value->integer() : std::nullopt;
  if (!length.has_value()) return Damaged("a file has no length");
  if (*length < 0 || static_cast<uint64_t>(*length) > kContentSizeMax) {
    return Damaged("a file has an impossible length");
  }
  return static_cast<uint64_t>(*length);
}

// One dictionary of `files` (BEP 3, BEP 47). `path.utf-8` is how older programs say what they mean
// when `path` is in some local encoding.
absl::StatusOr<FileEntry> ReadFile(const Value& value, const std::string& folder) {
  const std::optional<bencode::Dict> dict = value.dict();
  if (!dict.has_value()) return Damaged("its list of files holds something else");
  std::optional<Value> length, path, path_utf8, symlink;
  FileEntry file;
  for (const bencode::Entry& entry : *dict) {
    if (entry.key == "length") length = entry.value;
    if (entry.key == "path") path = entry.value;
    if (entry.key == "path.utf-8") path_utf8 = entry.value;
    if (entry.key == "symlink path") symlink = entry.value;
    if (entry.key == "attr") {
      file.attr = std::string(entry.value.string().value_or("").substr(0, kAttrSizeMax));
    }
  }
  std::optional<std::vector<std::string>> names = ReadNames(path_utf8);
  if (!names.has_value() || names->empty()) names = ReadNames(path);
  if (!names.has_value() || names->empty()) return Damaged("a file has no usable path");
  file.path.reserve(1 + names->size());
  file.path.push_back(folder);
  for (std::string& name : *names) file.path.push_back(std::move(name));
  if (file.is_symlink()) {  // Takes no space, whatever it says (BEP 47).
    file.symlink = ReadNames(symlink).value_or(std::vector<std::string>());
    return file;
  }
  ASSIGN_OR_RETURN(file.length, ReadLength(length));
  return file;
}

absl::Status ReadV1Files(const InfoKeys& keys, Metainfo* metainfo) {
  const std::optional<bencode::List> list =
      keys.files.has_value() ? keys.files->list() : std::nullopt;
  if (!list.has_value()) {
    FileEntry file;
    file.path = {metainfo->name};
    if (keys.attr.has_value()) {
      file.attr = std::string(keys.attr->string().value_or("").substr(0, kAttrSizeMax));
    }
    if (!keys.length.has_value()) return Damaged("it names no files and has no length");
    ASSIGN_OR_RETURN(file.length, ReadLength(keys.length));
    metainfo->files.push_back(std::move(file));
    metainfo->is_single_file = true;
    return absl::OkStatus();
  }
  size_t file_count = 0;
  for (auto file = list->begin(); file != list->end(); ++file) ++file_count;
  if (file_count > kFilesMax) return Damaged("it has too many files");
  metainfo->files.reserve(file_count);
  size_t path_memory = 0;
  for (const Value& value : *list) {
    ASSIGN_OR_RETURN(FileEntry file, ReadFile(value, metainfo->name));
    path_memory += PathMemory(file.path);
    if (path_memory > kPathMemoryMax) return Damaged("the names of its files are too long");
    metainfo->files.push_back(std::move(file));
  }
  return absl::OkStatus();
}

// Gives each file its place; in v2-only torrents each starts a piece of its own.
absl::Status PlaceFiles(Metainfo* metainfo) {
  uint64_t offset = 0;
  for (FileEntry& file : metainfo->files) {
    if (metainfo->is_v2_only() && file.length > 0) {
      offset =
          (offset + metainfo->piece_length - 1) / metainfo->piece_length * metainfo->piece_length;
    }
    file.offset = offset;
    offset += file.length;
    metainfo->total_size += file.length;
    if (offset > kContentSizeMax) return Damaged("its files are larger than any disk");
  }
  if (metainfo->total_size == 0) return Damaged("there is nothing in it");
  if ((offset - 1) / metainfo->piece_length >= kPiecesMax) return Damaged("it has too many pieces");
  return absl::OkStatus();
}

absl::Status ReadPieceHashes(const InfoKeys& keys, Metainfo* metainfo) {
  const absl::string_view hashes = keys.pieces->string().value_or("");
  const uint64_t expected = uint64_t{metainfo->piece_count()} * Sha1Digest::kSize;
  if (hashes.size() != expected) {
    return Damaged(absl::StrCat("it should have ", metainfo->piece_count(),
                                " piece hashes, but has ", hashes.size() / Sha1Digest::kSize));
  }
  metainfo->piece_hashes = std::string(hashes);
  return absl::OkStatus();
}

// The files of the v2 tree with the torrent's name in front, as v1 has them.
absl::StatusOr<std::vector<FileEntry>> ReadV2Files(const InfoKeys& keys, const Metainfo& metainfo,
                                                   bool* is_single_file) {
  if (!keys.file_tree.has_value()) return Damaged("it is a v2 torrent without a file tree");
  if (!std::has_single_bit(metainfo.piece_length) || metainfo.piece_length < (16u << 10)) {
    return Damaged("its piece length is not one that v2 allows");
  }
  ASSIGN_OR_RETURN(std::vector<FileEntry> files, ReadFileTree(keys.file_tree->raw()));
  // A folder with one file of its own name looks the same as a single file; v1 can tell.
  *is_single_file = files.size() == 1 && files[0].path.size() == 1 &&
                    files[0].path[0] == metainfo.name &&
                    (metainfo.is_v2_only() || metainfo.is_single_file);
  if (*is_single_file) return files;
  if (files.size() * (sizeof(std::string) + metainfo.name.size()) > kPathMemoryMax) {
    return Damaged("it has too many files");
  }
  for (FileEntry& file : files) file.path.insert(file.path.begin(), metainfo.name);
  return files;
}

// In a hybrid torrent both halves must say the same (BEP 52, "Upgrade path"): else two clients
// would fetch different things under one name. Takes over the roots.
absl::Status MergeV2Files(std::vector<FileEntry> tree, Metainfo* metainfo) {
  size_t next = 0;
  const auto skip_empty = [&] {
    while (next < tree.size() && tree[next].length == 0) ++next;
  };
  for (FileEntry& file : metainfo->files) {
    if (file.is_padding() || file.length == 0) continue;
    skip_empty();
    if (next == tree.size() || tree[next].length != file.length || tree[next].path != file.path ||
        file.offset % metainfo->piece_length != 0) {
      return Damaged("its v1 and v2 parts describe different files");
    }
    file.pieces_root = tree[next].pieces_root;
    ++next;
  }
  skip_empty();
  if (next != tree.size()) return Damaged("its v1 and v2 parts describe different files");
  return absl::OkStatus();
}

absl::Status ReadNameAndPieceLength(const InfoKeys& keys, Metainfo* metainfo) {
  absl::string_view name;
  if (keys.name_utf8.has_value()) name = keys.name_utf8->string().value_or("");
  if (name.empty() && keys.name.has_value()) name = keys.name->string().value_or("");
  if (name.empty()) return Damaged("it has no name");
  if (name.size() > kNameSizeMax) return Damaged("its name is too long");
  metainfo->name = std::string(name);
  const std::optional<int64_t> length =
      keys.piece_length.has_value() ? keys.piece_length->integer() : std::nullopt;
  if (!length.has_value()) return Damaged("it has no piece length");
  if (*length <= 0 || *length > int64_t{kPieceLengthMax}) {
    return Damaged(absl::StrCat("its piece length of ", *length, " is not possible"));
  }
  metainfo->piece_length = static_cast<uint32_t>(*length);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Metainfo> ReadInfo(const Value& info) {
  const std::optional<bencode::Dict> dict = info.dict();
  if (!dict.has_value()) return Damaged("its info is not a dictionary");
  const InfoKeys keys(*dict);
  const std::optional<int64_t> version =
      keys.meta_version.has_value() ? keys.meta_version->integer() : std::nullopt;
  const bool has_v1 = keys.pieces.has_value();
  const bool has_v2 = version == 2;
  if (!has_v1 && !has_v2) {
    if (version.has_value()) return Damaged(absl::StrCat("version ", *version, " is not known"));
    return Damaged("it has no piece hashes");
  }

  Metainfo metainfo;
  if (has_v1) metainfo.info_hash_v1 = InfoHash::From(Sha1(info.raw()));
  if (has_v2) metainfo.info_hash_v2 = Sha256(info.raw());
  RETURN_IF_ERROR(ReadNameAndPieceLength(keys, &metainfo));
  metainfo.is_private = keys.is_private.has_value() && keys.is_private->integer() == 1;
  if (has_v1) {
    RETURN_IF_ERROR(ReadV1Files(keys, &metainfo));
    RETURN_IF_ERROR(PlaceFiles(&metainfo));
    RETURN_IF_ERROR(ReadPieceHashes(keys, &metainfo));
  }
  if (has_v2) {
    bool is_single_file = false;
    ASSIGN_OR_RETURN(std::vector<FileEntry> tree, ReadV2Files(keys, metainfo, &is_single_file));
    if (has_v1) {
      RETURN_IF_ERROR(MergeV2Files(std::move(tree), &metainfo));
    } else {
      metainfo.files = std::move(tree);
      metainfo.is_single_file = is_single_file;
      RETURN_IF_ERROR(PlaceFiles(&metainfo));
    }
  }
  metainfo.info = std::string(AsText(info.raw()));
  return metainfo;
}

}  // namespace starling::storage
