// What the program calls itself, in `--version` and in `created by` of the torrents that it makes.
#pragma once

namespace starling::cli {

inline constexpr char kVersion[] = "0.1.0";
inline constexpr char kCreatedBy[] = "starling/0.1.0";

}  // namespace starling::cli
