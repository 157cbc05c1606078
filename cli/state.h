// What the program remembers between runs, in a folder of files that anybody may read or delete:
//
//   lock                      held (flock) by the first process that uses the folder
//   dht-0123456789ab.state    node id and routing table, one file for each set of bootstrap nodes
//   metainfo/INFOHASH.torrent every metainfo that was fetched or made
//
// Only the first process writes tables and uses the stored node id; further ones read the table,
// take a random id (two nodes with one id would confuse the network) and store metainfo as well.
// Files are replaced whole. A damaged one is moved aside, with a word, and a fresh one begun.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/id.h"
#include "node/options.h"
#include "storage/metainfo.h"

namespace starling::cli {

// A DHT node at rest.
struct SavedDht {
  NodeId id;          // zero: take a random one
  std::string table;  // dht::Node::Save
};

class StateFolder {
 public:
  // Called with a sentence for the user when something could not be kept or read.
  using Warn = std::function<void(absl::string_view message)>;

  enum class Use {
    kRead,   // only looks: makes no folder
    kStore,  // keeps torrents
    kNode,   // runs a node: takes the lock if it is free
  };

  // `dir` as given with --state; empty: the XDG state folder. A folder that was named but cannot be
  // used is an error; without a usable default folder the program works, and remembers nothing.
  static absl::StatusOr<std::unique_ptr<StateFolder>> Open(Use use, const std::string& dir,
                                                           Warn warn);
  ~StateFolder();
  StateFolder(const StateFolder&) = delete;
  StateFolder& operator=(const StateFolder&) = delete;

  bool remembers() const { return !dir_.empty(); }
  bool is_first_process() const { return lock_ >= 0; }
  const std::string& dir() const { return dir_; }

  // The stored node of the network that `bootstrap` leads to. Nothing stored: empty.
  SavedDht LoadDht(const std::vector<HostPort>& bootstrap);
  // Does nothing unless this is the first process.
  void SaveDht(const std::vector<HostPort>& bootstrap, const SavedDht& node);

  // Null if there is none.
  std::shared_ptr<const storage::Metainfo> LoadMetainfo(const InfoHash& info_hash);
  void SaveMetainfo(const storage::Metainfo& metainfo);

 private:
  StateFolder(std::string dir, Warn warn) : dir_(std::move(dir)), warn_(std::move(warn)) {}
  void Lock();
  std::optional<std::string> ReadIfThere(const std::string& path, uint64_t size_max);
  void MoveAside(const std::string& path, absl::string_view what);

  std::string dir_;
  Warn warn_;
  int lock_ = -1;
};

// Where state lies unless said otherwise: $XDG_STATE_HOME/starling or ~/.local/state/starling;
// empty if the user has no home.
std::string DefaultStateDir();
// "dht-0123456789ab.state": the same for each order of the same set.
std::string DhtFileName(const std::vector<HostPort>& bootstrap);

}  // namespace starling::cli
