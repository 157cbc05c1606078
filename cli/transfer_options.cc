#include "cli/transfer_options.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "cli/addresses.h"
#include "cli/choker_option.h"
#include "cli/files.h"
#include "cli/lookup_option.h"
#include "cli/text.h"
#include "sim/strategies.h"

namespace starling::cli {

namespace {

constexpr absl::string_view kSizeForm = "bytes a second, such as 500K, 2M or 1.5Mi";
constexpr uint64_t kPeersMax = 10'000;

// Reads one option at a time and remembers the first error, so that the list below stays a list.
class Reader {
 public:
  Reader(absl::string_view command, const Arguments& arguments)
      : command_(command), arguments_(arguments) {}

  template <class Value, class Parse>
  void Take(absl::string_view option, Parse parse, absl::string_view what, Value* value) {
    const std::optional<std::string> text = arguments_.Value(option);
    if (!text.has_value() || !status_.ok()) return;
    const auto parsed = parse(*text);
    if (parsed.has_value()) {
      *value = static_cast<Value>(*parsed);
    } else {
      status_ = WrongValue(command_, option, *text, what);
    }
  }
  absl::Status status() const { return status_; }

 private:
  absl::string_view command_;
  const Arguments& arguments_;
  absl::Status status_;
};

std::optional<TrackerRule> ParseTrackerRule(absl::string_view text) {
  if (text == "fallback") return TrackerRule::kFallback;
  if (text == "always") return TrackerRule::kAlways;
  if (text == "never") return TrackerRule::kNever;
  return std::nullopt;
}

std::vector<std::string> NetworkWords(const Arguments& arguments) {
  std::vector<std::string> words;
  for (const absl::string_view name : {"--dht-bootstrap", "--listen", "--trackers", "--select"}) {
    for (const std::string& value : arguments.Values(name)) {
      words.push_back(absl::StrCat(name, " ", ShellQuote(value)));
    }
  }
  // The line may be typed in another folder.
  if (const auto state = arguments.Value("--state")) {
    words.push_back(absl::StrCat("--state ", ShellQuote(AbsolutePath(*state))));
  }
  if (arguments.Has("--no-dht")) words.push_back("--no-dht");
  return words;
}

absl::Status CheckCombinations(absl::string_view command, const Arguments& arguments) {
  if (arguments.Has("--no-dht") && arguments.Has("--dht-bootstrap")) {
    return UsageError(
        absl::StrCat("--no-dht and --dht-bootstrap contradict each other", SeeHelp(command)));
  }
  if (arguments.Has("--json") && arguments.Has("--quiet")) {
    return UsageError(absl::StrCat("--json and --quiet contradict each other", SeeHelp(command)));
  }
  return absl::OkStatus();
}

Option DhtSecurityOption() {
  return {"--dht-security",
          0,
          Takes::kValue,
          "WHAT",
          false,
          "nodes whose id is not bound to their address (BEP 42): off, no difference; prefer, "
          "others come first (this is the default); enforce, they do not count. Private networks "
          "are exempt"};
}

}  // namespace

absl::Status WrongValue(absl::string_view command, absl::string_view option,
                        absl::string_view value, absl::string_view what) {
  return UsageError(
      absl::StrCat(option, " ", Printable(value), ": must be ", what, SeeHelp(command)));
}

std::vector<Option> TransferOptionList() {
  return {
      {"--dir", 'd', Takes::kValue, "DIR", false, "the folder of the files; this one unless said"},
      {"--peer", 0, Takes::kValue, "HOST:PORT", true, "a peer to try first"},
      {"--dht-bootstrap", 0, Takes::kValue, "HOST:PORT", true,
       "DHT nodes to begin with, instead of the well-known ones; none: ask nobody"},
      {"--listen", 0, Takes::kValue, "HOST:PORT", true,
       "where others reach us, TCP and UDP; port 0: a free one. Unless said: port 6881 or the "
       "next free one on all addresses"},
      {"--no-dht", 0, Takes::kNothing, "", false, "take no part in the DHT"},
      DhtSecurityOption(),
      {"--trackers", 0, Takes::kValue, "WHEN", false,
       "fallback: only if the DHT finds too few peers (this is the default); always; never. "
       "Private torrents use only trackers, whatever is said here"},
      {"--select", 0, Takes::kValue, "PATTERN", true,
       "only files whose path matches, such as '*.iso' or 'docs/*'"},
      {"--sequential", 0, Takes::kNothing, "", false, "fetch pieces in order"},
      {"--down-limit", 0, Takes::kValue, "RATE", false, "bytes a second, such as 500K or 2M"},
      {"--up-limit", 0, Takes::kValue, "RATE", false, "bytes a second, such as 500K or 2M"},
      {"--max-peers", 0, Takes::kValue, "N", false,
       "connections, a torrent and in all; 50 and 200 unless said"},
      ChokerOption(),
      LookupOption(),
      {"--seed-after", 0, Takes::kOptionalValue, "RATIO|TIME", false,
       "serve others once complete: until stopped, up to a ratio (1.5) or for a time (2h)"},
      {"--timeout", 0, Takes::kValue, "T", false,
       "give up when nothing is gained for T, such as 90s or 10m; what is there is kept"},
      {"--state", 0, Takes::kValue, "DIR", false,
       "where to remember the DHT and torrents; unless said: $XDG_STATE_HOME/starling"},
      {"--json", 0, Takes::kNothing, "", false, "one JSON object a line; see docs/json.md"},
      {"--quiet", 'q', Takes::kNothing, "", false, "say nothing but what went wrong"},
  };
}

std::vector<Option> DhtOptionList() {
  return {
      {"--listen", 0, Takes::kValue, "HOST:PORT", true,
       "where others reach us; port 0: a free one. Unless said: port 6881 or the next free one "
       "on all addresses"},
      {"--bootstrap", 0, Takes::kValue, "HOST:PORT", true,
       "DHT nodes to begin with, instead of the well-known ones; none: ask nobody"},
      DhtSecurityOption(),
      LookupOption(),
      {"--state", 0, Takes::kValue, "DIR", false,
       "where to remember the DHT; unless said: $XDG_STATE_HOME/starling"},
  };
}

absl::StatusOr<TransferOptions> ReadTransferOptions(absl::string_view command,
                                                    const Arguments& arguments) {
  RETURN_IF_ERROR(CheckCombinations(command, arguments));
  TransferOptions options;
  ClientOptions& client = options.node.client;
  client.dht = !arguments.Has("--no-dht");
  client.dht_waits_for_torrent = true;
  ASSIGN_OR_RETURN(client.dht_routers,
                   ReadBootstrap("--dht-bootstrap", arguments.Values("--dht-bootstrap")));
  for (const std::string& peer : arguments.Values("--peer")) {
    ASSIGN_OR_RETURN(HostPort place, ParseHostPort("--peer", peer));
    options.peers.push_back(std::move(place));
  }

  Reader reader(command, arguments);
  uint32_t peers_max = 0;
  reader.Take("--trackers", ParseTrackerRule, "fallback, always or never", &client.trackers);
  reader.Take("--down-limit", ParseRate, kSizeForm, &client.down_rate);
  reader.Take("--up-limit", ParseRate, kSizeForm, &client.up_rate);
  reader.Take(
      "--max-peers", [](absl::string_view text) { return ParseCount(text, 1, kPeersMax); },
      absl::StrCat("a number from 1 to ", kPeersMax), &peers_max);
  reader.Take("--timeout", ParseDuration, "a time, such as 90s, 10m or 2h", &options.timeout);
  if (arguments.Has("--seed-after")) options.seed_after = SeedForever{};
  reader.Take("--seed-after", ParseSeedAfter, "a ratio such as 1.5 or a time such as 2h",
              &options.seed_after);
  RETURN_IF_ERROR(reader.status());
  if (options.timeout == Duration(0)) {
    return WrongValue(command, "--timeout", *arguments.Value("--timeout"), "longer than nothing");
  }
  ASSIGN_OR_RETURN(client.choker, ReadChoker(command, arguments, arguments.strategies()->chokers));
  ASSIGN_OR_RETURN(client.dht_lookup,
                   ReadLookup(command, arguments, arguments.strategies()->lookups));
  if (peers_max > 0) client.peers_max = client.peers_per_torrent_max = peers_max;

  ASSIGN_OR_RETURN(client.dht_security, ReadDhtSecurity(command, arguments));

  options.select = arguments.Values("--select");
  options.sequential = arguments.Has("--sequential");
  options.dir = arguments.Value("--dir").value_or(".");
  options.save_torrent = arguments.Value("--save-torrent").value_or("");
  options.state_dir = arguments.Value("--state").value_or("");
  if (arguments.Has("--json")) options.report = ReportKind::kJson;
  if (arguments.Has("--quiet")) options.report = ReportKind::kQuiet;
  options.network_words = NetworkWords(arguments);
  // Last, since names may have to be asked for.
  ASSIGN_OR_RETURN(options.node.listen, ReadListen(arguments.Values("--listen")));
  return options;
}

absl::StatusOr<std::vector<HostPort>> ReadBootstrap(absl::string_view option,
                                                    const std::vector<std::string>& values) {
  if (values.empty()) return WellKnownRouters();
  std::vector<HostPort> nodes;
  for (const std::string& value : values) {
    if (value == "none") {
      if (values.size() > 1) {
        return UsageError(absl::StrCat(option, " none cannot stand beside other nodes"));
      }
      return nodes;
    }
    ASSIGN_OR_RETURN(HostPort node, ParseHostPort(option, value));
    nodes.push_back(std::move(node));
  }
  return nodes;
}

absl::StatusOr<dht::IdSecurity> ReadDhtSecurity(absl::string_view command,
                                                const Arguments& arguments) {
  const std::string text = arguments.Value("--dht-security").value_or("prefer");
  if (text == "off") return dht::IdSecurity::kOff;
  if (text == "prefer") return dht::IdSecurity::kPrefer;
  if (text == "enforce") return dht::IdSecurity::kEnforce;
  return WrongValue(command, "--dht-security", text, "off, prefer or enforce");
}

absl::StatusOr<std::vector<Endpoint>> ReadListen(const std::vector<std::string>& values) {
  std::vector<Endpoint> listen;
  for (const std::string& value : values) {
    ASSIGN_OR_RETURN(const HostPort place, ParseHostPort("--listen", value, true));
    ASSIGN_OR_RETURN(const std::vector<Endpoint> endpoints, ResolveHostPort(place));
    // One address a word: a name like localhost has two, and a port taken on one is a surprise.
    listen.push_back(endpoints.front());
  }
  return listen;
}

}  // namespace starling::cli
