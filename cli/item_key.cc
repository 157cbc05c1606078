#include "cli/item_key.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "cli/files.h"
#include "cli/text.h"

namespace starling::cli {

namespace {

constexpr uint64_t kFileSizeMax = 256;

absl::Status CannotMake(const std::string& path) {
  return absl::UnavailableError(
      absl::StrCat("cannot make the key file ", Printable(path), ": ", std::strerror(errno)));
}

absl::Status WriteNewKey(const std::string& path, const SigningSeed& seed) {
  // Never over a file that appeared meanwhile: it could be the only copy of another key.
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return CannotMake(path);
  const std::string text = absl::StrCat(seed.hex(), "\n");
  const bool is_written =
      ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
      ::fsync(file) == 0;
  const absl::Status status = is_written ? absl::OkStatus() : CannotMake(path);
  ::close(file);
  if (!is_written) ::unlink(path.c_str());
  return status;
}

}  // namespace

absl::StatusOr<ItemKey> ReadOrMakeKey(const std::string& path, Random& random) {
  const absl::StatusOr<std::string> text = ReadFile(path, kFileSizeMax);
  if (absl::IsNotFound(text.status())) {
    const ItemKey made{random.NextId<SigningSeed>(), true};
    if (absl::Status status = WriteNewKey(path, made.seed); !status.ok()) return status;
    return made;
  }
  if (!text.ok()) return text.status();
  const std::optional<SigningSeed> seed = SigningSeed::FromHex(absl::StripAsciiWhitespace(*text));
  if (seed.has_value()) return ItemKey{*seed, false};
  return absl::InvalidArgumentError(absl::StrCat(
      Printable(path), " is no key file: it must hold the 64 hexadecimal digits of an ",
      "Ed25519 seed; name a file that does not exist to make a new key"));
}

}  // namespace starling::cli
