#include "storage/select.h"

#include <gtest/gtest.h>

#include "tests/storage/test_content.h"

namespace starling::storage {
namespace {

// What the patterns select of a torrent "t", drawn with a letter a file.
std::string Selected(const std::vector<std::string>& patterns) {
  const Metainfo metainfo =
      DrawnMetainfo("a.txt:1 docs/b.txt:1 docs/old/c.txt:1 pad:5p Docs/d.iso:1 [x]:1", 64);
  const std::vector<bool> selected = SelectFiles(metainfo, patterns);
  std::string drawing;
  for (size_t i = 0; i < selected.size(); ++i) drawing += selected[i] ? "abcpdx"[i] : '.';
  return drawing;
}

TEST(Select, TakesEverythingButPaddingWithoutPatterns) { EXPECT_EQ(Selected({}), "abc.dx"); }

TEST(Select, TakesGlobs) {
  EXPECT_EQ(Selected({"*.txt"}), "abc...");
  EXPECT_EQ(Selected({"*.iso", "a.*"}), "a...d.");
  EXPECT_EQ(Selected({"docs/*.txt"}), ".bc...");
  EXPECT_EQ(Selected({"?.txt"}), "abc...") << "the bare name counts";
  EXPECT_EQ(Selected({"[ab].txt"}), "ab....");
  EXPECT_EQ(Selected({"[!a-b].txt"}), "..c...");
  EXPECT_EQ(Selected({"*"}), "abc.dx");
}

TEST(Select, TakesFoldersAndFilesByName) {
  EXPECT_EQ(Selected({"docs"}), ".bc...");
  EXPECT_EQ(Selected({"docs/"}), ".bc...");
  EXPECT_EQ(Selected({"t"}), "abc.dx");
  EXPECT_EQ(Selected({"t/docs/old"}), "..c...");
  EXPECT_EQ(Selected({"docs/old/c.txt"}), "..c...");
  EXPECT_EQ(Selected({"c.txt"}), "..c...");
  EXPECT_EQ(Selected({"doc"}), "......");
  EXPECT_EQ(Selected({"old/c.txt"}), "......");
  EXPECT_EQ(Selected({""}), "......");
}

TEST(Select, TakesBracketsPlainlyWhereEscapedOrNeverClosed) {
  EXPECT_EQ(Selected({"\\[x\\]"}), ".....x");
  EXPECT_EQ(Selected({"[[]x]"}), ".....x");
  EXPECT_TRUE(GlobMatches("[x", "[x"));
}

TEST(Select, GlobMatchesLikeAShell) {
  EXPECT_TRUE(GlobMatches("", ""));
  EXPECT_FALSE(GlobMatches("", "a"));
  EXPECT_TRUE(GlobMatches("*", ""));
  EXPECT_TRUE(GlobMatches("a*b*c", "aXbYbZc"));
  EXPECT_FALSE(GlobMatches("a*b*c", "aXbYbZ"));
  EXPECT_TRUE(GlobMatches("a**", "a"));
  EXPECT_TRUE(GlobMatches("?", "\xc3\xa9")) << "one character, two bytes";
  EXPECT_FALSE(GlobMatches("??", "\xc3\xa9"));
  EXPECT_TRUE(GlobMatches("[]a]", "]"));
  EXPECT_TRUE(GlobMatches("[a-]", "-"));
  EXPECT_FALSE(GlobMatches("A", "a"));
  EXPECT_TRUE(GlobMatches("\\", "\\"));
}

TEST(Select, HostilePatternsTakeNoTime) {
  std::string pattern;
  for (int i = 0; i < 200; ++i) pattern += "*a";
  EXPECT_FALSE(GlobMatches(pattern + "b", std::string(4000, 'a')));
}

TEST(Select, TakesTheIndicesOfAMagnet) {
  const Metainfo metainfo = DrawnMetainfo("a:1 b:1 p:5p c:1", 64);
  const auto select = [&](std::vector<std::pair<uint32_t, uint32_t>> ranges) {
    std::string drawing;
    for (const bool selected : SelectFiles(metainfo, ranges)) drawing += selected ? '*' : '.';
    return drawing;
  };
  EXPECT_EQ(select({}), "**.*");
  EXPECT_EQ(select({{1, 1}}), ".*..");
  EXPECT_EQ(select({{1, 4294967295}}), ".*.*");
  EXPECT_EQ(select({{9, 9}}), "....");
}

}  // namespace
}  // namespace starling::storage
