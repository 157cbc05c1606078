// `starling get`: magnet links, torrents or hashes in, verified files out.

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "cli/command.h"
#include "cli/files.h"
#include "cli/session.h"
#include "cli/sources.h"
#include "cli/text.h"

namespace starling::cli {

namespace {

constexpr absl::string_view kExplanation =
    "Fetches what each SOURCE names into DIR: a magnet link, a .torrent file, or an\n"
    "info-hash of 40 digits. Peers are found through the DHT; trackers are asked\n"
    "only when it finds too few. Every piece is verified before it counts, and what\n"
    "lies in DIR already is checked and used, so the same command goes on where it\n"
    "was stopped.\n"
    "\n"
    "While it fetches it serves others, too. When all is there it ends, and prints\n"
    "the command that goes on serving; --seed-after serves on at once.";

// The same command goes on where it was stopped, so its file may be there already: then there is
// nothing to save, and `path` is emptied. Nothing of the user's is replaced.
absl::Status PrepareSaveTorrent(const InfoHash& info_hash, std::string* path) {
  RETURN_IF_ERROR(CheckWritableFile(*path));
  if (!PathExists(*path)) return absl::OkStatus();
  // Absolute, so that no name is taken for a magnet link or a hash.
  const absl::StatusOr<Source> there = LoadSource(AbsolutePath(*path), nullptr);
  if (there.ok() && there->info_hash() == info_hash) {
    path->clear();
    return absl::OkStatus();
  }
  return absl::AlreadyExistsError(absl::StrCat(
      "--save-torrent: ", Printable(*path), " exists and is not this torrent; name another file"));
}

absl::StatusOr<int> RunGet(const Arguments& arguments) {
  if (arguments.positionals().empty()) {
    return UsageError(
        absl::StrCat("get needs a SOURCE: a magnet link, a .torrent file or an "
                     "info-hash",
                     SeeHelp("get")));
  }
  ASSIGN_OR_RETURN(TransferOptions options, ReadTransferOptions("get", arguments));
  if (!options.save_torrent.empty() && arguments.positionals().size() > 1) {
    return UsageError(absl::StrCat("--save-torrent takes one SOURCE only", SeeHelp("get")));
  }
  const std::unique_ptr<Reporter> reporter = MakeReporter(options.report);
  ASSIGN_OR_RETURN(const std::unique_ptr<StateFolder> state,
                   StateFolder::Open(StateFolder::Use::kNode, options.state_dir,
                                     [&](absl::string_view message) { reporter->Warn(message); }));
  std::vector<SessionTorrent> torrents;
  const std::string dir = AbsolutePath(options.dir);
  for (const std::string& text : arguments.positionals()) {
    SessionTorrent torrent;
    ASSIGN_OR_RETURN(torrent.source, LoadTransferSource(text, state.get()));
    torrent.dir = dir;
    torrents.push_back(std::move(torrent));
  }
  if (!options.save_torrent.empty()) {
    RETURN_IF_ERROR(PrepareSaveTorrent(torrents.front().source.info_hash(), &options.save_torrent));
  }
  RETURN_IF_ERROR(MakeWritableFolder(dir));
  return Session(Session::Purpose::kGet, options, *state, *reporter).Run(std::move(torrents));
}

}  // namespace

Command GetCommand() {
  std::vector<Option> options = TransferOptionList();
  options.push_back({"--save-torrent", 0, Takes::kValue, "FILE", false,
                     "write the .torrent once the metadata is known"});
  return {"get",
          "fetch files by magnet link, .torrent file or info-hash",
          {"SOURCE... [-d DIR] [OPTION]..."},
          kExplanation,
          std::move(options),
          {{"fetch into ~/films", "starling get 'magnet:?xt=urn:btih:...' -d ~/films"},
           {"only the text files, then serve others until twice the size is given",
            "starling get debian.torrent --select '*.txt' --seed-after=2"},
           {"in a network of one's own, from one known peer",
            "starling get 'magnet:...' --dht-bootstrap none --trackers never "
            "--peer 192.168.0.7:6881"},
           {"in a script: give up when nothing comes for ten minutes",
            "starling get 'magnet:...' --timeout 10m --json"}},
          RunGet};
}

}  // namespace starling::cli
