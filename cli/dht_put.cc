// `starling dht put`: stores an item in the DHT (BEP 44).

#include <iostream>
#include <limits>
#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/bencode.h"
#include "base/check.h"
#include "cli/command.h"
#include "cli/dht_ask.h"
#include "cli/files.h"
#include "cli/item_key.h"
#include "cli/item_text.h"
#include "cli/progress.h"
#include "cli/quantities.h"
#include "cli/step_show.h"
#include "cli/terminal.h"
#include "cli/text.h"
#include "cli/transfer_options.h"
#include "node/system_random.h"

namespace starling::cli {

namespace {

constexpr absl::string_view kExplanation =
    "Stores VALUE, or with - what standard input holds, at the nodes of the DHT that\n"
    "are closest to it (BEP 44): at most 1000 bytes bencoded. They keep it for two\n"
    "hours; --keep stays and stores it again every hour.\n"
    "An immutable item is found by the hash of its value. A mutable one, --mutable,\n"
    "is found by the public key of the key in FILE, and changed by whoever has that\n"
    "file; SALT tells several items of one key apart. Its sequence number is one\n"
    "more than that of the stored one unless --seq names it; with --cas nothing is\n"
    "changed but the version that has the sequence number N.";

constexpr Duration kSearchMax = minutes(1);
constexpr size_t kInputMax = 64 * 1024;

struct PutWish {
  std::string value;  // bencoded
  std::optional<SigningSeed> seed;
  std::string salt;
  std::optional<int64_t> seq;
  std::optional<int64_t> cas;

  dht::Item Make(int64_t seq_number) const {
    if (seed.has_value()) return dht::SignItem(*seed, salt, seq_number, value);
    dht::Item item;
    item.value = value;
    return item;
  }
};

class PutRun final : private dht::ItemSink {
 public:
  // `same_network`: the options with which `dht get` asks the same nodes.
  PutRun(DhtHost& host, const DhtAskOptions& options, PutWish wish, bool keeps,
         std::string same_network)
      : host_(host),
        entry_(host, options),
        wish_(std::move(wish)),
        keeps_(keeps),
        json_(options.json),
        same_network_(std::move(same_network)),
        steps_(options.verbose, options.json, NodeId::From(wish_.Make(0).target())) {}

  std::optional<int> Tick(Time now) {
    if (code_.has_value()) return code_;
    if (is_kept_) return std::nullopt;
    if (asked_at_ != kNever) {
      if (now - asked_at_ < kSearchMax) return std::nullopt;
      PrintError("the put did not end within a minute");
      return kExitCouldNot;
    }
    const DhtEntry::Stage stage = entry_.Tick(now);
    if (stage == DhtEntry::Stage::kFailed) return kExitCouldNot;
    if (stage == DhtEntry::Stage::kWaiting) return std::nullopt;
    asked_at_ = now;
    dht::ItemPut put{wish_.Make(0).target(), wish_.salt, nullptr, wish_.cas};
    put.compose = [this](const dht::Item* current) { return Compose(current); };
    host_.dht().PutItem(now, std::move(put), *this);
    return std::nullopt;
  }

 private:
  // What every node would refuse is not even sent.
  std::optional<dht::Item> Compose(const dht::Item* current) {
    if (!wish_.seed.has_value()) return wish_.Make(0);
    const int64_t stored = current == nullptr ? 0 : current->seq;
    if (current != nullptr && wish_.cas.has_value() && *wish_.cas != stored) {
      why_not_ = absl::StrCat("the stored item has the sequence number ", stored, ", not ",
                              *wish_.cas, ": read it again before you change it (error 301)");
      return std::nullopt;
    }
    if (!wish_.seq.has_value() && stored == std::numeric_limits<int64_t>::max()) {
      why_not_ = "the stored item has the highest sequence number there is (error 302)";
      return std::nullopt;
    }
    const dht::Item item = wish_.Make(wish_.seq.value_or(stored + 1));
    const bool is_same = current != nullptr && item.seq == stored && item.value == current->value;
    if (current != nullptr && item.seq <= stored && !is_same) {
      why_not_ = absl::StrCat("the stored item has the sequence number ", stored,
                              ": a change needs a higher one than ", item.seq, " (error 302)");
      return std::nullopt;
    }
    return item;
  }
  bool wants_steps() const override { return steps_.is_on(); }
  void OnStep(Time now, dht::LookupId, const dht::LookupStep& step) override {
    steps_.Print(now, step);
  }
  void OnItem(Time, dht::LookupId, const dht::Item&) override {}
  void OnItemDone(Time now, dht::LookupId, const dht::ItemReport& report,
                  const dht::LookupReport& path) override {
    const std::string refusals = ExplainRefusals(report);
    const bool is_done = report.stored > 0;
    if (!why_not_.empty()) {
      PrintError(why_not_);
    } else if (!report.put.has_value()) {
      PrintError(absl::StrCat("no node would store it; ",
                              Count(static_cast<uint64_t>(path.replies), "node", "nodes"),
                              " answered"));
    } else if (!refusals.empty()) {
      PrintError(refusals);
    } else if (!is_done) {
      PrintError("no node confirmed that it stored it");
    }
    if (report.put.has_value()) Print(*report.put, report, path);
    if (!is_done || !keeps_) {
      code_ = is_done ? kExitDone : kExitCouldNot;
      return;
    }
    is_kept_ = host_.dht().KeepItem(now, *report.put);
    if (!json_) PrintLine("storing it again every hour, until stopped");
  }
  void Print(const dht::Item& item, const dht::ItemReport& report,
             const dht::LookupReport& path) const {
    const dht::ItemTarget target = item.target();
    if (json_) return PrintLine(ItemPutJson(target, item, report, path));
    PrintLine(absl::StrCat("target ", target.hex()));
    if (item.is_mutable) {
      PrintLine(absl::StrCat("key ", item.key.hex()));
      PrintLine(absl::StrCat("seq ", item.seq));
    }
    PrintLine(absl::StrCat("stored by ", report.stored, " of ",
                           Count(static_cast<uint64_t>(report.asked), "node", "nodes"), "; ",
                           Count(static_cast<uint64_t>(path.queries), "query", "queries"), ", ",
                           FormatDuration(path.elapsed)));
    if (report.stored == 0) return;
    PrintLine(absl::StrCat("starling dht get ", ShellQuote(Printable(FormatItemPlace(item))),
                           same_network_));
  }

  DhtHost& host_;
  DhtEntry entry_;
  const PutWish wish_;
  const bool keeps_;
  const bool json_;
  const std::string same_network_;
  StepShow steps_;
  Time asked_at_ = kNever;
  std::string why_not_;
  bool is_kept_ = false;
  std::optional<int> code_;
};

absl::StatusOr<std::string> ReadValue(const Arguments& arguments) {
  if (arguments.positionals().size() != 1) {
    return UsageError(absl::StrCat("dht put needs one VALUE", SeeHelp("dht put")));
  }
  std::string text = arguments.positionals().front();
  if (text == "-") {
    text.assign(kInputMax, '\0');
    std::cin.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<size_t>(std::cin.gcount()));
  }
  if (!arguments.Has("--bencoded")) return absl::StrCat(text.size(), ":", text);
  if (bencode::Parse(AsBytes(text)).has_value()) return text;
  return absl::InvalidArgumentError("VALUE is not bencoded, as --bencoded says (error 203)");
}

absl::StatusOr<std::optional<int64_t>> ReadNumber(const Arguments& arguments,
                                                  absl::string_view option) {
  const std::optional<std::string> text = arguments.Value(option);
  if (!text.has_value()) return std::optional<int64_t>();
  int64_t number = 0;
  if (!absl::SimpleAtoi(*text, &number) || number < 0) {
    return WrongValue("dht put", option, *text, "a whole number from 0 to 9223372036854775807");
  }
  return std::optional<int64_t>(number);
}

absl::Status CheckCombination(const Arguments& arguments) {
  if (arguments.Has("--mutable")) {
    if (arguments.Has("--key")) return absl::OkStatus();
    return UsageError(absl::StrCat("--mutable needs --key FILE, the key that signs the item",
                                   SeeHelp("dht put")));
  }
  for (const absl::string_view option : {"--key", "--salt", "--seq", "--cas"}) {
    if (arguments.Has(option)) {
      return UsageError(
          absl::StrCat(option, " is for mutable items, with --mutable", SeeHelp("dht put")));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<PutWish> ReadWish(const Arguments& arguments) {
  RETURN_IF_ERROR(CheckCombination(arguments));
  PutWish wish;
  ASSIGN_OR_RETURN(wish.value, ReadValue(arguments));
  ASSIGN_OR_RETURN(wish.seq, ReadNumber(arguments, "--seq"));
  ASSIGN_OR_RETURN(wish.cas, ReadNumber(arguments, "--cas"));
  wish.salt = arguments.Value("--salt").value_or("");
  // Looked at before a key is made for it.
  dht::Item form;
  form.value = wish.value;
  form.salt = wish.salt;
  form.is_mutable = arguments.Has("--mutable");
  if (const std::string fault = ExplainFault(form); !fault.empty()) {
    return absl::InvalidArgumentError(fault);
  }
  if (!form.is_mutable) return wish;
  const std::string path = *arguments.Value("--key");
  SystemRandom random;
  ASSIGN_OR_RETURN(const ItemKey key, ReadOrMakeKey(path, random));
  if (key.is_new) {
    PrintError(absl::StrCat("made a new key in ", Printable(path),
                            "; keep it secret: whoever has it can change the item"));
  }
  wish.seed = key.seed;
  return wish;
}

// Whoever puts into a private network must not be sent to look in the public one. Not --listen: its
// port may still be taken by --keep.
std::string NetworkOptions(const Arguments& arguments) {
  std::string words;
  for (const char* option : {"--bootstrap", "--dht-security"}) {
    for (const std::string& value : arguments.Values(option)) {
      absl::StrAppend(&words, " ", option, " ", ShellQuote(value));
    }
  }
  // The line may be typed in another folder.
  if (const auto state = arguments.Value("--state")) {
    absl::StrAppend(&words, " --state ", ShellQuote(AbsolutePath(*state)));
  }
  return words;
}

absl::StatusOr<int> RunPut(const Arguments& arguments) {
  ASSIGN_OR_RETURN(DhtAskOptions options, ReadDhtAskOptions("dht put", arguments));
  ASSIGN_OR_RETURN(PutWish wish, ReadWish(arguments));
  const bool keeps = arguments.Has("--keep");
  options.host.read_only = !keeps;  // who stays takes part
  ASSIGN_OR_RETURN(const std::unique_ptr<StateFolder> state,
                   StateFolder::Open(StateFolder::Use::kNode, options.state_dir, PrintError));
  ASSIGN_OR_RETURN(const std::unique_ptr<DhtHost> host, DhtHost::Start(options.host, state.get()));
  PutRun run(*host, options, std::move(wish), keeps, NetworkOptions(arguments));
  return host->Run([&](Time now) { return run.Tick(now); });
}

}  // namespace

Command DhtPutCommand() {
  std::vector<Option> options = {
      {"--mutable", 0, Takes::kNothing, "", false, "an item that can be changed later"},
      {"--key", 0, Takes::kValue, "FILE", false,
       "the key that signs it; made if there is no such file"},
      {"--salt", 0, Takes::kValue, "S", false, "tells several items of one key apart"},
      {"--seq", 0, Takes::kValue, "N", false,
       "its sequence number; unless said: one more than what is stored"},
      {"--cas", 0, Takes::kValue, "N", false,
       "only if the stored one has the sequence number N (compare and swap)"},
      {"--bencoded", 0, Takes::kNothing, "", false, "VALUE is bencoded already: any type"},
      {"--keep", 0, Takes::kNothing, "", false, "stay, and store it again every hour"}};
  for (const Option& option : DhtLookupOptionList()) options.push_back(option);
  return {"dht put",
          "store an item in the DHT",
          {"VALUE|- [--keep] [--bootstrap HOST:PORT]... [-v] [--json]",
           "--mutable --key FILE [--salt S] [--seq N] [--cas N] VALUE|-"},
          kExplanation,
          std::move(options),
          {{"an immutable item", "starling dht put 'Hello World!'"},
           {"one that can be changed", "starling dht put --mutable --key ~/my.key 'version 1'"},
           {"from another program, kept alive",
            "date | starling dht put --mutable --key ~/my.key --salt clock --keep -"}},
          RunPut};
}

}  // namespace starling::cli
