#include "cli/files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/cli/scratch_folder.h"

namespace starling::cli {
namespace {

using ::testing::HasSubstr;

TEST(Files, AWrittenFileReadsBack) {
  const ScratchFolder folder;
  const std::string bytes("a\0b\xFF", 4);
  ASSERT_TRUE(WriteFileAtomically(folder / "x", bytes).ok());
  ASSERT_TRUE(WriteFileAtomically(folder / "x", bytes + "more").ok());
  const auto read = ReadFile(folder / "x", 100);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, bytes + "more");
}

TEST(Files, NoTemporaryFileStaysBehind) {
  const ScratchFolder folder;
  ASSERT_TRUE(WriteFileAtomically(folder / "x", "1").ok());
  EXPECT_FALSE(WriteFileAtomically(folder / "missing/x", "1").ok());
  std::filesystem::create_directory(folder / "d");
  EXPECT_FALSE(WriteFileAtomically(folder / "d", "1").ok());
  const auto begin = std::filesystem::directory_iterator(folder.path());
  EXPECT_EQ(std::distance(begin, {}), 2);
}

TEST(Files, AskingWhetherAFileCanBeWrittenChangesNothing) {
  const ScratchFolder folder;
  const std::string path = folder / "file";
  EXPECT_TRUE(CheckWritableFile(path).ok());
  EXPECT_FALSE(PathExists(path));
  ASSERT_TRUE(WriteFileAtomically(path, "kept").ok());
  EXPECT_TRUE(CheckWritableFile(path).ok());
  EXPECT_EQ(*ReadFile(path, 100), "kept");
  EXPECT_FALSE(CheckWritableFile(folder / "none/file").ok());
  EXPECT_FALSE(CheckWritableFile("/dev/full").ok());
}

TEST(Files, OfALinkTheFileIsReplacedAndNotTheLink) {
  const ScratchFolder folder;
  WriteText(folder / "file", "old");
  std::filesystem::create_symlink("file", folder / "link");
  EXPECT_TRUE(CheckWritableFile(folder / "link").ok());
  ASSERT_TRUE(WriteFileAtomically(folder / "link", "new").ok());
  EXPECT_TRUE(std::filesystem::is_symlink(folder / "link"));
  EXPECT_EQ(ReadText(folder / "file"), "new");
}

TEST(Files, NothingButAFileIsReplaced) {
  const ScratchFolder folder;
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  std::filesystem::create_symlink("pipe", folder / "link");
  std::filesystem::create_symlink("nothing", folder / "dangling");
  std::filesystem::create_symlink("round", folder / "round");
  for (const char* name : {"pipe", "link", "dangling", "round"}) {
    const std::string path = folder / name;
    EXPECT_TRUE(absl::IsInvalidArgument(CheckWritableFile(path))) << path;
    EXPECT_TRUE(absl::IsInvalidArgument(WriteFileAtomically(path, "x"))) << path;
  }
  EXPECT_TRUE(std::filesystem::is_fifo(folder / "pipe"));
}

TEST(Files, ReadingIsBounded) {
  const ScratchFolder folder;
  WriteText(folder / "x", std::string(101, 'x'));
  EXPECT_TRUE(ReadFile(folder / "x", 101).ok());
  EXPECT_TRUE(absl::IsResourceExhausted(ReadFile(folder / "x", 100).status()));
  EXPECT_FALSE(ReadFile("/dev/zero", 100).ok());
}

TEST(Files, ErrorsNameThePathAndTheReason) {
  const ScratchFolder folder;
  const absl::Status missing = ReadFile(folder / "nothing", 1).status();
  EXPECT_TRUE(absl::IsNotFound(missing));
  EXPECT_THAT(std::string(missing.message()), HasSubstr("nothing: No such file"));
  EXPECT_THAT(std::string(ReadFile(folder.path(), 1).status().message()),
              HasSubstr("Is a directory"));
  WriteText(folder / "file", "");
  EXPECT_THAT(std::string(MakeWritableFolder(folder / "file").message()),
              HasSubstr("Not a directory"));
  EXPECT_THAT(std::string(MakeWritableFolder(folder / "file/below").message()),
              HasSubstr("Not a directory"));
}

TEST(Files, ANamedPipeDoesNotHangTheReader) {
  const ScratchFolder folder;
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  EXPECT_TRUE(absl::IsInvalidArgument(ReadFile(folder / "pipe", 1).status()));
}

TEST(Files, AFolderIsMadeWithItsParents) {
  const ScratchFolder folder;
  EXPECT_TRUE(MakeWritableFolder(folder / "a/b/c").ok());
  EXPECT_TRUE(IsFolder(folder / "a/b/c"));
  EXPECT_TRUE(MakeWritableFolder(folder / "a/b/c").ok());
}

TEST(Files, PathsAreTakenApart) {
  EXPECT_EQ(AbsolutePath("/data/films/../music/"), "/data/music");
  EXPECT_EQ(AbsolutePath("/"), "/");
  EXPECT_EQ(ParentFolder("/data/music"), "/data");
  EXPECT_EQ(LastName("/data/music/"), "music");
  EXPECT_EQ(LastName("/music"), "music");
  EXPECT_EQ(AbsolutePath("x"), std::filesystem::current_path().string() + "/x");
}

}  // namespace
}  // namespace starling::cli
