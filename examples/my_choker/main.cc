// The whole program `starling` with one more choker in it: `--choker mine` for the real node,
// `choker = {name = "mine", newcomers = 0.3}` in scenario files, `sim list --strategies`.
#include "cli/program.h"
#include "my_choker.h"
#include "sim/strategies.h"

int main(int argc, char** argv) {
  starling::sim::Strategies strategies;
  strategies.chokers.Add(MyChokerKind());
  return starling::cli::RunMain(argc, argv, strategies);
}
