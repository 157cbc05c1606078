#include "storage/open_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "tests/storage/test_disk.h"

namespace starling::storage {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

size_t DescriptorsOfThisProcess() {
  return static_cast<size_t>(
      std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator()));
}

class OpenFilesTest : public testing::Test {
 protected:
  auto Open(OpenFiles& files, uint32_t file, const std::string& path, Access access) {
    return files.Open(FileKey{1, file}, FileLocation{folder.path(), path, 10, false}, access);
  }

  TempFolder folder;
};

TEST_F(OpenFilesTest, KeepsTheMostRecentOnes) {
  const size_t before = DescriptorsOfThisProcess();
  OpenFiles files(3);
  for (uint32_t i = 0; i < 50; ++i) {
    ASSERT_TRUE(Open(files, i, absl::StrCat("d/", i), Access::kWrite).ok());
  }
  EXPECT_EQ(files.open_count(), 3u);
  EXPECT_EQ(DescriptorsOfThisProcess(), before + 3);
  const auto again = Open(files, 49, "d/49", Access::kRead);
  EXPECT_EQ(*again, *Open(files, 49, "d/49", Access::kRead)) << "the same one";
  files.Forget(2);
  EXPECT_EQ(files.open_count(), 3u);
  files.Forget(1);
  EXPECT_EQ(files.open_count(), 0u);
  std::byte byte[1];
  EXPECT_TRUE((*again)->ReadAt(0, byte).ok()) << "whoever holds it may go on";
}

TEST_F(OpenFilesTest, GivesUpItsOwnDescriptorsWhenTheProcessHasNoMore) {
  OpenFiles files(100);
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit tight{DescriptorsOfThisProcess() + 10, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &tight), 0);
  int opened = 0;
  for (uint32_t i = 0; i < 40; ++i) {
    opened += Open(files, i, absl::StrCat("f", i), Access::kWrite).ok() ? 1 : 0;
  }
  setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_EQ(opened, 40);
}

TEST_F(OpenFilesTest, ReadingMakesNothing) {
  OpenFiles files;
  const auto file = Open(files, 0, "d/none", Access::kRead);
  EXPECT_EQ(file.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(folder.List(), testing::IsEmpty());
}

TEST_F(OpenFilesTest, AFileInTheWayOfAFolderIsNamed) {
  folder.Write("a", "x");
  OpenFiles files;
  const auto file = Open(files, 0, "a/b", Access::kWrite);
  EXPECT_EQ(std::string(file.status().message()),
            absl::StrCat("cannot write to ", folder.path(),
                         "/a/b: a symbolic link or a file stands in its way"));
}

TEST_F(OpenFilesTest, WritesManyPartsAtOnce) {
  OpenFiles files;
  std::string text;
  for (int i = 0; i < 5000; ++i) absl::StrAppend(&text, i, " ");
  std::vector<ByteView> parts;  // more than one system call takes, some of them empty
  for (size_t at = 0; at < text.size(); at += 7) {
    parts.push_back(AsBytes(absl::string_view(text).substr(at, 7)));
    if (at % 5 == 0) parts.emplace_back();
  }
  const auto file = Open(files, 0, "f", Access::kWrite);
  ASSERT_TRUE(file.ok());
  ASSERT_TRUE((*file)->WriteAt(3, parts).ok());
  EXPECT_EQ(folder.Read("f").substr(3), text);
}

TEST_F(OpenFilesTest, ReadsWithoutWaitingWhatIsInMemory) {
  OpenFiles files;
  EXPECT_EQ(files.Find(FileKey{1, 0}, Access::kRead), nullptr) << "not open: that would wait";
  const auto file = *Open(files, 0, "a", Access::kWrite);
  EXPECT_EQ(files.Find(FileKey{1, 0}, Access::kRead), file);
  const ByteView part = AsBytes("0123456789");
  ASSERT_TRUE(file->WriteAt(0, {&part, 1}).ok());
  std::array<std::byte, 4> bytes;
  // Some file systems never tell; where they do, what was just written is there and right.
  if (file->ReadCachedAt(3, bytes)) {
    EXPECT_EQ(AsText(bytes), "3456");
  }
  EXPECT_FALSE(file->ReadCachedAt(8, bytes)) << "the file ends before";
}

TEST_F(OpenFilesTest, KnowsHoles) {
  OpenFiles files;
  const auto file =
      files.Open(FileKey{1, 0}, FileLocation{folder.path(), "f", 1 << 20, false}, Access::kWrite);
  ASSERT_TRUE(file.ok());
  const ByteView part = AsBytes("data");
  ASSERT_TRUE((*file)->WriteAt(512 << 10, {&part, 1}).ok());
  EXPECT_TRUE((*file)->IsHole(0, 256 << 10));
  EXPECT_FALSE((*file)->IsHole(0, (512 << 10) + 1));
  EXPECT_FALSE((*file)->IsHole(512 << 10, 4));
  EXPECT_TRUE((*file)->IsHole(768 << 10, 256 << 10));
  EXPECT_FALSE((*file)->IsHole(768 << 10, (256 << 10) + 1)) << "it ends before";
}

TEST_F(OpenFilesTest, ProbesWithoutFollowingLinks) {
  TempFolder outside;
  outside.Write("x", "12345");
  folder.Write("d/x", "123");
  fs::create_directory_symlink(outside.path(), folder / "link");
  fs::create_symlink(outside / "x", folder / "d/y");
  FileProbe probe(folder.path());
  EXPECT_EQ(probe.SizeOf("d/x"), 3u);
  EXPECT_EQ(probe.SizeOf("d/y"), std::nullopt);
  EXPECT_EQ(probe.SizeOf("d/none"), std::nullopt);
  EXPECT_EQ(probe.SizeOf("d"), std::nullopt) << "a folder";
  EXPECT_EQ(probe.SizeOf("link/x"), std::nullopt);
  EXPECT_EQ(probe.SizeOf("none/x"), std::nullopt);
}

TEST(DiskError, IsNeverDataLoss) {
  for (int error = 1; error < 134; ++error) {
    const absl::Status status = DiskError("cannot read", "x", error);
    EXPECT_FALSE(status.ok());
    EXPECT_NE(status.code(), absl::StatusCode::kDataLoss);
  }
}

}  // namespace
}  // namespace starling::storage
