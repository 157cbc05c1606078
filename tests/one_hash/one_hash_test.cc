// One seed gives one run, bit for bit, whatever built it and wherever it runs. Each test makes a
// small world twice and compares the trace hash and every byte of the result. So that builds can be
// compared as well, each run is a line in the file that STARLING_HASHES names: its name, its trace
// hash and a digest of the result. tests/one_hash_test.sh does that.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "sim/built_in_scenarios.h"
#include "sim/result_csv.h"
#include "sim/result_json.h"
#include "sim/run.h"
#include "sim/scenario_file.h"
#include "sim/strategies.h"
#include "sim/trace_hash.h"

namespace starling::sim {
namespace {

struct Case {
  std::string name;
  std::vector<Setting> settings;
};

// Built-in scenarios, and files beside this one. Sizes that take some tenths of a second each:
// under sanitizers that is ten times as much.
const std::vector<Case>& Cases() {
  static const std::vector<Case> cases = {
      {"flash-crowd", {{"leechers", "20"}, {"size", "4MiB"}}},
      {"mixed-classes",
       {{"slow", "4"},
        {"medium", "8"},
        {"fast", "5"},
        {"fastest", "3"},
        {"size", "2MiB"},
        {"content.file.piece", "64KiB"},
        {"choker", "block-tft:slots=5"}}},
      {"steady-state",
       {{"size", "1MiB"},
        {"content.file.piece", "16KiB"},
        {"up", "6.4KB/s"},
        {"down", "25.6KB/s"},
        {"rate", "0.05"},
        {"measure_from", "300s"},
        {"until", "1500s"}}},
      {"bittyrant",
       {{"leechers", "15"},
        {"size", "2MB"},
        {"content.file.piece", "32KiB"},
        {"choker", "bittyrant:selfish=yes,cap=1M"},
        {"connections", "300"}}},
      {"os-image",
       {{"hosts", "12"},
        {"size", "8MB"},
        {"rate", "100Mbit/s"},
        {"content.image.piece", "256KiB"},
        {"network.quantum", "16KiB"}}},
      {"no-single-point", {{"leechers", "12"}, {"size", "2MiB"}}},
      {"client-server", {{"leechers", "10"}, {"size", "1MiB"}}},
      {"dht-churn",
       {{"nodes", "60"},
        {"churn", "stress"},
        {"dht.values", "10"},
        {"dht.warm_up", "10min"},
        {"dht.run_time", "35min"}}},
      {"dht-lookups", {{"nodes", "300"}, {"lookups", "300"}}},
      {"everything", {}},
  };
  return cases;
}

std::string TextOf(const std::string& name) {
  if (const auto built_in = BuiltInScenarioText(name)) return std::string(*built_in);
  std::ifstream file(absl::StrCat(STARLING_SOURCE_DIR "/tests/one_hash/", name, ".toml"));
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// Everything that a user would find in the folder of the run, but for who built the program.
std::string FilesOf(const Result& result) {
  std::string files = ResultJson(result, Provenance{}, /*in_lines=*/true);
  for (const Table& table : result.tables)
    absl::StrAppend(&files, table.name, "\n", TableCsv(table));
  return files;
}

std::string Line(const Case& one, uint64_t seed, const Result& result) {
  const std::string files = FilesOf(result);
  TraceHash digest;
  digest.Fold(std::as_bytes(std::span(files)));
  return absl::StrCat(one.name, " ", seed, " ", FormatTraceHash(result.trace_hash), " ",
                      FormatTraceHash(digest.value()));
}

class OneHash : public testing::TestWithParam<Case> {
 protected:
  Result Run(uint64_t seed) {
    const Case& one = GetParam();
    const std::string text = TextOf(one.name);
    const Strategies strategies;
    const absl::StatusOr<Scenario> scenario =
        ReadScenario(text, one.name + ".toml", one.settings, &strategies);
    if (!scenario.ok()) {
      ADD_FAILURE() << scenario.status();
      return {};
    }
    absl::StatusOr<std::unique_ptr<sim::Run>> run = StartRun(*scenario, seed, strategies, {});
    if (!run.ok()) {
      ADD_FAILURE() << run.status();
      return {};
    }
    while ((*run)->Advance()) continue;
    return (*run)->Finish();
  }
};

TEST_P(OneHash, OneSeedGivesOneRun) {
  const Result first = Run(1);
  EXPECT_EQ(first.broken, std::vector<std::string>());
  EXPECT_GT(first.events, 1000u) << "hardly anything happened";
  EXPECT_EQ(FilesOf(Run(1)), FilesOf(first));
  const Result other = Run(2);
  EXPECT_NE(other.trace_hash, first.trace_hash);
  if (const char* path = std::getenv("STARLING_HASHES")) {
    std::ofstream file(path, std::ios::app);
    file << Line(GetParam(), 1, first) << "\n" << Line(GetParam(), 2, other) << "\n";
    EXPECT_TRUE(file.flush()) << path;
  }
}

INSTANTIATE_TEST_SUITE_P(Scenarios, OneHash, testing::ValuesIn(Cases()), [](const auto& info) {
  std::string name = info.param.name;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

}  // namespace
}  // namespace starling::sim
