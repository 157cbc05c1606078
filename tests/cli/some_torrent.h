// A small valid torrent for tests.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "base/bencode.h"
#include "storage/metainfo.h"

namespace starling::cli {

// One file of two pieces.
inline std::string SomeTorrentFile(absl::string_view name = "debian.iso") {
  std::string torrent;
  bencode::Writer writer(&torrent);
  writer.BeginDict().Key("announce").String("http://tracker.example/announce");
  writer.Key("info").BeginDict();
  writer.Key("length").Integer(20'000).Key("name").String(name);
  writer.Key("piece length").Integer(16'384).Key("pieces").String(std::string(40, 'h'));
  writer.End().End();
  return torrent;
}

inline storage::Metainfo SomeMetainfo(absl::string_view name = "debian.iso") {
  absl::StatusOr<storage::Metainfo> metainfo =
      storage::ParseMetainfo(AsBytes(SomeTorrentFile(name)));
  EXPECT_TRUE(metainfo.ok()) << metainfo.status();
  return metainfo.ok() ? *std::move(metainfo) : storage::Metainfo();
}

}  // namespace starling::cli
