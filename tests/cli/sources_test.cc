#include "cli/sources.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/scratch_folder.h"
#include "tests/cli/some_torrent.h"

namespace starling::cli {
namespace {

using ::testing::HasSubstr;

std::unique_ptr<StateFolder> OpenState(const std::string& dir) {
  return *StateFolder::Open(StateFolder::Use::kStore, dir,
                            [](absl::string_view message) { ADD_FAILURE() << message; });
}

TEST(Sources, ATorrentFileIsRead) {
  const ScratchFolder folder;
  WriteText(folder / "x.torrent", SomeTorrentFile());
  const auto source = LoadTransferSource(folder / "x.torrent", nullptr);
  ASSERT_TRUE(source.ok()) << source.status();
  EXPECT_EQ(source->label(), "debian.iso");
  EXPECT_EQ(source->info_hash(), SomeMetainfo().info_hash());
}

TEST(Sources, AMagnetLinkOrHashFindsWhatTheStateFolderRemembers) {
  const ScratchFolder folder;
  const auto state = OpenState(folder / "state");
  const std::string hash = SomeMetainfo().info_hash().hex();
  EXPECT_EQ(LoadSource(hash, state.get())->metainfo, nullptr);
  state->SaveMetainfo(SomeMetainfo());
  for (const std::string& text : {hash, "magnet:?xt=urn:btih:" + hash}) {
    const auto source = LoadTransferSource(text, state.get());
    ASSERT_TRUE(source.ok()) << source.status();
    ASSERT_NE(source->metainfo, nullptr);
    EXPECT_EQ(source->metainfo->name, "debian.iso");
    EXPECT_TRUE(source->magnet.has_value());
  }
}

TEST(Sources, ErrorsSayWhatASourceIs) {
  const ScratchFolder folder;
  WriteText(folder / "bad.torrent", "d4:infoe");
  for (const std::string& text :
       {folder / "nothing.torrent", folder / "bad.torrent", folder.path(),
        std::string("magnet:?dn=x"), std::string("magnet:"), std::string("http://x/y.torrent")}) {
    const auto source = LoadSource(text, nullptr);
    EXPECT_FALSE(source.ok()) << text;
    EXPECT_FALSE(source.status().message().empty());
    EXPECT_EQ(source.status().message().find('\n'), absl::string_view::npos);
  }
  EXPECT_THAT(std::string(LoadSource(folder / "nothing", nullptr).status().message()),
              HasSubstr("a source is a .torrent file"));
}

TEST(Sources, VersionTwoAloneIsShownButNotTransferred) {
  const std::string link = "magnet:?xt=urn:btmh:1220" + std::string(64, 'a');
  EXPECT_TRUE(LoadSource(link, nullptr).ok());
  EXPECT_TRUE(absl::IsUnimplemented(LoadTransferSource(link, nullptr).status()));
}

TEST(Sources, PathsAreNotTakenForSources) {
  EXPECT_TRUE(LooksLikeSource("magnet:?xt=urn:btih:1"));
  EXPECT_TRUE(LooksLikeSource("MAGNET:?x"));
  EXPECT_TRUE(LooksLikeSource("0123456789abcdef0123456789ABCDEF01234567"));
  EXPECT_TRUE(LooksLikeSource("a/b.torrent"));
  EXPECT_FALSE(LooksLikeSource("film.mkv"));
  EXPECT_FALSE(LooksLikeSource("./0123456789abcdef0123456789abcdef01234567"));
}

TEST(Sources, TrackersOfTheLinkAreAddedOnce) {
  storage::Magnet magnet;
  magnet.trackers = {"http://tracker.example/announce", "udp://b.example:1", "udp://b.example:1"};
  const auto metainfo = std::make_shared<const storage::Metainfo>(SomeMetainfo());
  const auto merged = WithTrackersOf(metainfo, magnet);
  ASSERT_EQ(merged->trackers.size(), 2u);
  EXPECT_EQ(merged->trackers[1].front(), "udp://b.example:1");
  EXPECT_EQ(metainfo->trackers.size(), 1u);
}

TEST(Sources, TheShortLinkHasNameAndHashOnly) {
  EXPECT_EQ(ShortMagnet(SomeMetainfo()),
            "magnet:?xt=urn:btih:" + SomeMetainfo().info_hash().hex() + "&dn=debian.iso");
}

}  // namespace
}  // namespace starling::cli
