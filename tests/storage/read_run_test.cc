// Reads that lie behind each other are done at once; who asked must not notice.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/storage/file_store_fixture.h"

namespace starling::storage {
namespace {

constexpr uint32_t kPiece = 2 * kBlockSize;

class ReadRuns : public FileStoreFixture {};

TEST_F(ReadRuns, EveryBlockGetsItsOwnBytesInWhateverOrderItIsAskedFor) {
  const TestContent content = DrawnContent("a:300000 b:5 c:300000", kPiece);
  WriteAll(content);
  const auto store = Open(content);
  struct Asked {
    uint32_t piece, offset, length;
  };
  std::vector<Asked> asked;
  const uint32_t pieces = static_cast<uint32_t>(600005 / kPiece);
  for (uint32_t step : {4096u, 1000u, kBlockSize}) {
    for (uint32_t piece = 0; piece < pieces; ++piece) {
      for (uint32_t offset = 0; offset + step <= kPiece; offset += step) {
        asked.push_back({piece, offset, step});
      }
    }
  }
  asked.push_back({0, 0, 10});
  asked.push_back({0, 10, 10});
  asked.push_back({0, 10, 10});  // again
  asked.push_back({0, 30, 10});  // a gap
  asked.push_back({1, 40, 10});  // another piece
  for (size_t i = 0; i < asked.size(); ++i) {
    store->store->Read({PieceIndex(asked[i].piece), asked[i].offset, asked[i].length},
                       Ticket{100 + i});
  }
  EXPECT_TRUE(store->reads.empty()) << "answered before the call returned";
  ASSERT_TRUE(workers.Until([&] { return store->reads.size() == asked.size(); }));
  for (size_t i = 0; i < asked.size(); ++i) {
    const absl::StatusOr<Slice>& bytes = store->reads.at(Ticket{100 + i});
    ASSERT_TRUE(bytes.ok()) << bytes.status();
    EXPECT_TRUE(std::string(bytes->text()) ==
                content.PieceBytes(asked[i].piece).substr(asked[i].offset, asked[i].length));
  }
}

TEST_F(ReadRuns, ABlockOutsideThePieceSpoilsNoOther) {
  const TestContent content = DrawnContent("a:300000", kPiece);
  WriteAll(content);
  const auto store = Open(content);
  for (uint64_t i = 0; i < 200; ++i) {
    store->store->Read({PieceIndex(0), 0, kPiece - 10}, Ticket{1000 + 3 * i});
    store->store->Read({PieceIndex(0), kPiece - 10, 11}, Ticket{1001 + 3 * i});
    store->store->Read({PieceIndex(0), kPiece - 10, 10}, Ticket{1002 + 3 * i});
  }
  ASSERT_TRUE(workers.Until([&] { return store->reads.size() == 600; }));
  for (uint64_t i = 0; i < 200; ++i) {
    EXPECT_TRUE(store->reads.at(Ticket{1000 + 3 * i}).ok());
    EXPECT_FALSE(store->reads.at(Ticket{1001 + 3 * i}).ok());
    EXPECT_TRUE(store->reads.at(Ticket{1002 + 3 * i}).ok());
  }
}

}  // namespace
}  // namespace starling::storage
