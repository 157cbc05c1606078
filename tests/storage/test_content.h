// Content for tests, drawn as text: "a.txt:100 sub/b:70000 pad:384p" is a folder "t" of two files
// and some padding; "x:5000" alone, without a folder, is a single file.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/bencode.h"
#include "base/buffer.h"
#include "base/check.h"
#include "base/digest.h"
#include "base/random.h"
#include "storage/layout.h"
#include "storage/metainfo.h"
#include "storage/metainfo_encode.h"
#include "storage/piece_store.h"

namespace starling::storage {

struct TestContent {
  std::shared_ptr<const Metainfo> metainfo;
  std::string bytes;  // all of the content

  std::string FileBytes(size_t file) const {
    return bytes.substr(metainfo->files[file].offset, metainfo->files[file].length);
  }
  std::string PieceBytes(uint32_t piece) const {
    return bytes.substr(PieceOffset(*metainfo, PieceIndex(piece)),
                        metainfo->PieceSize(PieceIndex(piece)));
  }
  // The blocks of a piece as they come from the wire, every other one in two slices.
  std::vector<Payload> Blocks(uint32_t piece) const {
    const std::string text = PieceBytes(piece);
    std::vector<Payload> blocks;
    for (size_t at = 0; at < text.size(); at += kBlockSize) {
      const Slice block = Buffer::CopyFrom(AsBytes(absl::string_view(text).substr(at, kBlockSize)));
      if (blocks.size() % 2 == 0 && block.size() > 1) {
        const size_t half = block.size() / 2;
        blocks.push_back({block.Sub(0, half), Buffer::CopyFrom(block.From(half).view())});
      } else {
        blocks.push_back({block});
      }
    }
    return blocks;
  }
};

// The layout alone, without hashes.
inline Metainfo DrawnMetainfo(absl::string_view drawing, uint32_t piece_length) {
  Metainfo metainfo;
  metainfo.piece_length = piece_length;
  metainfo.info_hash_v1 = InfoHash();
  const std::vector<absl::string_view> words = absl::StrSplit(drawing, ' ', absl::SkipEmpty());
  metainfo.is_single_file = words.size() == 1 && words[0].find('/') == absl::string_view::npos;
  metainfo.name = "t";
  for (absl::string_view word : words) {
    const size_t colon = word.rfind(':');
    FileEntry file;
    if (!metainfo.is_single_file) file.path.push_back("t");
    for (const absl::string_view name : absl::StrSplit(word.substr(0, colon), '/')) {
      file.path.emplace_back(name);
    }
    if (metainfo.is_single_file) metainfo.name = file.path[0];
    absl::string_view digits = word.substr(colon + 1);
    while (!digits.empty() && digits.back() >= 'a') {
      file.attr += digits.back();
      digits.remove_suffix(1);
    }
    CHECK(absl::SimpleAtoi(digits, &file.length));
    file.offset = metainfo.total_size;
    metainfo.total_size += file.length;
    metainfo.files.push_back(std::move(file));
  }
  return metainfo;
}

inline TestContent DrawnContent(absl::string_view drawing, uint32_t piece_length,
                                uint64_t seed = 1) {
  TestContent content;
  Metainfo metainfo = DrawnMetainfo(drawing, piece_length);
  SeededRandom random(seed);
  content.bytes.resize(metainfo.total_size);
  random.Fill(ByteSpan(reinterpret_cast<std::byte*>(content.bytes.data()), content.bytes.size()));
  for (const FileEntry& file : metainfo.files) {
    if (file.is_padding()) {
      std::fill_n(content.bytes.begin() + static_cast<ptrdiff_t>(file.offset), file.length, '\0');
    }
  }
  for (uint64_t at = 0; at < content.bytes.size(); at += piece_length) {
    const Sha1Digest hash =
        Sha1(AsBytes(absl::string_view(content.bytes).substr(at, piece_length)));
    metainfo.piece_hashes += std::string(AsText(hash.view()));
  }
  absl::StatusOr<Metainfo> parsed = ParseInfo(AsBytes(EncodeInfo(metainfo)));
  CHECK(parsed.ok());
  content.metainfo = std::make_shared<const Metainfo>(*std::move(parsed));
  return content;
}

}  // namespace starling::storage
