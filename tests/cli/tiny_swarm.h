// `starling sim ...` in a child process, and a swarm so small that a test can run it dozens of
// times: a few dozen blocks, seconds of simulated time.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/cli/child_program.h"

namespace starling::cli {

inline constexpr char kTinySwarm[] = R"(title = "A tiny swarm"
until = "1h"
dht_nodes = 8

[content.file]
size = "256KiB"
piece = "64KiB"

[population.seeds]
count = 1
seeds = true
measured = false
up = "200KB/s"

[population.leechers]
count = 3
up = "50KB/s"
down = "400KB/s"
join = {over = "5s"}
stay = "leave"

[params]
leechers = {path = "population.leechers.count", about = "leechers", min = 1, max = 1000000}
choker = {path = "population.leechers.choker", about = "choker of the leechers"}
)";

// How a program ended, and all that it printed.
struct Ended {
  int code;
  std::string output;
  std::string errors;
};

class TinySwarmTest : public ::testing::Test {
 protected:
  TinySwarmTest() { WriteText(tiny(), kTinySwarm); }

  // `words` without the leading "sim".
  Ended Sim(std::vector<std::string> words) const {
    words.insert(words.begin(), "sim");
    ChildProgram program(folder_ / "errors", words);
    const std::string output = program.ReadAll();
    const int code = program.Wait();
    return {code, output, program.Errors()};
  }
  std::string tiny() const { return folder_ / "tiny.toml"; }

  const ScratchFolder folder_;
};

}  // namespace starling::cli
