// A folder, workers and a FileStorage: what the tests of the real store begin with.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "storage/file_store.h"
#include "tests/storage/test_disk.h"

namespace starling::storage {

class FileStoreFixture : public testing::Test {
 protected:
  StoreOptions In(const std::string& dir) const {
    StoreOptions options;
    options.dir = dir;
    return options;
  }
  std::unique_ptr<TestStore> Open(const TestContent& content) {
    return Open(content, In(folder.path()));
  }
  std::unique_ptr<TestStore> Open(const TestContent& content, const StoreOptions& options) {
    return std::make_unique<TestStore>(workers, storage, content.metainfo, options);
  }
  void WriteAll(const TestContent& content) {
    for (size_t i = 0; i < content.metainfo->files.size(); ++i) {
      const FileEntry& file = content.metainfo->files[i];
      if (!file.is_padding()) folder.Write(file.JoinedPath(), content.FileBytes(i));
    }
  }
  void StoreAll(const TestContent& content, TestStore& store) {
    for (uint32_t i = 0; i < content.metainfo->piece_count(); ++i) {
      const absl::Status status = store.Store(i, content.Blocks(i));
      ASSERT_TRUE(status.ok()) << status;
    }
  }
  void ExpectAllThere(const TestContent& content) {
    for (size_t i = 0; i < content.metainfo->files.size(); ++i) {
      const FileEntry& file = content.metainfo->files[i];
      if (file.is_padding()) continue;
      EXPECT_TRUE(folder.Read(file.JoinedPath()) == content.FileBytes(i)) << file.JoinedPath();
    }
  }
  static std::string MessageOf(const TestStore& store) {
    return store.opened->ok() ? "none" : std::string(store.opened->status().message());
  }

  TempFolder folder;
  TestWorkers workers;
  FileStorage storage{workers.pool};
};

}  // namespace starling::storage
