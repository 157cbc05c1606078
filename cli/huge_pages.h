// Fewer and larger pages of memory for a program that touches much of it in no order, as a
// simulation does: each event is about another node. Measured: docs/benchmarks.md.
#pragma once

namespace starling::cli {

// Starts this program again, with the same process id, words and files, but with an allocator that
// asks the system for huge pages: the C library reads that setting (GLIBC_TUNABLES) only at the
// start. Returns if it runs with such a setting already, if the user made one, or if it cannot be
// done; results are the same with and without. To be called before anything else is done.
void RestartWithHugePages(char** arguments);

}  // namespace starling::cli
