#include "storage/file_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "base/bencode.h"

namespace starling::storage {
namespace {

using testing::HasSubstr;

// A file of the tree: "" and its properties.
std::string Leaf(int length) {
  return absl::StrCat("d0:d6:lengthi", length, "e11:pieces root32:", std::string(32, 'r'), "ee");
}
std::string Draw(const absl::StatusOr<std::vector<FileEntry>>& files) {
  if (!files.ok()) return absl::StrCat("error: ", std::string(files.status().message()));
  std::string drawing;
  for (const FileEntry& file : *files) {
    absl::StrAppend(&drawing, drawing.empty() ? "" : " ", file.JoinedPath(), ":", file.length);
  }
  return drawing;
}
std::string ReadTree(const std::string& tree) { return Draw(ReadFileTree(AsBytes(tree))); }

TEST(FileTree, ListsFilesWithTheirFolders) {
  EXPECT_EQ(ReadTree(absl::StrCat("d1:a", Leaf(1), "1:dd1:b", Leaf(2), "1:dd1:c", Leaf(3), "ee1:z",
                                  Leaf(4), "e")),
            "a:1 d/b:2 d/d/c:3 z:4");
  EXPECT_EQ(ReadTree("de"), "");
  EXPECT_EQ(ReadTree("d1:xdee"), "") << "an empty folder";
}

TEST(FileTree, ReadsAttributesAndSkipsUnknownKeys) {
  const auto files =
      ReadFileTree(AsBytes("d1:ld0:d4:attr1:l12:symlink pathl1:d1:fe3:zzzld1:aleei5eeeee"));
  ASSERT_TRUE(files.ok()) << files.status();
  ASSERT_EQ(files->size(), 1u);
  EXPECT_TRUE((*files)[0].is_symlink());
  EXPECT_EQ((*files)[0].symlink, (std::vector<std::string>{"d", "f"}));
}

TEST(FileTree, RefusesWhatIsNoTree) {
  EXPECT_THAT(ReadTree("le"), HasSubstr("not a dictionary"));
  EXPECT_THAT(ReadTree("d1:ai5ee"), HasSubstr("neither file nor folder"));
  EXPECT_THAT(ReadTree("d0:d6:lengthi0eee"), HasSubstr("a folder, too")) << "a file without name";
  EXPECT_THAT(ReadTree(absl::StrCat("d1:ad0:d6:lengthi0ee1:b", Leaf(1), "ee")),
              HasSubstr("a folder, too"));
  EXPECT_THAT(ReadTree(absl::StrCat("d1:ad1:b", Leaf(1), "0:d6:lengthi0eeee")),
              HasSubstr("a folder, too"));
  EXPECT_THAT(ReadTree("d1:ad0:deee"), HasSubstr("no length"));
  EXPECT_THAT(ReadTree("d1:ad0:d6:lengthi-1eeee"), HasSubstr("impossible length"));
  EXPECT_THAT(ReadTree("d1:ad0:d6:lengthi5eeee"), HasSubstr("no `pieces root`"));
  EXPECT_THAT(ReadTree("d1:ad0:d6:lengthi5e11:pieces root3:abceee"), HasSubstr("malformed"));
}

TEST(FileTree, RefusesFoldersNestedTooDeeply) {
  const auto nested = [](size_t depth) {
    std::string tree;
    for (size_t i = 0; i < depth; ++i) tree += "d1:f";
    tree += Leaf(1);
    return tree + std::string(depth, 'e');
  };
  EXPECT_THAT(ReadTree(nested(kPathDepthMax)), testing::EndsWith("f:1"));
  EXPECT_THAT(ReadTree(nested(kPathDepthMax + 1)), HasSubstr("too long"));
}

}  // namespace
}  // namespace starling::storage
