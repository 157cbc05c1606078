// Small files, read whole and written so that a reader, or a crash, never sees half of one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace starling::cli {

// Errors name the path and what is wrong with it. NotFound if there is none.
absl::StatusOr<std::string> ReadFile(const std::string& path, uint64_t size_max);
// Writes a temporary file beside `path`, syncs it, and renames it into place. Of a link the file
// that it leads to is replaced; links to nothing, devices, pipes and folders are refused.
absl::Status WriteFileAtomically(const std::string& path, absl::string_view bytes);
// Could WriteFileAtomically() write there now? Changes nothing.
absl::Status CheckWritableFile(const std::string& path);
// Makes `path` and its parents. Ok if it is a folder afterwards into which we may write.
absl::Status MakeWritableFolder(const std::string& path);

bool IsFolder(const std::string& path);
bool PathExists(const std::string& path);
// Bytes that an ordinary user can still write where `path` is; nullopt if nobody knows.
std::optional<uint64_t> FreeSpace(const std::string& path);
// Without trailing slashes and `.` or `..` parts, absolute: "/data/films" for "films/../films/".
std::string AbsolutePath(const std::string& path);
std::string ParentFolder(const std::string& absolute_path);
// The last part of any path: "films" for "/data/films/".
std::string LastName(const std::string& path);

}  // namespace starling::cli
