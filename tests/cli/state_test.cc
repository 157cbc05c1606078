#include "cli/state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/digest.h"
#include "cli/sources.h"
#include "tests/cli/scratch_folder.h"
#include "tests/cli/some_torrent.h"

namespace starling::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::vector<HostPort> kNetwork = {{"127.0.0.1", 7000}};

// A state folder in use by a process, and what it said.
struct Process {
  std::vector<std::string> warnings;
  std::unique_ptr<StateFolder> state;

  explicit Process(const std::string& dir, StateFolder::Use use = StateFolder::Use::kNode) {
    auto opened = StateFolder::Open(
        use, dir, [this](absl::string_view message) { warnings.emplace_back(message); });
    EXPECT_TRUE(opened.ok()) << opened.status();
    if (opened.ok()) state = *std::move(opened);
  }
};

SavedDht SomeNode() {
  return {NodeId::From(InfoHash::FromBytes(AsBytes("aaaaaaaaaaaaaaaaaaaa"))), "table"};
}

TEST(State, ANodeIsRememberedForItsNetworkOnly) {
  const ScratchFolder folder;
  Process first(folder / "state");
  first.state->SaveDht(kNetwork, SomeNode());
  EXPECT_EQ(first.state->LoadDht(kNetwork).id, SomeNode().id);
  EXPECT_EQ(first.state->LoadDht(kNetwork).table, "table");
  EXPECT_TRUE(first.state->LoadDht({}).table.empty());
  EXPECT_TRUE(first.state->LoadDht({{"127.0.0.1", 7001}}).table.empty());
  EXPECT_THAT(first.warnings, IsEmpty());
}

TEST(State, TheOrderOfBootstrapNodesDoesNotMatter) {
  EXPECT_EQ(DhtFileName({{"a", 1}, {"B", 2}}), DhtFileName({{"b", 2}, {"a", 1}, {"a", 1}}));
  EXPECT_NE(DhtFileName({{"a", 1}}), DhtFileName({{"a", 2}}));
  EXPECT_NE(DhtFileName({}), DhtFileName({{"a", 1}}));
}

TEST(State, ASecondProcessReadsTheTableTakesAnotherIdAndWritesNone) {
  const ScratchFolder folder;
  Process first(folder / "state");
  EXPECT_TRUE(first.state->is_first_process());
  first.state->SaveDht(kNetwork, SomeNode());

  Process second(folder / "state");
  EXPECT_FALSE(second.state->is_first_process());
  const SavedDht loaded = second.state->LoadDht(kNetwork);
  EXPECT_EQ(loaded.table, "table");
  EXPECT_TRUE(loaded.id.is_zero());
  second.state->SaveDht(kNetwork, {NodeId{}, "other"});
  EXPECT_EQ(first.state->LoadDht(kNetwork).table, "table");
}

TEST(State, TheLockEndsWithItsProcess) {
  const ScratchFolder folder;
  { Process first(folder / "state"); }
  EXPECT_TRUE(Process(folder / "state").state->is_first_process());
}

TEST(State, KeepingTorrentsTakesNoLock) {
  const ScratchFolder folder;
  Process maker(folder / "state", StateFolder::Use::kStore);
  EXPECT_TRUE(Process(folder / "state").state->is_first_process());
}

TEST(State, AMetainfoIsRememberedByItsHash) {
  const ScratchFolder folder;
  const storage::Metainfo metainfo = SomeMetainfo();
  Process first(folder / "state");
  EXPECT_EQ(first.state->LoadMetainfo(metainfo.info_hash()), nullptr);
  first.state->SaveMetainfo(metainfo);
  Process second(folder / "state");
  const auto loaded = second.state->LoadMetainfo(metainfo.info_hash());
  ASSERT_NE(loaded, nullptr);
  EXPECT_EQ(loaded->name, metainfo.name);
  EXPECT_EQ(loaded->info, metainfo.info);
}

TEST(State, ALookMakesNoFolder) {
  const ScratchFolder folder;
  Process reader(folder / "state", StateFolder::Use::kRead);
  EXPECT_EQ(reader.state->LoadMetainfo(SomeMetainfo().info_hash()), nullptr);
  EXPECT_FALSE(std::filesystem::exists(folder / "state"));
  EXPECT_THAT(reader.warnings, IsEmpty());
}

TEST(State, ADamagedTableIsMovedAsideWithAWord) {
  const ScratchFolder folder;
  Process first(folder / "state");
  first.state->SaveDht(kNetwork, SomeNode());
  const std::string path = folder / "state/" + DhtFileName(kNetwork);
  const std::string whole = ReadText(path);
  for (size_t size = 0; size < whole.size(); ++size) {
    WriteText(path, whole.substr(0, size));
    first.warnings.clear();
    EXPECT_TRUE(first.state->LoadDht(kNetwork).id.is_zero());
    EXPECT_THAT(first.warnings, ElementsAre(HasSubstr("moved to ")));
    EXPECT_FALSE(std::filesystem::exists(path));
    EXPECT_EQ(ReadText(path + ".damaged"), whole.substr(0, size));
  }
  // A fresh start works.
  first.state->SaveDht(kNetwork, SomeNode());
  EXPECT_EQ(first.state->LoadDht(kNetwork).id, SomeNode().id);
}

TEST(State, ADamagedMetainfoIsMovedAsideWithAWord) {
  const ScratchFolder folder;
  Process first(folder / "state");
  const storage::Metainfo metainfo = SomeMetainfo();
  first.state->SaveMetainfo(metainfo);
  const std::string path = folder / "state/metainfo/" + metainfo.info_hash().hex() + ".torrent";
  // Whole, but another torrent.
  storage::Metainfo other = SomeMetainfo("other");
  WriteText(path, storage::EncodeMetainfo(other));
  EXPECT_EQ(first.state->LoadMetainfo(metainfo.info_hash()), nullptr);
  EXPECT_THAT(first.warnings, ElementsAre(HasSubstr("moved to ")));
  WriteText(path, "d4:infod");
  EXPECT_EQ(first.state->LoadMetainfo(metainfo.info_hash()), nullptr);
  EXPECT_EQ(first.warnings.size(), 2u);
}

TEST(State, AHugeFileIsNotRead) {
  const ScratchFolder folder;
  Process first(folder / "state");
  const std::string path = folder / "state/" + DhtFileName(kNetwork);
  WriteText(path, "");
  std::filesystem::resize_file(path, uint64_t{1} << 40);
  EXPECT_TRUE(first.state->LoadDht(kNetwork).table.empty());
  EXPECT_THAT(first.warnings, ElementsAre(HasSubstr("larger than")));
}

TEST(State, AFolderThatWasNamedAndCannotBeUsedIsAnError) {
  const ScratchFolder folder;
  WriteText(folder / "file", "");
  const auto opened =
      StateFolder::Open(StateFolder::Use::kNode, folder / "file", [](absl::string_view) {});
  EXPECT_FALSE(opened.ok());
  EXPECT_THAT(std::string(opened.status().message()), HasSubstr("--state"));
}

TEST(State, TheDefaultFolderFollowsXdg) {
  const ScratchFolder folder;
  ::setenv("XDG_STATE_HOME", folder.path().c_str(), 1);
  EXPECT_EQ(DefaultStateDir(), folder / "starling");
  ::setenv("XDG_STATE_HOME", "relative", 1);
  ::setenv("HOME", "/home/somebody", 1);
  EXPECT_EQ(DefaultStateDir(), "/home/somebody/.local/state/starling");
  ::unsetenv("XDG_STATE_HOME");
  EXPECT_EQ(DefaultStateDir(), "/home/somebody/.local/state/starling");
}

}  // namespace
}  // namespace starling::cli
