#include "storage/file_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "base/random.h"
#include "base/utf8.h"

namespace starling::storage {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Path = std::vector<std::string>;

Metainfo Files(const std::vector<Path>& paths) {
  Metainfo metainfo;
  for (const Path& path : paths) {
    FileEntry file;
    file.path = path;
    metainfo.files.push_back(file);
  }
  return metainfo;
}
std::vector<std::string> Safe(const std::vector<Path>& paths) {
  return SafeFileNames(Files(paths)).paths;
}

TEST(FileNames, LeavesOrdinaryNamesAlone) {
  const FileNames names = SafeFileNames(Files(
      {{"t", "a.txt"}, {"t", ".hidden", "x"}, {"t", "What? A: 'n*me' [1]"}, {"t", "\xc3\xa9"}}));
  EXPECT_THAT(names.paths,
              ElementsAre("t/a.txt", "t/.hidden/x", "t/What? A: 'n*me' [1]", "t/\xc3\xa9"));
  EXPECT_FALSE(names.renamed);
}

TEST(FileNames, NothingLeavesTheFolder) {
  EXPECT_THAT(Safe({{"..", "..", "etc", "passwd"}}), ElementsAre("_/_/etc/passwd"));
  EXPECT_THAT(Safe({{"t", "."}}), ElementsAre("t/_"));
  EXPECT_THAT(Safe({{"t", "..."}}), ElementsAre("t/_"));
  EXPECT_THAT(Safe({{"t", ".. "}}), ElementsAre("t/_"));
  EXPECT_THAT(Safe({{"/etc/passwd"}}), ElementsAre("_etc_passwd"));
  EXPECT_THAT(Safe({{"t", "../../x"}}), ElementsAre("t/.._.._x"));
  EXPECT_THAT(Safe({{"t", "..\\x"}}), ElementsAre("t/.._x"));
  EXPECT_THAT(Safe({{"", ""}}), ElementsAre("_/_"));
  EXPECT_THAT(Safe({{std::string("a\0b", 3)}}), ElementsAre("a_b"));
}

TEST(FileNames, ComponentsAreMadeSafe) {
  EXPECT_EQ(SafeComponent("a\nb\x1b[31m\x7f"), "a_b_[31m_");
  EXPECT_EQ(SafeComponent("\xc2\x9b"
                          "c1"),
            "_c1")
      << "control characters beyond ASCII";
  EXPECT_EQ(SafeComponent("x\xe2\x80\xaegpj.exe"), "x_gpj.exe") << "right-to-left override";
  EXPECT_EQ(SafeComponent("end. . "), "end");
  EXPECT_EQ(SafeComponent("CON"), "_CON");
  EXPECT_EQ(SafeComponent("nul.txt"), "_nul.txt");
  EXPECT_EQ(SafeComponent("com1 .x"), "_com1 .x");
  EXPECT_EQ(SafeComponent("Lpt9"), "_Lpt9");
  EXPECT_EQ(SafeComponent("console"), "console");
  EXPECT_EQ(SafeComponent("com"), "com");
}

TEST(FileNames, LongNamesAreCutBetweenCharactersAndKeepTheirExtension) {
  const std::string cut = SafeComponent(std::string(300, 'x') + ".tar");
  EXPECT_EQ(cut.size(), kComponentSizeMax);
  EXPECT_THAT(cut, testing::EndsWith("x.tar"));
  std::string umlauts;
  for (int i = 0; i < 200; ++i) umlauts += "\xc3\xbc";
  EXPECT_EQ(SafeComponent(umlauts).size(), 254u);
  EXPECT_EQ(RepairUtf8(SafeComponent(umlauts)), SafeComponent(umlauts));
}

TEST(FileNames, DeepOrLongPathsAreShortened) {
  Path deep(200, "d");
  deep.front() = "t";
  deep.back() = "file";
  EXPECT_THAT(Safe({deep}), ElementsAre(testing::MatchesRegex("t/[0-9a-f]{40}/file")));
  const Path long_path(30, std::string(200, 'n'));
  const std::string path = Safe({long_path})[0];
  EXPECT_LT(path.size(), kRelativePathSizeMax);
}

TEST(FileNames, ClashesAreRenamed) {
  EXPECT_THAT(Safe({{"t", "a.txt"}, {"t", "a.txt"}, {"t", "a.txt"}}),
              ElementsAre("t/a.txt", "t/a (2).txt", "t/a (3).txt"));
  EXPECT_THAT(Safe({{"t", "README"}, {"t", "ReadMe"}}), ElementsAre("t/README", "t/ReadMe (2)"));
  EXPECT_THAT(Safe({{"t", "a (2)"}, {"t", "a"}, {"t", "a"}}),
              ElementsAre("t/a (2)", "t/a", "t/a (3)"));
  EXPECT_THAT(Safe({{"t", "x"}, {"T", "x"}}), ElementsAre("t/x", "t/x (2)")) << "folders merge";
}

TEST(FileNames, AFileIsNeverAFolderOfAnother) {
  EXPECT_THAT(Safe({{"t", "a"}, {"t", "a", "b"}, {"t", "A", "c"}}),
              ElementsAre("t/a", "t/a (2)/b", "t/a (2)/c"));
  EXPECT_THAT(Safe({{"t", "a", "b"}, {"t", "a"}}), ElementsAre("t/a/b", "t/a (2)"));
}

TEST(FileNames, PaddingAndSymlinksGetNone) {
  Metainfo metainfo = Files({{"t", "a"}, {"t", "pad"}, {"t", "link"}});
  metainfo.files[1].attr = "p";
  metainfo.files[2].attr = "l";
  EXPECT_THAT(SafeFileNames(metainfo).paths, ElementsAre("t/a", "", ""));
  EXPECT_THAT(SpelledFileNames(metainfo), ElementsAre("t/a", "", ""));
}

TEST(FileNames, SpelledNamesAreOnlyForWhatCannotLeaveTheFolder) {
  EXPECT_THAT(SpelledFileNames(Files({{"t", "CON"}, {"t", "a."}, {"t", "A."}})),
              ElementsAre("t/CON", "t/a.", "t/A."));
  EXPECT_THAT(SpelledFileNames(Files({{"t", ".."}})), IsEmpty());
  EXPECT_THAT(SpelledFileNames(Files({{"t", "a/b"}})), IsEmpty());
  EXPECT_THAT(SpelledFileNames(Files({{"t", ""}})), IsEmpty());
  EXPECT_THAT(SpelledFileNames(Files({{"t", std::string("a\0", 2)}})), IsEmpty());
  EXPECT_THAT(SpelledFileNames(Files({{"t", "a"}, {"t", "a"}})), IsEmpty());
}

// Hostile names of few letters, so that they clash in every way.
TEST(FileNames, NoNamesAreUnsafeOrShared) {
  SeededRandom random(11);
  const std::vector<std::string> letters = {
      "a", "A", ".", "..", "/", " ", "_", "\xff", "(2)", "con", std::string(260, 'x'), ""};
  const auto draw_name = [&] {
    std::string name = letters[random.Below(letters.size())];
    if (random.Below(3) == 0) name += letters[random.Below(letters.size())];
    return name;
  };
  for (int round = 0; round < 200; ++round) {
    std::vector<Path> paths;
    for (int i = 0; i < 40; ++i) {
      Path path;
      for (uint64_t depth = 1 + random.Below(3); depth > 0; --depth) path.push_back(draw_name());
      paths.push_back(path);
    }
    std::set<std::string> files;
    std::set<std::string> folders;
    for (const std::string& path : Safe(paths)) {
      const std::vector<std::string> names = absl::StrSplit(absl::AsciiStrToLower(path), '/');
      std::string folder;
      for (size_t i = 0; i < names.size(); ++i) {
        EXPECT_NE(names[i], "");
        EXPECT_NE(names[i].back(), '.');
        EXPECT_LE(names[i].size(), kComponentSizeMax);
        absl::StrAppend(&folder, "/", names[i]);
        if (i + 1 < names.size()) folders.insert(folder);
      }
      EXPECT_TRUE(files.insert(folder).second) << "shared: " << path;
    }
    for (const std::string& file : files) EXPECT_EQ(folders.count(file), 0u) << file;
  }
}

TEST(FileNames, ManyClashesTakeLinearTime) {
  std::vector<Path> paths;
  for (int i = 0; i < 60'000; ++i)
    paths.push_back({"t", i % 2 == 0 ? "a" : absl::StrCat("a (", i, ")")});
  const std::vector<std::string> safe = Safe(paths);
  EXPECT_EQ(std::set<std::string>(safe.begin(), safe.end()).size(), paths.size());
}

}  // namespace
}  // namespace starling::storage
