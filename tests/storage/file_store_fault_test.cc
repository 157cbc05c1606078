// Disks that are full, folders without rights, and stores that must only read.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "tests/storage/file_store_fixture.h"

namespace starling::storage {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr uint32_t kPiece = 32 << 10;

class FileStoreFault : public FileStoreFixture {};

TEST_F(FileStoreFault, ReadOnlyWritesAndMakesNothing) {
  const TestContent content = DrawnContent("a:40000 e:0 b:60000", kPiece);
  folder.Write("t/a", content.FileBytes(0));
  StoreOptions options = In(folder.path());
  options.read_only = true;
  const auto store = Open(content, options);
  EXPECT_EQ(store->Have(), "*   ");
  EXPECT_EQ(*store->Read(0, 0, 100), content.bytes.substr(0, 100));
  EXPECT_EQ(store->Store(2, content.Blocks(2)).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(store->Spill(2, 0, content.Blocks(2)[0]).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(folder.List(), ElementsAre("t/", "t/a"));
}

TEST_F(FileStoreFault, ReadOnlyOfAMissingFolderIsAnError) {
  StoreOptions options = In(folder / "none");
  options.read_only = true;
  const auto store = Open(DrawnContent("a:40000", kPiece), options);
  EXPECT_EQ(store->opened->status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(MessageOf(*store),
            "cannot open folder " + folder / "none" + ": No such file or directory");
  EXPECT_FALSE(folder.Has("none"));
}

TEST_F(FileStoreFault, MakesTheDownloadFolder) {
  const auto store = Open(DrawnContent("a:40000", kPiece), In(folder / "new/folder"));
  EXPECT_TRUE(store->opened->ok());
  EXPECT_TRUE(folder.Has("new/folder"));
}

TEST_F(FileStoreFault, SaysWhyAFolderCannotBeUsed) {
  const TestContent content = DrawnContent("a:40000", kPiece);
  folder.Write("file", "x");
  EXPECT_THAT(MessageOf(*Open(content, In(folder / "file"))), HasSubstr("Not a directory"));
  EXPECT_THAT(MessageOf(*Open(content, In(folder / "file/below"))), HasSubstr("Not a directory"));
}

// Runs as somebody without the rights of root while it lives.
class Unprivileged {
 public:
  Unprivileged() : was_root_(geteuid() == 0) {
    if (was_root_) {
      EXPECT_EQ(seteuid(65534), 0);
    }
  }
  ~Unprivileged() {
    if (was_root_) {
      EXPECT_EQ(seteuid(0), 0);
    }
  }

 private:
  bool was_root_;
};

TEST_F(FileStoreFault, SaysThatAFolderIsNotWritableBeforeAnythingIsFetched) {
  const TestContent content = DrawnContent("a:40000", kPiece);
  fs::permissions(folder.path(), fs::perms(0555));
  {
    const Unprivileged nobody;
    const auto store = Open(content);
    EXPECT_EQ(store->opened->status().code(), absl::StatusCode::kPermissionDenied);
    EXPECT_EQ(MessageOf(*store), "cannot write to " + folder.path() + ": Permission denied");
  }
  fs::permissions(folder.path(), fs::perms(0755));
}

TEST_F(FileStoreFault, AFolderThatIsNotWritableServesWhatIsComplete) {
  const TestContent content = DrawnContent("a:40000", kPiece);
  WriteAll(content);
  fs::permissions(folder.path(), fs::perms(0555));
  {
    const Unprivileged nobody;
    EXPECT_EQ(Open(content)->Have(), "**");
  }
  fs::permissions(folder.path(), fs::perms(0755));
}

TEST_F(FileStoreFault, AnUnreadableFileIsAnErrorAndNotNothing) {
  const TestContent content = DrawnContent("a:40000", kPiece);
  WriteAll(content);
  fs::permissions(folder.path(), fs::perms(0755));
  fs::permissions(folder / "a", fs::perms(0));
  const Unprivileged nobody;
  EXPECT_THAT(MessageOf(*Open(content)), HasSubstr("cannot read " + folder / "a"));
}

TEST_F(FileStoreFault, AFolderThatMayNotBeEnteredIsAnError) {
  fs::permissions(folder.path(), fs::perms(0700));
  StoreOptions options = In(folder.path());
  options.read_only = true;
  if (geteuid() == 0) {
    const Unprivileged nobody;
    EXPECT_THAT(MessageOf(*Open(DrawnContent("a:40000", kPiece), options)),
                HasSubstr("Permission denied"));
  }
}

// Lets no file of this process grow beyond `size` while it lives, as a full disk would.
class FullDisk {
 public:
  explicit FullDisk(rlim_t size) : signal_(std::signal(SIGXFSZ, SIG_IGN)) {
    EXPECT_EQ(getrlimit(RLIMIT_FSIZE, &before_), 0);
    const rlimit limit{size, before_.rlim_max};
    EXPECT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
  }
  ~FullDisk() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, signal_);
  }

 private:
  rlimit before_;
  void (*signal_)(int);
};

TEST_F(FileStoreFault, SaysWhyAWriteFailed) {
  const TestContent content = DrawnContent("a:100000", kPiece);
  const auto store = Open(content);
  {
    const FullDisk full(50000);
    const absl::Status status = store->Store(0, content.Blocks(0));
    EXPECT_EQ(std::string(status.message()),
              "cannot write to " + folder / "a" + ": File too large");
    EXPECT_NE(status.code(), absl::StatusCode::kDataLoss) << "no peer is to blame";
    EXPECT_FALSE(store->Spill(1, 0, content.Blocks(1)[0]).ok());
  }
  EXPECT_TRUE(store->Store(0, content.Blocks(0)).ok()) << "room was made: it goes on";
}

TEST_F(FileStoreFault, AWriteThatEndsHalfwayIsAFailure) {
  const TestContent content = DrawnContent("a:100000", kPiece);
  folder.Write("a", std::string(100000, '?'));
  const auto store = Open(content);
  const FullDisk full(70000);  // within the third piece
  EXPECT_TRUE(store->Store(1, content.Blocks(1)).ok());
  EXPECT_FALSE(store->Store(2, content.Blocks(2)).ok());
}

}  // namespace
}  // namespace starling::storage
