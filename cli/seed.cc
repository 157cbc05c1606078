// `starling seed`: serves files that are here, either by a SOURCE that names them or by hashing
// them.

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "cli/command.h"
#include "cli/files.h"
#include "cli/hashing.h"
#include "cli/session.h"
#include "cli/text.h"

namespace starling::cli {

namespace {

constexpr absl::string_view kExplanation =
    "Serves files until it is stopped. A PATH to a file or folder is hashed, and its\n"
    "magnet link printed: send that link to anybody, it is all they need. A SOURCE\n"
    "is a .torrent file, a magnet link or an info-hash whose files lie in DIR; after\n"
    "a get no other peer is needed for it, since the torrent is remembered. Files\n"
    "are never written to.";

// Hashes a file or folder, and remembers its metainfo.
absl::StatusOr<SessionTorrent> HashPath(const std::string& path, StateFolder& state,
                                        Reporter& reporter) {
  ASSIGN_OR_RETURN(storage::Created created,
                   HashContent(path, {}, [&](uint64_t done, uint64_t total) {
                     reporter.OnHashing(LastName(path), done, total);
                   }));
  state.SaveMetainfo(created.metainfo);
  SessionTorrent torrent;
  torrent.source.text = path;
  torrent.source.metainfo = std::make_shared<const storage::Metainfo>(std::move(created.metainfo));
  torrent.dir = std::move(created.dir);
  torrent.made_here = true;
  return torrent;
}

absl::StatusOr<SessionTorrent> FindSource(const std::string& text, const std::string& dir,
                                          StateFolder& state) {
  SessionTorrent torrent;
  ASSIGN_OR_RETURN(torrent.source, LoadTransferSource(text, &state));
  torrent.dir = AbsolutePath(dir);
  if (!IsFolder(torrent.dir)) {
    return absl::NotFoundError(
        absl::StrCat("there is no folder ", Printable(torrent.dir), "; --dir names it"));
  }
  return torrent;
}

absl::StatusOr<int> RunSeed(const Arguments& arguments) {
  if (arguments.positionals().empty()) {
    return UsageError(
        absl::StrCat("seed needs a PATH to share, or a SOURCE and --dir", SeeHelp("seed")));
  }
  ASSIGN_OR_RETURN(TransferOptions options, ReadTransferOptions("seed", arguments));
  const std::unique_ptr<Reporter> reporter = MakeReporter(options.report);
  ASSIGN_OR_RETURN(const std::unique_ptr<StateFolder> state,
                   StateFolder::Open(StateFolder::Use::kNode, options.state_dir,
                                     [&](absl::string_view message) { reporter->Warn(message); }));
  std::vector<SessionTorrent> torrents;
  for (const std::string& text : arguments.positionals()) {
    ASSIGN_OR_RETURN(SessionTorrent torrent, LooksLikeSource(text)
                                                 ? FindSource(text, options.dir, *state)
                                                 : HashPath(text, *state, *reporter));
    torrents.push_back(std::move(torrent));
  }
  return Session(Session::Purpose::kSeed, options, *state, *reporter).Run(std::move(torrents));
}

}  // namespace

Command SeedCommand() {
  return {"seed",
          "serve files to others; a path is hashed and its magnet link printed",
          {"PATH... [OPTION]...", "SOURCE... --dir DIR [OPTION]..."},
          kExplanation,
          TransferOptionList(),
          {{"share a folder; prints the magnet link", "starling seed ~/holiday-2026"},
           {"go on serving what was fetched into ~/films",
            "starling seed 'magnet:?xt=urn:btih:...' --dir ~/films"},
           {"with at most 2 MB/s, for eight hours",
            "starling seed debian.torrent --dir ~/images --up-limit 2M --seed-after=8h"}},
          RunSeed};
}

}  // namespace starling::cli
