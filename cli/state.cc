#include "cli/state.h"

#include <fcntl.h>
#include <pwd.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/bencode.h"
#include "base/digest.h"
#include "cli/addresses.h"
#include "cli/files.h"
#include "cli/text.h"

namespace starling::cli {

namespace {

constexpr uint64_t kDhtFileSizeMax = 4 << 20;
constexpr size_t kDhtFileNameDigits = 12;

std::string MetainfoPath(const std::string& dir, const InfoHash& info_hash) {
  return absl::StrCat(dir, "/metainfo/", info_hash.hex(), ".torrent");
}

std::optional<SavedDht> ParseDhtFile(absl::string_view bytes) {
  const auto file = bencode::Parse(AsBytes(bytes));
  if (!file.has_value()) return std::nullopt;
  const auto id = file->FindString("id");
  const auto table = file->FindString("table");
  if (!id.has_value() || id->size() != NodeId::kSize || !table.has_value()) return std::nullopt;
  return SavedDht{NodeId::FromBytes(AsBytes(*id)), std::string(*table)};
}

}  // namespace

std::string DefaultStateDir() {
  // A relative XDG_STATE_HOME is to be ignored, says the XDG specification.
  const char* xdg = std::getenv("XDG_STATE_HOME");
  if (xdg != nullptr && xdg[0] == '/') return absl::StrCat(xdg, "/starling");
  const char* home = std::getenv("HOME");
  if (home == nullptr || home[0] != '/') {
    const passwd* user = ::getpwuid(::getuid());
    home = user == nullptr ? nullptr : user->pw_dir;
  }
  return home == nullptr ? "" : absl::StrCat(home, "/.local/state/starling");
}

std::string DhtFileName(const std::vector<HostPort>& bootstrap) {
  std::vector<std::string> nodes;
  for (const HostPort& node : bootstrap) {
    nodes.push_back(absl::AsciiStrToLower(FormatHostPort(node)));
  }
  std::sort(nodes.begin(), nodes.end());
  nodes.erase(std::unique(nodes.begin(), nodes.end()), nodes.end());
  std::string set;
  for (const std::string& node : nodes) absl::StrAppend(&set, node, "\n");
  return absl::StrCat("dht-", Sha1(AsBytes(set)).hex().substr(0, kDhtFileNameDigits), ".state");
}

absl::StatusOr<std::unique_ptr<StateFolder>> StateFolder::Open(Use use, const std::string& dir,
                                                               Warn warn) {
  const bool is_default = dir.empty();
  const std::string path = is_default ? DefaultStateDir() : AbsolutePath(dir);
  absl::Status status;
  if (path.empty()) {
    status = absl::NotFoundError("there is no home folder");
  } else if (use != Use::kRead) {
    status = MakeWritableFolder(path + "/metainfo");
  }
  if (!status.ok() && !is_default) {
    return absl::Status(status.code(),
                        absl::StrCat(status.message(), "; give --state another folder"));
  }
  if (!status.ok() && use != Use::kRead) {
    warn(absl::StrCat("nothing will be remembered: ", status.message(),
                      "; --state DIR names another folder"));
  }
  // Not make_unique: the constructor is private.
  std::unique_ptr<StateFolder> state(new StateFolder(status.ok() ? path : "", std::move(warn)));
  if (state->remembers() && use == Use::kNode) state->Lock();
  return state;
}

StateFolder::~StateFolder() {
  if (lock_ >= 0) ::close(lock_);
}

// The lock dies with the process, however that ends, so no stale lock can ever be left behind.
void StateFolder::Lock() {
  const std::string path = dir_ + "/lock";
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
  if (file < 0) return;
  if (::flock(file, LOCK_EX | LOCK_NB) == 0) {
    lock_ = file;
  } else {
    ::close(file);
  }
}

std::optional<std::string> StateFolder::ReadIfThere(const std::string& path, uint64_t size_max) {
  absl::StatusOr<std::string> bytes = ReadFile(path, size_max);
  if (bytes.ok()) return *std::move(bytes);
  if (absl::IsResourceExhausted(bytes.status()) || absl::IsInvalidArgument(bytes.status())) {
    MoveAside(path, bytes.status().message());
  } else if (!absl::IsNotFound(bytes.status())) {
    warn_(bytes.status().message());
  }
  return std::nullopt;
}

void StateFolder::MoveAside(const std::string& path, absl::string_view what) {
  const std::string aside = path + ".damaged";
  const bool is_moved = ::rename(path.c_str(), aside.c_str()) == 0;
  warn_(absl::StrCat("state: ", what,
                     is_moved ? "; moved to " : "; ignored: ", Printable(is_moved ? aside : path)));
}

SavedDht StateFolder::LoadDht(const std::vector<HostPort>& bootstrap) {
  if (!remembers()) return {};
  const std::string path = absl::StrCat(dir_, "/", DhtFileName(bootstrap));
  const std::optional<std::string> bytes = ReadIfThere(path, kDhtFileSizeMax);
  if (!bytes.has_value()) return {};
  std::optional<SavedDht> node = ParseDhtFile(*bytes);
  if (!node.has_value()) {
    MoveAside(path, "the saved DHT table is damaged, starting with an empty one");
    return {};
  }
  if (!is_first_process()) node->id = NodeId{};
  return *std::move(node);
}

void StateFolder::SaveDht(const std::vector<HostPort>& bootstrap, const SavedDht& node) {
  if (!remembers() || !is_first_process()) return;
  std::string bytes;
  bencode::Writer writer(&bytes);
  writer.BeginDict().Key("id").Bytes(node.id.view()).Key("table").String(node.table).End();
  const absl::Status status =
      WriteFileAtomically(absl::StrCat(dir_, "/", DhtFileName(bootstrap)), bytes);
  if (!status.ok()) warn_(status.message());
}

std::shared_ptr<const storage::Metainfo> StateFolder::LoadMetainfo(const InfoHash& info_hash) {
  if (!remembers()) return nullptr;
  const std::string path = MetainfoPath(dir_, info_hash);
  const std::optional<std::string> bytes = ReadIfThere(path, storage::kMetainfoSizeMax);
  if (!bytes.has_value()) return nullptr;
  absl::StatusOr<storage::Metainfo> metainfo = storage::ParseMetainfo(AsBytes(*bytes));
  if (!metainfo.ok() || metainfo->info_hash() != info_hash) {
    MoveAside(path, "a saved torrent is damaged");
    return nullptr;
  }
  return std::make_shared<const storage::Metainfo>(*std::move(metainfo));
}

void StateFolder::SaveMetainfo(const storage::Metainfo& metainfo) {
  if (!remembers()) return;
  const absl::Status status = WriteFileAtomically(MetainfoPath(dir_, metainfo.info_hash()),
                                                  storage::EncodeMetainfo(metainfo));
  if (!status.ok()) warn_(status.message());
}

}  // namespace starling::cli
