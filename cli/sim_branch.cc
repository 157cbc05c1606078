#include "cli/sim_branch.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "cli/sim_kept.h"
#include "cli/thread_time.h"
#include "sim/result_json.h"

namespace starling::cli {

namespace {

// What the child says, a line each: how far it is, and last what came out, or why nothing did.
constexpr char kProgressWord[] = "progress";
constexpr char kMadeWord[] = "made";
constexpr char kFailedWord[] = "failed";
constexpr int kPollMs = 200;

void WriteAll(int to, absl::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(to, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) ::_exit(1);  // nobody listens any more
    text.remove_prefix(static_cast<size_t>(written));
  }
}

std::string ProgressLine(const sim::RunProgress& at) {
  return absl::StrCat(kProgressWord, " ", at.simulated.count(), " ", at.until.count(), " ",
                      at.events, " ", at.done, " ", at.expected, "\n");
}

std::optional<sim::RunProgress> ParseProgress(const std::vector<absl::string_view>& words) {
  int64_t simulated = 0;
  int64_t until = 0;
  sim::RunProgress at;
  if (words.size() != 6 || !absl::SimpleAtoi(words[1], &simulated) ||
      !absl::SimpleAtoi(words[2], &until) || !absl::SimpleAtoi(words[3], &at.events) ||
      !absl::SimpleAtoi(words[4], &at.done) || !absl::SimpleAtoi(words[5], &at.expected)) {
    return std::nullopt;
  }
  at.simulated = Duration(simulated);
  at.until = Duration(until);
  return at;
}

std::string MadeLine(const sim::Result& result, double cpu_s) {
  KeptRun kept;
  kept.seed = result.seed;
  kept.trace_hash = sim::FormatTraceHash(result.trace_hash);
  kept.run = {result.metrics, result.broken, cpu_s};
  return absl::StrCat(kMadeWord, " ", result.events, " ", result.simulated.count(), " ",
                      result.partial ? 1 : 0, " ", KeptRunJson(kept), "\n");
}

bool ParseMade(absl::string_view line, const SimJob& job, SimJobResult* made) {
  const std::vector<absl::string_view> words = absl::StrSplit(line, absl::MaxSplits(' ', 4));
  int64_t simulated = 0;
  int partial = 0;
  if (words.size() != 5 || !absl::SimpleAtoi(words[1], &made->result.events) ||
      !absl::SimpleAtoi(words[2], &simulated) || !absl::SimpleAtoi(words[3], &partial)) {
    return false;
  }
  std::optional<KeptRun> kept = ParseKeptRun(words[4]);
  if (!kept.has_value() || !absl::SimpleHexAtoi(kept->trace_hash, &made->result.trace_hash)) {
    return false;
  }
  made->result.scenario = job.scenario->name;
  made->result.seed = job.seed;
  made->result.simulated = Duration(simulated);
  made->result.partial = partial != 0;
  made->result.metrics = std::move(kept->run.metrics);
  made->result.broken = std::move(kept->run.broken);
  made->cpu_s = kept->run.cpu_s;
  return true;
}

// The child's life. The other threads of the parent are not in it, and what they had locked stays
// so: only the run is touched.
[[noreturn]] void BeChild(sim::Run& run, const SimJob& job, const sim::Strategies& strategies,
                          ProgressEar* ear, int to) {
  ::signal(SIGINT, SIG_IGN);  // of the terminal; the parent decides
  ::signal(SIGTERM, SIG_DFL);
  const double cpu_before = ThreadCpuSeconds();
  ear->tell = [to](const sim::RunProgress& at) {
    WriteAll(to, ProgressLine(at));
    return true;
  };
  const absl::Status recast = run.Recast(*job.scenario, strategies);
  if (!recast.ok()) {
    WriteAll(to, absl::StrCat(kFailedWord, " ", recast.message(), "\n"));
    ::_exit(0);
  }
  while (run.Advance()) continue;
  const sim::Result result = run.Finish();
  WriteAll(to, MadeLine(result, ThreadCpuSeconds() - cpu_before));
  ::_exit(0);
}

// Reads what the child says until it is silent; false where the listener has had enough.
bool Listen(int from, const SimJob& job, const ProgressEar& ear, SimJobResult* made) {
  made->status = absl::InternalError(absl::StrCat(job.label, ": its process ended early"));
  std::string heard;
  sim::RunProgress last;
  while (true) {
    pollfd one = {from, POLLIN, 0};
    const int ready = ::poll(&one, 1, kPollMs);
    if (ready < 0 && errno != EINTR) return true;
    if (ready <= 0) {
      if (!ear.tell(last)) return false;
      continue;
    }
    char piece[4096];
    const ssize_t size = ::read(from, piece, sizeof(piece));
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return true;
    heard.append(piece, static_cast<size_t>(size));
    for (size_t end = heard.find('\n'); end != std::string::npos; end = heard.find('\n')) {
      const std::string line = heard.substr(0, end);
      heard.erase(0, end + 1);
      const std::vector<absl::string_view> words = absl::StrSplit(line, ' ');
      if (words.front() == kMadeWord && ParseMade(line, job, made)) made->status = absl::OkStatus();
      if (words.front() == kFailedWord) {
        made->status = absl::InternalError(line.substr(sizeof(kFailedWord)));
      }
      if (words.front() != kProgressWord) continue;
      last = ParseProgress(words).value_or(last);
      if (!ear.tell(last)) return false;
    }
  }
}

void Await(pid_t child) {
  while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) continue;
}

}  // namespace

SimJobResult RunBranch(sim::Run& run, const SimJob& job, const sim::Strategies& strategies,
                       ProgressEar* ear) {
  SimJobResult made;
  int ends[2] = {-1, -1};
  pid_t child = -1;
  {
    // A child that is born meanwhile would hold the end to write to, and hide that ours is dead.
    static std::mutex births;
    const std::lock_guard<std::mutex> lock(births);
    if (::pipe(ends) == 0) child = ::fork();
    if (child == 0) {
      ::close(ends[0]);  // so that writing fails when the parent is gone
      BeChild(run, job, strategies, ear, ends[1]);
    }
    if (ends[1] >= 0) ::close(ends[1]);
  }
  if (child < 0) {
    made.status = absl::InternalError(absl::StrCat(job.label, ": no process: ", ::strerror(errno)));
  } else {
    if (!Listen(ends[0], job, *ear, &made)) ::kill(child, SIGKILL);
    Await(child);
  }
  if (ends[0] >= 0) ::close(ends[0]);
  return made;
}

}  // namespace starling::cli
