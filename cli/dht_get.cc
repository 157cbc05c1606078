// `starling dht get`: an item that somebody stored in the DHT (BEP 44).

#include <cstdio>
#include <optional>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "cli/command.h"
#include "cli/dht_ask.h"
#include "cli/item_text.h"
#include "cli/progress.h"
#include "cli/quantities.h"
#include "cli/step_show.h"
#include "cli/terminal.h"
#include "cli/text.h"

namespace starling::cli {

namespace {

constexpr absl::string_view kExplanation =
    "Fetches an item that somebody stored in the DHT with `dht put` or another\n"
    "program (BEP 44) and writes its value to standard output: the text itself if it\n"
    "is one, else as JSON. TARGET (40 digits) is the hash of an immutable item, or\n"
    "names a mutable one; KEY (64 digits) is the public key of a mutable one, SALT\n"
    "its salt. What does not match the hash or the key is not believed; of a mutable\n"
    "item the newest version counts.";

constexpr Duration kSearchMax = minutes(1);

class GetRun final : private dht::ItemSink {
 public:
  GetRun(DhtHost& host, const DhtAskOptions& options, const ItemPlace& place)
      : host_(host),
        entry_(host, options),
        place_(place),
        json_(options.json),
        steps_(options.verbose, options.json, NodeId::From(place.target)) {}

  std::optional<int> Tick(Time now) {
    if (code_.has_value()) return code_;
    if (asked_at_ != kNever) {
      if (now - asked_at_ < kSearchMax) return std::nullopt;
      PrintError("the search did not end within a minute");
      return kExitCouldNot;
    }
    const DhtEntry::Stage stage = entry_.Tick(now);
    if (stage == DhtEntry::Stage::kFailed) return kExitCouldNot;
    if (stage == DhtEntry::Stage::kWaiting) return std::nullopt;
    asked_at_ = now;
    host_.dht().GetItem(now, place_.target, place_.salt, *this);
    return std::nullopt;
  }

 private:
  bool wants_steps() const override { return steps_.is_on(); }
  void OnStep(Time now, dht::LookupId, const dht::LookupStep& step) override {
    steps_.Print(now, step);
  }
  void OnItem(Time, dht::LookupId, const dht::Item&) override {}
  void OnItemDone(Time, dht::LookupId, const dht::ItemReport& report,
                  const dht::LookupReport& path) override {
    code_ = report.found.has_value() ? kExitDone : kExitCouldNot;
    if (!report.found.has_value()) {
      PrintError(absl::StrCat("no node has ", place_.target.hex(), "; asked ",
                              Count(static_cast<uint64_t>(path.replies), "node", "nodes"),
                              " that answered"));
    } else if (json_) {
      PrintLine(ItemGotJson(place_.target, *report.found, report, path));
    } else {
      Print(*report.found);
    }
  }
  // To the byte into a file or a pipe; what a terminal is shown cannot command it.
  static void Print(const dht::Item& item) {
    const std::string text = ItemValueText(item);
    if (OutputIsTerminal() || !IsBencodedString(item)) return PrintLine(Printable(text));
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
  }

  DhtHost& host_;
  DhtEntry entry_;
  const ItemPlace place_;
  const bool json_;
  StepShow steps_;
  Time asked_at_ = kNever;
  std::optional<int> code_;
};

absl::StatusOr<int> RunGet(const Arguments& arguments) {
  if (arguments.positionals().size() != 1) {
    return UsageError(absl::StrCat("dht get needs one TARGET or KEY[:SALT]", SeeHelp("dht get")));
  }
  const std::string& text = arguments.positionals().front();
  const std::optional<ItemPlace> place = ParseItemPlace(text);
  if (!place.has_value()) {
    return UsageError(absl::StrCat(Shorten(Printable(text), 80), ": must be a target of 40 digits ",
                                   "or a key of 64, and a salt of at most 64 bytes after a colon",
                                   SeeHelp("dht get")));
  }
  ASSIGN_OR_RETURN(const DhtAskOptions options, ReadDhtAskOptions("dht get", arguments));
  ASSIGN_OR_RETURN(const std::unique_ptr<StateFolder> state,
                   StateFolder::Open(StateFolder::Use::kNode, options.state_dir, PrintError));
  ASSIGN_OR_RETURN(const std::unique_ptr<DhtHost> host, DhtHost::Start(options.host, state.get()));
  GetRun run(*host, options, *place);
  return host->Run([&](Time now) { return run.Tick(now); });
}

}  // namespace

Command DhtGetCommand() {
  return {"dht get",
          "fetch an item that somebody stored in the DHT",
          {"TARGET|KEY[:SALT] [--bootstrap HOST:PORT]... [-v] [--json]"},
          kExplanation,
          DhtLookupOptionList(),
          {{"an immutable item", "starling dht get e5f96f6f38320f0f33959cb4d3d656452117aadb"},
           {"a mutable one with a salt",
            "starling dht get 77ff84905a91936367c01360803104f92432fcd904a43511876df5cdf3e7e548:"
            "foobar"}},
          RunGet};
}

}  // namespace starling::cli
