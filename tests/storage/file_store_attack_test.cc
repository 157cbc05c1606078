// What lies in the download folder may be hostile, too: links, pipes, shared files.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "tests/storage/file_store_fixture.h"

namespace starling::storage {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr uint32_t kPiece = 32 << 10;

class FileStoreAttack : public FileStoreFixture {};

TEST_F(FileStoreAttack, FollowsNoLinkToAFile) {
  const TestContent content = DrawnContent("a:100000", kPiece);
  TempFolder outside;
  outside.Write("victim", content.FileBytes(0));
  fs::create_symlink(outside / "victim", folder / "a");
  const auto store = Open(content);
  EXPECT_EQ(store->Have(), "    ") << "not even for reading";
  const absl::Status status = store->Store(0, content.Blocks(0));
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("symbolic link"));
  EXPECT_TRUE(outside.Read("victim") == content.FileBytes(0));
}

TEST_F(FileStoreAttack, FollowsNoLinkToAFolder) {
  const TestContent content = DrawnContent("d/a:100000 d/e:0", kPiece);
  TempFolder outside;
  fs::create_directories(folder / "t");
  fs::create_directory_symlink(outside.path(), folder / "t/d");
  const auto store = Open(content);
  EXPECT_THAT(MessageOf(*store), HasSubstr("symbolic link")) << "the empty file cannot be made";
  EXPECT_FALSE(store->Store(0, content.Blocks(0)).ok());
  EXPECT_THAT(outside.List(), IsEmpty());
}

TEST_F(FileStoreAttack, FollowsADownloadFolderThatIsALink) {
  const TestContent content = DrawnContent("a:100000", kPiece);
  TempFolder elsewhere;
  fs::create_directory_symlink(elsewhere.path(), folder / "link");
  const auto store = Open(content, In(folder / "link"));
  EXPECT_TRUE(store->Store(0, content.Blocks(0)).ok());
  EXPECT_TRUE(elsewhere.Has("a"));
}

TEST_F(FileStoreAttack, OpensNoPipeOrDevice) {
  const TestContent content = DrawnContent("a:100000", kPiece);
  ASSERT_EQ(mkfifo((folder / "a").c_str(), 0600), 0);
  const auto store = Open(content);
  EXPECT_EQ(store->Have(), "    ");
  EXPECT_FALSE(store->Store(0, content.Blocks(0)).ok());
}

TEST_F(FileStoreAttack, NothingShowsUpUnderOtherNamesOfAFile) {
  const TestContent content = DrawnContent("a:100000", kPiece);
  const std::string other = content.FileBytes(0).substr(0, 60000) + std::string(40000, '?');
  folder.Write("other", other);
  fs::create_hard_link(folder / "other", folder / "a");
  const auto store = Open(content);
  EXPECT_EQ(store->Have(), "*   ");
  ASSERT_TRUE(store->Spill(2, 0, content.Blocks(2)[0]).ok());
  EXPECT_TRUE(folder.Read("other") == other);
  for (uint32_t i = 1; i < 4; ++i) ASSERT_TRUE(store->Store(i, content.Blocks(i)).ok());
  ExpectAllThere(content);
  EXPECT_TRUE(folder.Read("other") == other);
  EXPECT_EQ(*store->Read(0, 0, kBlockSize), content.PieceBytes(0).substr(0, kBlockSize));
  EXPECT_THAT(folder.List(), ElementsAre("a", "other")) << "no copy is left behind";
}

TEST_F(FileStoreAttack, APrivateCopyKeepsHolesAndIsCutToLength) {
  const TestContent content = DrawnContent("a:4000000", kPiece);
  folder.Write("other", content.FileBytes(0).substr(0, 100000));
  fs::resize_file(folder / "other", 5000000);
  fs::create_hard_link(folder / "other", folder / "a");
  const auto store = Open(content);
  ASSERT_TRUE(store->Store(50, content.Blocks(50)).ok());
  EXPECT_EQ(fs::file_size(folder / "a"), 4000000u);
  EXPECT_EQ(fs::file_size(folder / "other"), 5000000u);
  struct stat status;
  ASSERT_EQ(stat((folder / "a").c_str(), &status), 0);
  EXPECT_LT(status.st_blocks * 512, 400000);
}

}  // namespace
}  // namespace starling::storage
