// A Result as result.json: what was run, by which build, how it came out. Nothing in it depends on
// when or how fast it ran, so that one seed and one build give one file. docs/results.md explains
// every field.
#pragma once

#include <string>

#include "sim/result.h"

namespace starling::sim {

// What made the result; empty where it is not known.
struct Provenance {
  std::string version;   // of the program
  std::string commit;    // of its source
  std::string compiler;  // and its version
  std::string command;   // the line that makes this result
};

// "starling 0.1.0, commit abc".
std::string ProgramOf(const Provenance& provenance);
// "0x00c0ffee00c0ffee": JSON's numbers do not hold 64 bits everywhere.
std::string FormatTraceHash(uint64_t trace_hash);
// In lines for a reader, or as a single one without a newline.
std::string ResultJson(const Result& result, const Provenance& provenance, bool in_lines);

}  // namespace starling::sim
