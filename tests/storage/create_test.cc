#include "storage/create.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "storage/metainfo_encode.h"
#include "tests/storage/test_disk.h"

namespace starling::storage {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

bool Quiet(uint64_t, uint64_t) { return true; }

absl::StatusOr<Created> Create(const std::string& path, const CreateOptions& options = {}) {
  return CreateTorrent(path, options, Quiet);
}
std::string ErrorOf(const absl::StatusOr<Created>& created) {
  return created.ok() ? "none" : std::string(created.status().message());
}

// Writes the content below `folder` and gives back its info-hash.
InfoHash Write(const TempFolder& folder, const TestContent& content) {
  for (size_t i = 0; i < content.metainfo->files.size(); ++i) {
    folder.Write(content.metainfo->files[i].JoinedPath(), content.FileBytes(i));
  }
  return content.metainfo->info_hash();
}

TEST(Create, HashesAFile) {
  TempFolder folder;
  const InfoHash expected = Write(folder, DrawnContent("one:100000", 16 << 10));
  const auto created = Create(folder / "one");
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_EQ(created->metainfo.info_hash(), expected);
  EXPECT_EQ(created->dir, fs::canonical(folder.path()).string());
}

TEST(Create, TheSameFolderGivesTheSameHashWithAnyNumberOfThreads) {
  TempFolder folder;
  const InfoHash expected =
      Write(folder, DrawnContent("B:30000 a/empty:0 a/x:20000 a-b:5 c/d/e:5000000", 16 << 10));
  for (const int threads : {0, 1, 3}) {
    CreateOptions options;
    options.threads = threads;
    const auto created = Create(folder / "t/", options);
    ASSERT_TRUE(created.ok()) << created.status();
    EXPECT_EQ(created->metainfo.name, "t");
    EXPECT_EQ(created->metainfo.info_hash(), expected);
  }
}

TEST(Create, WritesAllThatWasAskedFor) {
  TempFolder folder;
  Write(folder, DrawnContent("one:100000", 16 << 10));
  CreateOptions options;
  options.piece_length = 1 << 16;
  options.trackers = {{"http://a/announce"}, {"udp://b:1"}};
  options.web_seeds = {"http://w/"};
  options.is_private = true;
  options.comment = "hello";
  options.created_by = "test";
  options.creation_date = 1700000000;
  const auto created = Create(folder / "one", options);
  ASSERT_TRUE(created.ok()) << created.status();
  const auto read = ParseMetainfo(AsBytes(EncodeMetainfo(created->metainfo)));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->piece_length, 1u << 16);
  EXPECT_EQ(read->piece_count(), 2u);
  EXPECT_THAT(read->trackers,
              ElementsAre(ElementsAre("http://a/announce"), ElementsAre("udp://b:1")));
  EXPECT_THAT(read->web_seeds, ElementsAre("http://w/"));
  EXPECT_TRUE(read->is_private);
  EXPECT_EQ(read->comment, "hello");
  EXPECT_EQ(read->created_by, "test");
  EXPECT_EQ(read->creation_date, 1700000000);
}

TEST(Create, WhatItMadeIsFoundCompleteByAStore) {
  TempFolder folder;
  Write(folder, DrawnContent("CON:30000 x.:20000 X.:5", 16 << 10));
  const auto created = Create(folder / "t");
  ASSERT_TRUE(created.ok()) << created.status();
  TestWorkers workers;
  FileStorage storage(workers.pool);
  StoreOptions options;
  options.dir = created->dir;
  options.read_only = true;
  TestStore store(workers, storage, std::make_shared<const Metainfo>(created->metainfo), options);
  EXPECT_EQ(store.Have(), "****");
}

TEST(Create, PicksASensiblePieceLength) {
  EXPECT_EQ(SuggestedPieceLength(1), 16u << 10);
  EXPECT_EQ(SuggestedPieceLength(30'000'000), 16u << 10);
  EXPECT_EQ(SuggestedPieceLength(uint64_t{700} << 20), 512u << 10);
  EXPECT_EQ(SuggestedPieceLength(uint64_t{2} << 30), 2u << 20);
  EXPECT_EQ(SuggestedPieceLength(uint64_t{1} << 42), 16u << 20);
  for (uint64_t size = 32 << 20; size < uint64_t{30} << 30; size += size / 3) {
    EXPECT_GE(size / SuggestedPieceLength(size), 999u);
    EXPECT_LE(size / SuggestedPieceLength(size), 2000u);
  }
}

TEST(Create, TellsItsProgressAndCanBeStopped) {
  TempFolder folder;
  Write(folder, DrawnContent("one:30000000", 16 << 10));
  uint64_t last = 0;
  const auto created = CreateTorrent(folder / "one", {}, [&](uint64_t done, uint64_t total) {
    EXPECT_EQ(total, 30000000u);
    EXPECT_GE(done, last);
    last = done;
    return true;
  });
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_EQ(last, 30000000u);
  const auto stopped = CreateTorrent(folder / "one", {}, [](uint64_t, uint64_t) { return false; });
  EXPECT_EQ(stopped.status().code(), absl::StatusCode::kCancelled);
}

TEST(Create, RefusesWhatIsNoContent) {
  TempFolder folder;
  EXPECT_THAT(ErrorOf(Create(folder / "none")), HasSubstr("No such file"));
  fs::create_directories(folder / "empty/folder");
  EXPECT_THAT(ErrorOf(Create(folder / "empty")), HasSubstr("nothing in it"));
  folder.Write("zero", "");
  EXPECT_THAT(ErrorOf(Create(folder / "zero")), HasSubstr("nothing in it"));
  EXPECT_THAT(ErrorOf(Create("/")), HasSubstr("no name"));
  EXPECT_THAT(ErrorOf(Create("/dev/null")), HasSubstr("neither file nor folder"));
}

TEST(Create, RefusesLinksAndSpecialFilesInsideAFolder) {
  TempFolder folder;
  folder.Write("t/a", "content");
  fs::create_symlink("a", folder / "t/link");
  EXPECT_THAT(ErrorOf(Create(folder / "t")), HasSubstr("t/link: it is a symbolic link"));
  fs::remove(folder / "t/link");
  ASSERT_EQ(mkfifo((folder / "t/pipe").c_str(), 0600), 0);
  EXPECT_THAT(ErrorOf(Create(folder / "t")), HasSubstr("no regular file"));
}

TEST(Create, FollowsALinkThatTheUserNames) {
  TempFolder folder;
  folder.Write("real/a", "content");
  fs::create_directory_symlink(folder / "real", folder / "link");
  const auto created = Create(folder / "link");
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_EQ(created->metainfo.name, "real");
}

TEST(Create, RefusesOddPieceLengths) {
  TempFolder folder;
  folder.Write("a", "content");
  for (const uint32_t length : {1u, 8192u, 20000u, 1u << 29}) {
    CreateOptions options;
    options.piece_length = length;
    EXPECT_THAT(ErrorOf(Create(folder / "a", options)), HasSubstr("power of two")) << length;
  }
}

}  // namespace
}  // namespace starling::storage
