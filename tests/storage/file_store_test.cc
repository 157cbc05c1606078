#include "storage/file_store.h"

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

class FileStore : public FileStoreFixture {};

TEST_F(FileStore, AFreshDownloadHasNothingAndMakesNoFiles) {
  const TestContent content = DrawnContent("a:50000 d/b:100000", kPiece);
  const auto store = Open(content);
  EXPECT_EQ(store->Have(), "     ");
  EXPECT_EQ(store->checked, 0u);
  EXPECT_THAT(folder.List(), IsEmpty());
}

TEST_F(FileStore, WritesPiecesAcrossFilesAndReadsThemBack) {
  const TestContent content = DrawnContent("a:50000 d/b:100000 c:1 e:0 z:70000", kPiece);
  const auto store = Open(content);
  StoreAll(content, *store);
  ExpectAllThere(content);
  EXPECT_EQ(*store->Read(1, 16384, 16384), content.PieceBytes(1).substr(16384));
  EXPECT_EQ(*store->Read(1, 17000, 10), content.PieceBytes(1).substr(17000, 10));
  EXPECT_EQ(*store->Read(0, 0, kPiece), content.PieceBytes(0)) << "larger than a pooled buffer";
}

TEST_F(FileStore, MakesEmptyFilesAtOnce) {
  const TestContent content = DrawnContent("a:100 d/empty:0", kPiece);
  const auto store = Open(content);
  EXPECT_THAT(folder.List(), ElementsAre("t/", "t/d/", "t/d/empty"));
}

TEST_F(FileStore, MakesExecutablesExecutable) {
  const TestContent content = DrawnContent("run:100x data:100", kPiece);
  const auto store = Open(content);
  StoreAll(content, *store);
  struct stat status;
  ASSERT_EQ(stat((folder / "t/run").c_str(), &status), 0);
  EXPECT_NE(status.st_mode & S_IXUSR, 0u);
  ASSERT_EQ(stat((folder / "t/data").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & S_IXUSR, 0u);
}

TEST_F(FileStore, PaddingIsNeverWrittenAndReadsAsZeros) {
  const TestContent content = DrawnContent("a:100 .pad/1:32668p b:40000", kPiece);
  {
    const auto store = Open(content);
    StoreAll(content, *store);
    EXPECT_EQ(*store->Read(0, 90, 20), content.PieceBytes(0).substr(90, 20));
    EXPECT_THAT(folder.List(), ElementsAre("t/", "t/a", "t/b"));
  }
  EXPECT_EQ(Open(content)->Have(), "***");
}

TEST_F(FileStore, PaddingThatIsNotEmptyIsNeverHad) {
  // Its hashes are right, but what is read back would be zeros.
  TestContent content = DrawnContent("a:100 b:32668 c:40000", kPiece);
  Metainfo liar = *content.metainfo;
  liar.files[1].attr = "p";
  content.metainfo = std::make_shared<const Metainfo>(liar);
  const auto store = Open(content);
  EXPECT_EQ(store->Store(0, content.Blocks(0)).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(folder.List(), IsEmpty());
  EXPECT_TRUE(store->Store(1, content.Blocks(1)).ok());
}

TEST_F(FileStore, FilesAreSparseAndOfFullLengthFromTheFirstWrite) {
  TestContent content = DrawnContent("big:400000", kPiece);
  const auto store = Open(content);
  ASSERT_TRUE(store->Store(12, content.Blocks(12)).ok());
  struct stat status;
  ASSERT_EQ(stat((folder / "big").c_str(), &status), 0);
  EXPECT_EQ(status.st_size, 400000);
  EXPECT_LT(status.st_blocks * 512, 200000);
}

TEST_F(FileStore, AHugeSparseFileCostsNothing) {
  // 64 GiB of zeros but for one piece: holes are neither read nor hashed.
  constexpr uint64_t kSize = uint64_t{64} << 30;
  constexpr uint32_t kLength = 16 << 20;
  Metainfo metainfo;
  metainfo.name = "huge";
  metainfo.piece_length = kLength;
  metainfo.total_size = kSize;
  metainfo.is_single_file = true;
  metainfo.info_hash_v1 = InfoHash();
  metainfo.files.emplace_back();
  metainfo.files[0].path = {"huge"};
  metainfo.files[0].length = kSize;
  const std::string zeros(kLength, '\0');
  const Sha1Digest zeros_hash = Sha1(AsBytes(zeros));
  for (uint64_t i = 0; i < kSize / kLength; ++i) {
    metainfo.piece_hashes +=
        i % 2 == 0 ? std::string(AsText(zeros_hash.view())) : std::string(20, 'x');
  }
  std::ofstream(folder / "huge").put('x');
  fs::resize_file(folder / "huge", kSize);
  TestContent content;
  content.metainfo = std::make_shared<const Metainfo>(metainfo);
  const auto store = Open(content);
  ASSERT_TRUE(store->opened->ok());
  EXPECT_EQ((*store->opened)->count(), kSize / kLength / 2 - 1);
  EXPECT_FALSE((*store->opened)->Has(PieceIndex(0)));
  EXPECT_TRUE((*store->opened)->Has(PieceIndex(2)));
}

TEST_F(FileStore, UsesTheGoodPiecesOfWhatLiesThere) {
  const TestContent content = DrawnContent("a:100000 b:60000", kPiece);
  WriteAll(content);
  std::string damaged = content.FileBytes(0);
  damaged[40000] ^= 1;
  folder.Write("t/a", damaged);
  const auto store = Open(content);
  EXPECT_EQ(store->Have(), "* ***");
  EXPECT_EQ(store->checked, 5u);
  ASSERT_TRUE(store->Store(1, content.Blocks(1)).ok());
  ExpectAllThere(content);
}

TEST_F(FileStore, ChecksShortLongAndMissingFiles) {
  const TestContent content = DrawnContent("a:100000 b:60000", kPiece);
  folder.Write("t/a", content.FileBytes(0).substr(0, 70000));
  EXPECT_EQ(Open(content)->Have(), "**   ");
  folder.Write("t/a", content.FileBytes(0) + "and more");
  EXPECT_EQ(Open(content)->Have(), "***  ");
  EXPECT_EQ(folder.Read("t/a").size(), 100008u) << "not yet known to be complete";
  folder.Write("t/b", content.FileBytes(1));
  EXPECT_EQ(Open(content)->Have(), "*****");
}

TEST_F(FileStore, CutsWhatIsTooLongWhenItIsCompleteOrWrittenTo) {
  const TestContent content = DrawnContent("a:100000 b:60000 e:0", kPiece);
  folder.Write("t/a", content.FileBytes(0) + "and more");
  folder.Write("t/b", content.FileBytes(1) + "and more");
  folder.Write("t/e", "something");
  ASSERT_EQ(Open(content)->Have(), "*****");
  ExpectAllThere(content);
  EXPECT_EQ(folder.Read("t/e"), "");

  std::string other = content.FileBytes(0) + "and more";
  other[0] ^= 1;
  folder.Write("t/a", other);
  const auto store = Open(content);
  ASSERT_EQ(store->Have(), " ****");
  EXPECT_EQ(folder.Read("t/a"), other) << "nothing came yet that is better";
  ASSERT_TRUE(store->Store(0, content.Blocks(0)).ok());
  ExpectAllThere(content);
}

TEST_F(FileStore, LeavesFilesAloneThatItOnlySeedsOrDoesNotWant) {
  const TestContent content = DrawnContent("a:100000 b:60000", kPiece);
  for (const char* name : {"t/a", "t/b"}) {
    folder.Write(name, content.FileBytes(name[2] == 'a' ? 0 : 1) + "and more");
  }
  StoreOptions options = In(folder.path());
  options.read_only = true;
  EXPECT_EQ(Open(content, options)->Have(), "*****");
  EXPECT_EQ(folder.Read("t/a").size(), 100008u);
  options.read_only = false;
  options.wanted_files = {true, false};
  EXPECT_EQ(Open(content, options)->Have(), "*****");
  EXPECT_EQ(folder.Read("t/a"), content.FileBytes(0));
  EXPECT_EQ(folder.Read("t/b").size(), 60008u);
}

TEST_F(FileStore, LooksAtNothingUnlessAsked) {
  const TestContent content = DrawnContent("a:100000", kPiece);
  WriteAll(content);
  StoreOptions options = In(folder.path());
  options.existing = Existing::kIgnore;
  EXPECT_EQ(Open(content, options)->Have(), "    ");
}

TEST_F(FileStore, TakesFilesThatWereJustHashedForWhatTheyAreUnlessTheyAreGone) {
  const TestContent content = DrawnContent("a:100000 b:30000", kPiece);
  WriteAll(content);
  StoreOptions options = In(folder.path());
  options.existing = Existing::kTrust;
  const auto store = Open(content, options);
  EXPECT_EQ(store->Have(), "****");
  EXPECT_EQ(store->checked, 0u) << "nothing was hashed";
  std::filesystem::remove(folder.path() + "/t/b");
  EXPECT_EQ(Open(content, options)->Have(), "*** ");
}

TEST_F(FileStore, TellsHowFarTheCheckIs) {
  const TestContent content = DrawnContent("a:20000000", 16 << 10);
  WriteAll(content);
  const auto store = Open(content);
  EXPECT_TRUE((*store->opened)->all());
  EXPECT_EQ(store->checked, content.metainfo->piece_count());
}

TEST_F(FileStore, OnlyWantedFilesAreMadeUnlessAPieceNeedsThem) {
  const TestContent content = DrawnContent("a:40000 b:100000 c:100000 e:0", kPiece);
  StoreOptions options = In(folder.path());
  options.wanted_files = {true, false, false, false};
  const auto store = Open(content, options);
  ASSERT_TRUE(store->Store(0, content.Blocks(0)).ok());
  EXPECT_THAT(folder.List(), ElementsAre("t/", "t/a"));
  ASSERT_TRUE(store->Store(1, content.Blocks(1)).ok());
  EXPECT_THAT(folder.List(), ElementsAre("t/", "t/a", "t/b"));
}

TEST_F(FileStore, ACorruptPieceIsNotWritten) {
  const TestContent content = DrawnContent("a:100000", kPiece);
  const auto store = Open(content);
  std::vector<Payload> blocks = content.Blocks(0);
  std::swap(blocks[0], blocks[1]);
  EXPECT_EQ(store->Store(0, std::move(blocks)).code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(folder.List(), IsEmpty());
}

TEST_F(FileStore, SpilledBlocksAreNotHadUntilTheirPieceIsGood) {
  const TestContent content = DrawnContent("a:20000 b:100000", kPiece);
  const auto store = Open(content);
  std::vector<Payload> blocks = content.Blocks(0);
  ASSERT_TRUE(store->Spill(0, kBlockSize, blocks[1]).ok());
  EXPECT_EQ(Open(content)->Have(), "    ");
  blocks[1].clear();
  EXPECT_TRUE(store->Store(0, std::move(blocks)).ok());
  EXPECT_EQ(Open(content)->Have(), "*   ");
}

TEST_F(FileStore, AWhollySpilledPieceIsReadBack) {
  const TestContent content = DrawnContent("a:100000", kPiece);
  const auto store = Open(content);
  const std::vector<Payload> blocks = content.Blocks(3);
  ASSERT_EQ(blocks.size(), 1u);
  ASSERT_TRUE(store->Spill(3, 0, blocks[0]).ok());
  EXPECT_TRUE(store->Store(3, std::vector<Payload>(1)).ok());
  EXPECT_EQ(store->Store(2, std::vector<Payload>(2)).code(), absl::StatusCode::kDataLoss);
}

TEST_F(FileStore, WorkOnOnePieceIsDoneInOrder) {
  const TestContent content = DrawnContent("a:3000000", 1 << 20);
  const auto store = Open(content);
  for (uint32_t piece = 0; piece < 3; ++piece) {
    std::vector<Payload> blocks = content.Blocks(piece);
    for (size_t i = 0; i < blocks.size(); ++i) {
      store->store->Spill(PieceIndex(piece), static_cast<uint32_t>(i) * kBlockSize, blocks[i]);
      blocks[i].clear();
    }
    store->store->Store(PieceIndex(piece), std::move(blocks));
    store->store->Check(PieceIndex(piece));
  }
  ASSERT_TRUE(workers.Until([&] { return store->stored.size() == 6; }));
  for (const auto& [piece, status] : store->stored) EXPECT_TRUE(status.ok()) << piece << status;
  EXPECT_EQ(store->spilled.size(), 64u + 64 + 56);
  ExpectAllThere(content);
}

TEST_F(FileStore, AcceptedWritesAreCarriedOutAfterItsEnd) {
  const TestContent content = DrawnContent("a:100000", kPiece);
  {
    auto store = Open(content);
    for (uint32_t i = 0; i < 4; ++i) store->store->Store(PieceIndex(i), content.Blocks(i));
    store->store.reset();
    const size_t before = store->stored.size();
    workers.Rounds(5);
    EXPECT_EQ(store->stored.size(), before);
  }
  ExpectAllThere(content);
}

TEST_F(FileStore, ChecksAPieceThatChangedBehindItsBack) {
  const TestContent content = DrawnContent("a:100000", kPiece);
  WriteAll(content);
  const auto store = Open(content);
  EXPECT_TRUE(store->Check(1).ok());
  fs::resize_file(folder / "a", 50000);
  EXPECT_EQ(store->Check(1).code(), absl::StatusCode::kDataLoss);
  EXPECT_TRUE(store->Check(0).ok());
  const auto read = store->Read(1, kBlockSize, kBlockSize);
  EXPECT_EQ(read.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(read.status().message()), HasSubstr("too short"));
}

TEST_F(FileStore, RefusesReadsOutsideThePiece) {
  const TestContent content = DrawnContent("a:100000", kPiece);
  WriteAll(content);
  const auto store = Open(content);
  EXPECT_FALSE(store->Read(4, 0, 1).ok());
  EXPECT_FALSE(store->Read(3, 0, 16384).ok()) << "the last piece is short";
  EXPECT_FALSE(store->Read(0, kPiece - 1, 2).ok());
  EXPECT_FALSE(store->Read(0, 0xffffffff, 0xffffffff).ok());
  EXPECT_FALSE(store->Read(0, 0, 0).ok());
}

TEST_F(FileStore, OpensMoreFilesThanItKeepsOpen) {
  FileStorage small(workers.pool, 2);
  const TestContent content =
      DrawnContent("a:9000 b:9000 c:9000 d:9000 e:9000 f:9000 g:9000 h:9000", kPiece);
  TestStore store(workers, small, content.metainfo, In(folder.path()));
  StoreAll(content, store);
  ExpectAllThere(content);
  EXPECT_EQ(*store.Read(0, 0, kPiece), content.PieceBytes(0));
}

TEST_F(FileStore, RefusesV2OnlyTorrentsInWords) {
  Metainfo metainfo = DrawnMetainfo("a:100", 16 << 10);
  metainfo.info_hash_v1.reset();
  TestContent content;
  content.metainfo = std::make_shared<const Metainfo>(metainfo);
  EXPECT_THAT(MessageOf(*Open(content)), HasSubstr("v2"));
}

TEST_F(FileStore, ContentMadeHereIsFoundUnderItsOwnNames) {
  const TestContent content = DrawnContent("CON:40000 readme:10 README:50000", kPiece);
  WriteAll(content);
  EXPECT_EQ(Open(content)->Have(), "***");
  EXPECT_THAT(folder.List(), ElementsAre("t/", "t/CON", "t/README", "t/readme"));
}

TEST_F(FileStore, ADownloadGetsSafeNames) {
  const TestContent content = DrawnContent("CON:40000 readme:10 README:50000", kPiece);
  {
    const auto store = Open(content);
    StoreAll(content, *store);
    EXPECT_THAT(folder.List(), ElementsAre("t/", "t/README (2)", "t/_CON", "t/readme"));
  }
  EXPECT_EQ(Open(content)->Have(), "***");
}

}  // namespace
}  // namespace starling::storage
