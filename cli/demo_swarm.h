// The swarm of the demo: DHT nodes, a seeder with a limited uplink and leechers that know only the
// magnet link, all in this process, on real sockets of 127.0.0.1. It goes through three steps: the
// nodes find each other, the seeder announces itself, the leechers fetch.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cli/demo_report.h"
#include "node/real_node.h"
#include "storage/create.h"

namespace starling::cli {

class DemoSwarm {
 public:
  // `folder` gets a subfolder for each leecher.
  DemoSwarm(const DemoPlan& plan, const storage::Created& content, const std::string& folder);
  ~DemoSwarm();

  // Runs until every leecher is complete, calling `show` now and then. Returns 0, or the signal
  // that ended it; an error if it cannot go on.
  absl::StatusOr<int> Run(std::function<void(const DemoView& view)> show);

  const DemoResult& result() const { return result_; }
  std::string LeecherFolder(size_t index) const;

 private:
  struct Member;
  enum class Step { kJoining, kAnnouncing, kFetching, kDone };

  absl::Status Start();
  absl::Status StartMember(uint64_t up_limit);
  void Tick(Time now);
  bool HasJoined(Time now);
  void AddSeeder(Time now);
  void BeginFetching(Time now);
  void AddLeecher(Time now, size_t index);
  void StepFetching(Time now);
  void Finish(Time now);
  void Fail(absl::Status why);
  DemoView View(Time now);
  Member& seeder() { return *members_[static_cast<size_t>(plan_.nodes)]; }
  Member& leecher(size_t index) { return *members_[static_cast<size_t>(plan_.nodes) + 1 + index]; }

  const DemoPlan plan_;
  const storage::Created& content_;
  const std::string folder_;
  const std::string magnet_;
  std::function<void(const DemoView& view)> show_;
  RealWorld world_;
  std::vector<std::unique_ptr<Member>> members_;  // plain nodes, the seeder, leechers
  Step step_ = Step::kJoining;
  Time step_began_{};
  Time next_show_{};
  uint64_t gained_ = 0;
  Time gained_at_{};
  absl::Status failure_;
  int signal_ = 0;
  DemoResult result_;
};

}  // namespace starling::cli
