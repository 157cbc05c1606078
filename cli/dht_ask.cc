#include "cli/dht_ask.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/check.h"
#include "cli/addresses.h"
#include "cli/lookup_option.h"
#include "cli/quantities.h"
#include "cli/terminal.h"
#include "cli/text.h"
#include "cli/transfer_options.h"
#include "sim/strategies.h"
#include "storage/magnet.h"

namespace starling::cli {

namespace {

constexpr Duration kTimeout = seconds(10);
constexpr Duration kWarnAfter = seconds(5);
constexpr Duration kSettleMax = seconds(2);  // how long the table may take to fill up

}  // namespace

std::vector<Option> DhtAskOptionList() {
  std::vector<Option> options = DhtOptionList();
  options.push_back({"--timeout", 0, Takes::kValue, "T", false,
                     "give up when nobody answers for T, such as 30s; 10s unless said"});
  options.push_back({"--json", 0, Takes::kNothing, "", false, "one JSON object; see docs/json.md"});
  return options;
}

std::vector<Option> DhtLookupOptionList() {
  std::vector<Option> options = DhtAskOptionList();
  options.push_back({"--verbose", 'v', Takes::kNothing, "", false,
                     "each query and how it ended, as it happens; with --json an object each"});
  return options;
}

absl::StatusOr<DhtAskOptions> ReadDhtAskOptions(absl::string_view command,
                                                const Arguments& arguments) {
  DhtAskOptions options;
  options.json = arguments.Has("--json");
  options.verbose = arguments.Has("--verbose");
  options.state_dir = arguments.Value("--state").value_or("");
  options.timeout = kTimeout;
  if (const auto text = arguments.Value("--timeout")) {
    const std::optional<Duration> timeout = ParseDuration(*text);
    if (!timeout.has_value() || *timeout <= Duration(0)) {
      return WrongValue(command, "--timeout", *text, "a time, such as 30s or 2m");
    }
    options.timeout = *timeout;
  }
  options.host.read_only = true;
  ASSIGN_OR_RETURN(options.host.security, ReadDhtSecurity(command, arguments));
  ASSIGN_OR_RETURN(options.host.bootstrap,
                   ReadBootstrap("--bootstrap", arguments.Values("--bootstrap")));
  ASSIGN_OR_RETURN(options.host.listen, ReadListen(arguments.Values("--listen")));
  ASSIGN_OR_RETURN(options.host.lookup,
                   ReadLookup(command, arguments, arguments.strategies()->lookups));
  return options;
}

absl::StatusOr<InfoHash> ReadInfoHash(absl::string_view command, const Arguments& arguments) {
  if (arguments.positionals().size() != 1) {
    return UsageError(absl::StrCat(command, " needs one INFOHASH", SeeHelp(command)));
  }
  const std::string& text = arguments.positionals().front();
  const absl::StatusOr<storage::Magnet> magnet = storage::ParseMagnet(text);
  if (magnet.ok()) return magnet->info_hash();
  return UsageError(absl::StrCat(Shorten(Printable(text), 60), ": must be an info-hash of 40 ",
                                 "digits or a magnet link", SeeHelp(command)));
}

DhtEntry::Stage DhtEntry::Tick(Time now) {
  if (is_ready_) return Stage::kReady;
  begin_ = std::min(begin_, now);
  if (host_.nodes_known() == 0) {
    if (now - begin_ >= timeout_) {
      Complain(timeout_, "");
      return Stage::kFailed;
    }
    if (!has_warned_ && now - begin_ >= kWarnAfter && timeout_ > 2 * kWarnAfter) {
      has_warned_ = true;
      Complain(kWarnAfter, "; still trying");
    }
    return Stage::kWaiting;
  }
  known_since_ = std::min(known_since_, now);
  const bool is_settled = host_.dht().stats().lookups_running == 0;
  if (!is_settled && now - known_since_ < kSettleMax) return Stage::kWaiting;
  is_ready_ = true;
  return Stage::kReady;
}

void DhtEntry::Complain(Duration waited, absl::string_view what_now) const {
  if (bootstrap_.empty()) {
    PrintError(absl::StrCat("no DHT node is known: --bootstrap HOST:PORT names one to begin with",
                            what_now));
    return;
  }
  std::vector<std::string> tried;
  for (const HostPort& place : bootstrap_) {
    const absl::StatusOr<std::vector<Endpoint>> found = ResolveHostPort(place);
    tried.push_back(absl::StrCat(FormatHostPort(place), " (",
                                 found.ok() ? "no answer" : found.status().message(), ")"));
  }
  PrintError(absl::StrCat("no DHT node answered in ", FormatDuration(waited), "; tried ",
                          absl::StrJoin(tried, ", "),
                          ": is there a network, and is UDP let through? --bootstrap HOST:PORT "
                          "names another node to ask",
                          what_now));
}

}  // namespace starling::cli
