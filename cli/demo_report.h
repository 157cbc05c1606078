// What the demo shows, as pure text: the picture while it runs and the table at its end.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "cli/progress.h"
#include "node/client.h"
#include "peer/choker.h"

namespace starling::cli {

struct DemoPlan {
  uint64_t size = 256'000'000;
  int leechers = 4;
  int nodes = 20;
  uint64_t seeder_limit = 64'000'000;
  peer::ChokerFactory choker;  // of everybody; empty: the usual one
};

// Where the swarm stands. The seeder first, then each leecher.
struct DemoView {
  std::string doing;          // a line: what it does just now
  uint32_t known_fewest = 0;  // nodes in the smallest and the largest routing table
  uint32_t known_most = 0;
  std::optional<TorrentStatus> seeder;
  std::vector<TorrentStatus> leechers;
};

struct DemoLeecher {
  std::optional<Duration> first_peer;
  std::optional<Duration> metadata;
  Duration complete{};
  uint64_t given = 0;  // bytes to other leechers
  bool is_verified = false;
};

struct DemoResult {
  uint64_t seeder_given = 0;
  std::vector<DemoLeecher> leechers;
  Duration last_complete{};  // from the first leecher's start to the last one's end
};

std::vector<std::string> RenderDemo(const DemoPlan& plan, const DemoView& view, const Look& look);
std::vector<std::string> RenderDemoResult(const DemoPlan& plan, const DemoResult& result);
// N*F/rate: how long one server takes that sends the whole file to each, one after the other or
// all at once.
Duration ClassicServerTime(const DemoPlan& plan);

}  // namespace starling::cli
