// `starling create`: makes a .torrent file.

#include <ctime>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "cli/command.h"
#include "cli/files.h"
#include "cli/hashing.h"
#include "cli/progress.h"
#include "cli/quantities.h"
#include "cli/reporter.h"
#include "cli/state.h"
#include "cli/terminal.h"
#include "cli/text.h"
#include "cli/transfer_options.h"
#include "storage/magnet.h"

namespace starling::cli {

namespace {

constexpr absl::string_view kExplanation =
    "Hashes the file or folder PATH with all cores and writes a .torrent file. The\n"
    "same content gives the same info-hash, whoever makes it. Most torrents need no\n"
    "tracker: peers find each other through the DHT.";

constexpr int kThreadsMax = 256;

absl::Status CheckUrl(absl::string_view option, const std::string& url,
                      std::initializer_list<absl::string_view> schemes) {
  for (const absl::string_view scheme : schemes) {
    const std::string head = absl::StrCat(scheme, "://");
    if (absl::StartsWithIgnoreCase(url, head) && url.size() > head.size()) return absl::OkStatus();
  }
  return WrongValue("create", option, url,
                    absl::StartsWith(option, "--tracker") ? "an http, https or udp address"
                                                          : "an http or https address");
}

absl::StatusOr<storage::CreateOptions> ReadCreateOptions(const Arguments& arguments) {
  storage::CreateOptions options;
  if (const auto text = arguments.Value("--piece-length")) {
    const auto length = ParseSize(*text);
    const bool is_power = length.has_value() && *length > 0 && (*length & (*length - 1)) == 0;
    if (!is_power || *length < storage::kCreatePieceLengthMin ||
        *length > storage::kPieceLengthMax) {
      return WrongValue("create", "--piece-length", *text,
                        "a power of two from 16Ki to 256Mi, such as 1Mi");
    }
    options.piece_length = static_cast<uint32_t>(*length);
  }
  if (const auto text = arguments.Value("--threads")) {
    const auto threads = ParseCount(*text, 1, kThreadsMax);
    if (!threads.has_value()) {
      return WrongValue("create", "--threads", *text,
                        absl::StrCat("a number from 1 to ", kThreadsMax));
    }
    options.threads = static_cast<int>(*threads);
  }
  for (const std::string& url : arguments.Values("--tracker")) {
    RETURN_IF_ERROR(CheckUrl("--tracker", url, {"http", "https", "udp"}));
    options.trackers.push_back({url});
  }
  for (const std::string& url : arguments.Values("--web-seed")) {
    RETURN_IF_ERROR(CheckUrl("--web-seed", url, {"http", "https"}));
    options.web_seeds.push_back(url);
  }
  options.is_private = arguments.Has("--private");
  options.comment = arguments.Value("--comment").value_or("");
  options.creation_date = static_cast<int64_t>(std::time(nullptr));
  return options;
}

void PrintResult(const storage::Created& created, const std::string& out) {
  const storage::Metainfo& metainfo = created.metainfo;
  PrintLine(absl::StrCat("wrote ", Printable(out), ": ", FormatSize(metainfo.total_size), " in ",
                         Count(metainfo.piece_count(), "piece", "pieces"), " of ",
                         FormatPieceLength(metainfo.piece_length)));
  PrintLine(absl::StrCat("info-hash ", metainfo.info_hash().hex()));
  PrintLine(storage::FormatMagnet(storage::MagnetOf(metainfo)));
  PrintLine("to serve it:");
  PrintLine(absl::StrCat("  starling seed ", ShellQuote(out), " --dir ", ShellQuote(created.dir)));
}

absl::StatusOr<int> RunCreate(const Arguments& arguments) {
  if (arguments.positionals().size() != 1) {
    return UsageError(absl::StrCat("create needs one PATH", SeeHelp("create")));
  }
  const std::string& path = arguments.positionals().front();
  ASSIGN_OR_RETURN(const storage::CreateOptions options, ReadCreateOptions(arguments));
  const std::string out =
      arguments.Value("--output").value_or(absl::StrCat(LastName(path), ".torrent"));
  // Asked before an hour of hashing, not after.
  if (PathExists(out) && !arguments.Has("--force")) {
    return absl::AlreadyExistsError(
        absl::StrCat(Printable(out), " exists already; --force replaces it"));
  }
  RETURN_IF_ERROR(MakeWritableFolder(ParentFolder(AbsolutePath(out))));
  RETURN_IF_ERROR(CheckWritableFile(out));
  const std::unique_ptr<Reporter> reporter =
      MakeReporter(arguments.Has("--quiet") ? ReportKind::kQuiet : ReportKind::kAutomatic);
  ASSIGN_OR_RETURN(
      const std::unique_ptr<StateFolder> state,
      StateFolder::Open(StateFolder::Use::kStore, arguments.Value("--state").value_or(""),
                        [&](absl::string_view message) { reporter->Warn(message); }));
  ASSIGN_OR_RETURN(const storage::Created created,
                   HashContent(path, options, [&](uint64_t done, uint64_t total) {
                     reporter->OnHashing(LastName(path), done, total);
                   }));
  RETURN_IF_ERROR(WriteFileAtomically(out, storage::EncodeMetainfo(created.metainfo)));
  state->SaveMetainfo(created.metainfo);
  if (!arguments.Has("--quiet")) PrintResult(created, out);
  return kExitDone;
}

}  // namespace

Command CreateCommand() {
  return {
      "create",
      "make a .torrent file",
      {"PATH -o OUT.torrent [OPTION]..."},
      kExplanation,
      {
          {"--output", 'o', Takes::kValue, "FILE", false,
           "the file to write; unless said, NAME.torrent in this folder"},
          {"--force", 'f', Takes::kNothing, "", false, "replace FILE if it exists"},
          {"--piece-length", 0, Takes::kValue, "N", false,
           "a power of two, such as 256Ki or 4Mi; unless said it is chosen by size"},
          {"--tracker", 0, Takes::kValue, "URL", true,
           "an http, https or udp tracker; each is tried when those before it fail"},
          {"--web-seed", 0, Takes::kValue, "URL", true,
           "an http or https server that has the files"},
          {"--private", 0, Takes::kNothing, "", false,
           "only trackers may tell peers: no DHT, no peer exchange"},
          {"--comment", 0, Takes::kValue, "TEXT", false, "a note to whoever reads the torrent"},
          {"--threads", 0, Takes::kValue, "N", false, "hash with N threads; unless said all cores"},
          {"--state", 0, Takes::kValue, "DIR", false,
           "where to remember the torrent; unless said: $XDG_STATE_HOME/starling"},
          {"--quiet", 'q', Takes::kNothing, "", false, "say nothing but what went wrong"},
      },
      {{"a folder", "starling create ~/holiday-2026 -o holiday.torrent"},
       {"a large file with a tracker besides the DHT",
        "starling create film.mkv -o film.torrent --piece-length 4Mi "
        "--tracker udp://tracker.example:6969/announce"}},
      RunCreate};
}

}  // namespace starling::cli
