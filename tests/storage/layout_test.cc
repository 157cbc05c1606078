#include "storage/layout.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/storage/test_content.h"

namespace starling::storage {
namespace {

std::string Draw(const FileSpans& spans) {
  std::string drawing;
  for (const FileSpan& span : spans) {
    absl::StrAppend(&drawing, drawing.empty() ? "" : " ", span.file.value(), "@", span.offset, "+",
                    span.length);
  }
  return drawing;
}
std::string Draw(const Bitfield& pieces) {
  std::string drawing;
  for (uint32_t i = 0; i < pieces.size(); ++i) drawing += pieces.Has(PieceIndex(i)) ? '*' : '.';
  return drawing;
}

TEST(Layout, FindsTheFilesOfARange) {
  const Metainfo metainfo = DrawnMetainfo("a:100 empty:0 b:50 c:200", 64);
  EXPECT_EQ(Draw(SpansOf(metainfo, 0, 100)), "0@0+100");
  EXPECT_EQ(Draw(SpansOf(metainfo, 64, 64)), "0@64+36 2@0+28");
  EXPECT_EQ(Draw(SpansOf(metainfo, 100, 1)), "2@0+1") << "empty files hold nothing";
  EXPECT_EQ(Draw(SpansOf(metainfo, 99, 52)), "0@99+1 2@0+50 3@0+1");
  EXPECT_EQ(Draw(SpansOf(metainfo, 0, 350)), "0@0+100 2@0+50 3@0+200");
  EXPECT_EQ(Draw(SpansOf(metainfo, 350, 0)), "");
}

TEST(Layout, CoversEveryByteOnce) {
  const Metainfo metainfo = DrawnMetainfo("e:0 a:1 b:63 e2:0 c:64 d:65 e:7 z:0", 64);
  for (uint64_t from = 0; from < metainfo.total_size; ++from) {
    for (uint64_t length = 0; from + length <= metainfo.total_size; ++length) {
      uint64_t at = from;
      for (const FileSpan& span : SpansOf(metainfo, from, length)) {
        EXPECT_EQ(metainfo.files[span.file.value()].offset + span.offset, at);
        EXPECT_GT(span.length, 0u);
        at += span.length;
      }
      ASSERT_EQ(at, from + length);
    }
  }
}

TEST(Layout, KnowsThePiecesOfEachFile) {
  const Metainfo metainfo = DrawnMetainfo("a:100 empty:0 b:28 c:1", 64);
  EXPECT_EQ(PiecesOfFile(metainfo, FileIndex(0)), (PieceRange{0, 2}));
  EXPECT_EQ(PiecesOfFile(metainfo, FileIndex(1)), (PieceRange{1, 1}));
  EXPECT_EQ(PiecesOfFile(metainfo, FileIndex(2)), (PieceRange{1, 2}));
  EXPECT_EQ(PiecesOfFile(metainfo, FileIndex(3)), (PieceRange{2, 3}));
}

TEST(Layout, ASelectionNeedsThePiecesItTouches) {
  const Metainfo metainfo = DrawnMetainfo("a:100 pad:28p b:64 c:10", 64);
  EXPECT_EQ(Draw(PiecesOfFiles(metainfo, {})), "****");
  EXPECT_EQ(Draw(PiecesOfFiles(metainfo, {true, true, false, false})), "**..");
  EXPECT_EQ(Draw(PiecesOfFiles(metainfo, {false, true, true, false})), "..*.")
      << "padding is not wanted for itself";
  EXPECT_EQ(Draw(PiecesOfFiles(metainfo, {false, false, false, true})), "...*");
  EXPECT_EQ(Draw(PiecesOfFiles(metainfo, {false, false, false, false})), "....");
}

}  // namespace
}  // namespace starling::storage
