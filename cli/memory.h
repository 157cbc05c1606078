// How much memory a program may still take on this machine.
#pragma once

#include <cstdint>
#include <optional>

namespace starling::cli {

// Bytes that are available without swapping, within the limit of the control group if there is one;
// nullopt where nobody says.
std::optional<uint64_t> AvailableMemory();
// The most that this process has taken so far, and the CPU time it used.
uint64_t PeakMemory();
double CpuSeconds();

}  // namespace starling::cli
