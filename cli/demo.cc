// `starling demo`: a whole network in one process, to see the point of a swarm.

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "cli/choker_option.h"
#include "cli/command.h"
#include "cli/demo_content.h"
#include "cli/demo_swarm.h"
#include "cli/hashing.h"
#include "cli/quantities.h"
#include "cli/terminal.h"
#include "cli/text.h"
#include "cli/transfer_options.h"
#include "sim/strategies.h"

namespace starling::cli {

namespace {

constexpr absl::string_view kExplanation =
    "Shows a swarm at work, in this process and on 127.0.0.1 only: DHT nodes find\n"
    "each other; a seeder whose upload is limited announces a file; leechers that\n"
    "know only the magnet link find it, fetch it, and give pieces to each other. At\n"
    "the end a table tells how long it took, and how long a server of the seeder's\n"
    "rate would have needed to send everybody the whole file (N*F/rate).";

constexpr absl::string_view kFileName = "starling-demo.bin";
constexpr uint64_t kSizeMin = 1'000'000;
constexpr uint64_t kSizeMax = 100'000'000'000;

absl::StatusOr<DemoPlan> ReadPlan(const Arguments& arguments) {
  DemoPlan plan;
  if (!arguments.positionals().empty()) {
    return UsageError(absl::StrCat("demo takes no argument ",
                                   Printable(arguments.positionals().front()), SeeHelp("demo")));
  }
  if (const auto text = arguments.Value("--size")) {
    const auto size = ParseSize(*text);
    if (!size.has_value() || *size < kSizeMin || *size > kSizeMax) {
      return WrongValue("demo", "--size", *text, "a size from 1M to 100G, such as 256M");
    }
    plan.size = *size;
  }
  if (const auto text = arguments.Value("--seeder-limit")) {
    const auto rate = ParseRate(*text);
    if (!rate.has_value() || *rate < 1000) {
      return WrongValue("demo", "--seeder-limit", *text, "at least 1K bytes a second, such as 64M");
    }
    plan.seeder_limit = *rate;
  }
  struct Number {
    absl::string_view option;
    uint64_t max;
    int* value;
  };
  for (const Number& number :
       {Number{"--leechers", 50, &plan.leechers}, Number{"--nodes", 200, &plan.nodes}}) {
    const auto text = arguments.Value(number.option);
    if (!text.has_value()) continue;
    const auto count = ParseCount(*text, 1, number.max);
    if (!count.has_value()) {
      return WrongValue("demo", number.option, *text,
                        absl::StrCat("a number from 1 to ", number.max));
    }
    *number.value = static_cast<int>(*count);
  }
  ASSIGN_OR_RETURN(plan.choker, ReadChoker("demo", arguments, arguments.strategies()->chokers));
  return plan;
}

// The picture on a terminal; elsewhere a line when the demo goes on to something new.
class DemoShow {
 public:
  void Show(const DemoPlan& plan, const DemoView& view) {
    if (is_terminal_) {
      const Look look{.width = TerminalWidth(), .utf8 = utf8_, .dht = true};
      picture_.Paint(RenderDemo(plan, view, look));
    } else if (last_ != view.doing) {
      PrintLine(view.doing);
    }
    last_ = view.doing;
  }
  void Say(absl::string_view line) {
    if (is_terminal_) {
      picture_.Paint({std::string(line)});
    } else {
      PrintLine(line);
    }
  }
  void Keep() { picture_.Keep(); }
  void Clear() { picture_.Clear(); }

 private:
  const bool is_terminal_ = OutputIsTerminal();
  const bool utf8_ = TerminalTakesUtf8();
  std::string last_;
  Picture picture_;
};

struct DemoContent {
  storage::Created created;
  Sha1Digest digest;
};

absl::StatusOr<DemoContent> MakeContent(const DemoPlan& plan, const std::string& path) {
  DemoContent content;
  {
    const InterruptWatch interrupts;
    ASSIGN_OR_RETURN(content.digest, WriteNoise(path, plan.size, interrupts));
  }
  ASSIGN_OR_RETURN(content.created, HashContent(path, {}, [](uint64_t, uint64_t) {}));
  return content;
}

absl::Status VerifyCopies(const DemoSwarm& swarm, const Sha1Digest& original, DemoResult* result) {
  const InterruptWatch interrupts;
  for (size_t i = 0; i < result->leechers.size(); ++i) {
    ASSIGN_OR_RETURN(const Sha1Digest digest,
                     HashFile(absl::StrCat(swarm.LeecherFolder(i), "/", kFileName), interrupts));
    result->leechers[i].is_verified = digest == original;
  }
  return absl::OkStatus();
}

void PrintNextSteps() {
  for (const absl::string_view line :
       {"",
        "now you:", "  starling seed FILE                       share a file, get its magnet link",
        "  starling get 'magnet:?xt=urn:btih:...'   fetch what such a link names",
        "  starling --help                          all commands"}) {
    PrintLine(line);
  }
}

absl::StatusOr<int> RunDemo(const Arguments& arguments) {
  ASSIGN_OR_RETURN(const DemoPlan plan, ReadPlan(arguments));
  // The original, a copy a leecher, and some room for others on this disk.
  const uint64_t bytes_needed = plan.size * static_cast<uint64_t>(plan.leechers + 1) + (50 << 20);
  ASSIGN_OR_RETURN(const std::unique_ptr<TemporaryFolder> folder,
                   TemporaryFolder::Make(bytes_needed));
  if (arguments.Has("--keep")) folder->Keep();
  DemoShow show;
  show.Say(absl::StrCat("making a file of ", FormatSize(plan.size), " in ", folder->path()));
  ASSIGN_OR_RETURN(const DemoContent content,
                   MakeContent(plan, absl::StrCat(folder->path(), "/", kFileName)));
  DemoResult result;
  {
    DemoSwarm swarm(plan, content.created, folder->path());
    ASSIGN_OR_RETURN(const int signal,
                     swarm.Run([&](const DemoView& view) { show.Show(plan, view); }));
    if (signal != 0) return kExitSignal + signal;
    result = swarm.result();
    show.Keep();
    RETURN_IF_ERROR(VerifyCopies(swarm, content.digest, &result));
  }
  PrintLine("");
  for (const std::string& line : RenderDemoResult(plan, result)) PrintLine(line);
  if (arguments.Has("--keep")) PrintLine(absl::StrCat("kept: ", folder->path()));
  for (const DemoLeecher& leecher : result.leechers) {
    if (!leecher.is_verified) return absl::DataLossError("a copy differs from the original");
  }
  PrintNextSteps();
  return kExitDone;
}

}  // namespace

Command DemoCommand() {
  return {"demo",
          "see a swarm at work; needs no network and no arguments",
          {"[--size SIZE] [--leechers N] [--nodes N] [--seeder-limit RATE] [--choker NAME] "
           "[--keep]"},
          kExplanation,
          {
              {"--size", 0, Takes::kValue, "SIZE", false, "of the file; 256M unless said"},
              {"--leechers", 0, Takes::kValue, "N", false, "who want it; 4 unless said"},
              {"--nodes", 0, Takes::kValue, "N", false,
               "DHT nodes besides seeder and leechers; 20 unless said"},
              {"--seeder-limit", 0, Takes::kValue, "RATE", false,
               "bytes a second that the seeder may send; 64M unless said"},
              ChokerOption(),
              {"--keep", 0, Takes::kNothing, "", false,
               "do not delete the files, which lie in $TMPDIR or /tmp"},
          },
          {{"about ten seconds, 1.3 GB of temporary files", "starling demo"},
           {"more leechers and a slower seeder: the more, the more they help",
            "starling demo --size 64M --leechers 10 --seeder-limit 8M"}},
          RunDemo};
}

}  // namespace starling::cli
