// The tests that every Storage passes, on real files and workers but without a clock.
#include "tests/support/store_conformance.h"

#include <gtest/gtest.h>

#include "tests/storage/test_disk.h"

namespace starling::testing_support {
namespace {

class FileStoreArm final : public StoreArm {
 public:
  Time now() const override { return workers_.now; }
  void Step(Duration at_most) override {
    workers_.Round();
    workers_.now += at_most;
  }
  storage::Storage& storage() override { return storage_; }
  std::shared_ptr<const storage::Metainfo> metainfo() const override { return content_.metainfo; }
  storage::StoreOptions options() const override {
    storage::StoreOptions options;
    options.dir = folder_.path();
    return options;
  }
  Slice content(uint64_t from, uint64_t size) const override {
    return Buffer::CopyFrom(AsBytes(absl::string_view(content_.bytes).substr(from, size)));
  }

 private:
  storage::TempFolder folder_;
  storage::TestContent content_ = storage::DrawnContent("a:70000 b:0 c/d:100000 e:1", 64 << 10);
  storage::TestWorkers workers_;
  storage::FileStorage storage_{workers_.pool};
};

INSTANTIATE_TEST_SUITE_P(RealFiles, StoreConformance,
                         testing::Values([]() -> std::unique_ptr<StoreArm> {
                           return std::make_unique<FileStoreArm>();
                         }));

}  // namespace
}  // namespace starling::testing_support
