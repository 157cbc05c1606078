// `starling show`: everything that a .torrent file or a magnet link says, or what its trackers say.

#include <algorithm>
#include <ctime>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/check.h"
#include "cli/addresses.h"
#include "cli/command.h"
#include "cli/json_out.h"
#include "cli/progress.h"
#include "cli/quantities.h"
#include "cli/show_scrape.h"
#include "cli/sources.h"
#include "cli/terminal.h"
#include "cli/text.h"

namespace starling::cli {

namespace {

constexpr absl::string_view kExplanation =
    "Prints everything that a .torrent file or a magnet link says. Nothing is asked\n"
    "on the network; of a magnet link or info-hash that was fetched before, the\n"
    "whole torrent is remembered and shown.\n"
    "\n"
    "With --scrape it asks instead: every tracker that the torrent names, over HTTP\n"
    "and UDP and all at once, how many seeders and leechers it counts and how often\n"
    "the torrent was downloaded. Nothing is announced. Who has not answered after 15\n"
    "seconds is not waited for.";

constexpr int kKeyCells = 14;

void Row(absl::string_view key, absl::string_view value) {
  if (!value.empty()) PrintLine(absl::StrCat(PadRight(key, kKeyCells), value));
}

// The first value beside the key, the others below it.
void Rows(absl::string_view key, const std::vector<std::string>& values) {
  for (size_t i = 0; i < values.size(); ++i) Row(i == 0 ? key : "", Printable(values[i]));
}

std::string FormatDate(int64_t seconds_since_1970) {
  const std::time_t when = seconds_since_1970;
  std::tm parts{};
  char text[64];
  if (gmtime_r(&when, &parts) == nullptr ||
      std::strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &parts) == 0) {
    return absl::StrCat(seconds_since_1970, " seconds since 1970");
  }
  return text;
}

std::vector<std::string> PlaceTexts(const std::vector<HostPort>& places) {
  std::vector<std::string> texts;
  for (const HostPort& place : places) texts.push_back(FormatHostPort(place));
  return texts;
}

void ShowFiles(const storage::Metainfo& metainfo) {
  int width = 0;
  uint64_t files = 0;
  for (const storage::FileEntry& file : metainfo.files) {
    width = std::max(width, DisplayWidth(FormatSize(file.length)));
    if (!file.is_padding()) ++files;
  }
  PrintLine("");
  PrintLine(Count(files, "file", "files"));
  for (const storage::FileEntry& file : metainfo.files) {
    if (file.is_padding()) continue;
    std::string line = absl::StrCat("  ", PadLeft(FormatSize(file.length), width), "  ",
                                    Printable(file.JoinedPath()));
    if (file.is_symlink()) {
      absl::StrAppend(&line, " -> ", Printable(absl::StrJoin(file.symlink, "/")));
    }
    if (file.is_executable()) line += " (executable)";
    PrintLine(line);
  }
}

void ShowMetainfo(const storage::Metainfo& metainfo) {
  Row("name", Printable(metainfo.name));
  if (metainfo.info_hash_v1.has_value()) Row("info-hash", metainfo.info_hash_v1->hex());
  if (metainfo.info_hash_v2.has_value()) Row("info-hash v2", metainfo.info_hash_v2->hex());
  Row("size", absl::StrCat(FormatSize(metainfo.total_size), " (", metainfo.total_size, " bytes)"));
  Row("pieces",
      absl::StrCat(metainfo.piece_count(), " of ", FormatPieceLength(metainfo.piece_length)));
  std::vector<std::string> tiers;
  for (const std::vector<std::string>& tier : metainfo.trackers) {
    tiers.push_back(absl::StrJoin(tier, "  "));
  }
  Rows("trackers", tiers);
  Rows("web seeds", metainfo.web_seeds);
  Rows("DHT nodes", PlaceTexts(metainfo.nodes));
  Row("private", metainfo.is_private ? "yes: only trackers may tell peers" : "no");
  Row("comment", Printable(metainfo.comment));
  Row("created by", Printable(metainfo.created_by));
  if (metainfo.creation_date.has_value()) Row("created", FormatDate(*metainfo.creation_date));
  Row("magnet", storage::FormatMagnet(storage::MagnetOf(metainfo)));
  ShowFiles(metainfo);
}

void ShowMagnet(const storage::Magnet& magnet) {
  Row("name", magnet.name.empty() ? "not said" : Printable(magnet.name));
  if (magnet.info_hash_v1.has_value()) Row("info-hash", magnet.info_hash_v1->hex());
  if (magnet.info_hash_v2.has_value()) Row("info-hash v2", magnet.info_hash_v2->hex());
  Rows("trackers", magnet.trackers);
  Rows("web seeds", magnet.web_seeds);
  Rows("peers", PlaceTexts(magnet.peers));
  std::vector<std::string> ranges;
  for (const auto& range : magnet.select_only) {
    ranges.push_back(range.first == range.second ? absl::StrCat(range.first)
                                                 : absl::StrCat(range.first, "-", range.second));
  }
  Row("only files", absl::StrJoin(ranges, ", "));
  Row("magnet", storage::FormatMagnet(magnet));
}

absl::StatusOr<int> RunShow(const Arguments& arguments) {
  if (arguments.positionals().size() != 1) {
    return UsageError(absl::StrCat("show needs one SOURCE", SeeHelp("show")));
  }
  ASSIGN_OR_RETURN(const std::unique_ptr<StateFolder> state,
                   StateFolder::Open(StateFolder::Use::kRead,
                                     arguments.Value("--state").value_or(""), PrintError));
  ASSIGN_OR_RETURN(const Source source, LoadSource(arguments.positionals().front(), state.get()));
  if (arguments.Has("--scrape")) return ShowScrape(source, arguments.Has("--json"));
  if (arguments.Has("--json")) {
    PrintLine(source.metainfo != nullptr ? MetainfoJson(*source.metainfo)
                                         : MagnetJson(*source.magnet));
  } else if (source.metainfo != nullptr) {
    ShowMetainfo(*source.metainfo);
  } else {
    ShowMagnet(*source.magnet);
  }
  return kExitDone;
}

}  // namespace

Command ShowCommand() {
  return {
      "show",
      "print what a .torrent file or a magnet link says",
      {"SOURCE [--scrape] [--json]"},
      kExplanation,
      {{"--scrape", 0, Takes::kNothing, "", false, "ask its trackers how many share it"},
       {"--json", 0, Takes::kNothing, "", false, "as one JSON object; see docs/json.md"},
       {"--state", 0, Takes::kValue, "DIR", false,
        "where torrents are remembered; unless said: $XDG_STATE_HOME/starling"}},
      {{"what is in it?", "starling show debian.torrent"},
       {"its files, for a script", "starling show debian.torrent --json | jq -r '.files[].path'"},
       {"does anybody share it?", "starling show debian.torrent --scrape"}},
      RunShow};
}

}  // namespace starling::cli
