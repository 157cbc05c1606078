#include "cli/demo_swarm.h"

#include <algorithm>
#include <filesystem>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "cli/sources.h"
#include "cli/text.h"

namespace starling::cli {

namespace {

constexpr Duration kTick = milliseconds(20);
constexpr Duration kShowPeriod = milliseconds(200);
// Leechers come one after the other, as people do: each finds those before it in the DHT.
constexpr Duration kLeecherPause = milliseconds(100);
constexpr Duration kStepMax = seconds(5);    // for joining and announcing: then it goes on anyway
constexpr Duration kStallMax = seconds(30);  // without any progress: it has failed

Endpoint AnyPortHere() { return Endpoint::V4(0x7f000001, 0); }

}  // namespace

// One participant: a whole node with at most one torrent.
struct DemoSwarm::Member final : public EventSink {
  std::unique_ptr<RealNode> node;
  TorrentId torrent{};
  bool has_torrent = false;
  Time added{};
  Time complete_at = kNever;
  std::string failure;

  void On(Time now, const Event& event) override {
    if (std::holds_alternative<CompleteEvent>(event)) complete_at = std::min(complete_at, now);
    if (const auto* failed = std::get_if<TorrentFailedEvent>(&event)) failure = failed->why;
  }
  dht::Stats dht_stats() { return node->client().dht()->stats(); }
  TorrentStatus status(Time now) { return node->client().status(now, torrent); }
  absl::Status Add(Time now, const TorrentOptions& options) {
    added = now;
    ASSIGN_OR_RETURN(torrent, node->client().Add(now, options));
    has_torrent = true;
    return absl::OkStatus();
  }
};

DemoSwarm::DemoSwarm(const DemoPlan& plan, const storage::Created& content,
                     const std::string& folder)
    : plan_(plan), content_(content), folder_(folder), magnet_(ShortMagnet(content.metainfo)) {}

DemoSwarm::~DemoSwarm() = default;

std::string DemoSwarm::LeecherFolder(size_t index) const {
  return absl::StrCat(folder_, "/leecher-", index + 1);
}

absl::StatusOr<int> DemoSwarm::Run(std::function<void(const DemoView& view)> show) {
  show_ = std::move(show);
  RETURN_IF_ERROR(Start());
  world_.OnSignal([this](Time, int signal) {
    signal_ = signal;
    world_.Stop();
  });
  world_.Every(kTick, [this](Time now) { Tick(now); });
  world_.Run();
  if (!failure_.ok()) return failure_;
  return signal_;
}

absl::Status DemoSwarm::Start() {
  for (int i = 0; i < plan_.nodes; ++i) RETURN_IF_ERROR(StartMember(0));
  RETURN_IF_ERROR(StartMember(plan_.seeder_limit));
  for (int i = 0; i < plan_.leechers; ++i) RETURN_IF_ERROR(StartMember(0));
  step_began_ = world_.now();
  return absl::OkStatus();
}

// Each node knows the first one, and has to find the others.
absl::Status DemoSwarm::StartMember(uint64_t up_limit) {
  RealNodeOptions options;
  options.listen = {AnyPortHere()};
  options.client.trackers = TrackerRule::kNever;
  options.client.up_rate = up_limit;
  options.client.choker = plan_.choker;
  if (!members_.empty()) {
    const Endpoint& first = members_.front()->node->listening().front();
    options.client.dht_routers = {{first.AddressToString(), first.port}};
  }
  auto member = std::make_unique<Member>();
  ASSIGN_OR_RETURN(member->node, RealNode::Start(world_, options, *member));
  members_.push_back(std::move(member));
  return absl::OkStatus();
}

void DemoSwarm::Tick(Time now) {
  if (step_ == Step::kDone || !failure_.ok()) return;
  switch (step_) {
    case Step::kJoining:
      if (HasJoined(now)) AddSeeder(now);
      break;
    case Step::kAnnouncing: {
      const TorrentStatus status = seeder().status(now);
      const bool is_announced =
          status.phase == TorrentPhase::kSeeding && status.lookups_running == 0;
      const bool is_late = now - step_began_ >= kStepMax;
      if (is_announced || (is_late && status.phase == TorrentPhase::kSeeding)) BeginFetching(now);
      if (now - step_began_ >= kStallMax) {
        Fail(absl::DeadlineExceededError("the demo's seeder does not get ready"));
      }
      break;
    }
    case Step::kFetching:
      StepFetching(now);
      break;
    case Step::kDone:
      break;
  }
  if (now < next_show_ && step_ != Step::kDone) return;
  next_show_ = now + kShowPeriod;
  show_(View(now));
}

bool DemoSwarm::HasJoined(Time now) {
  if (now - step_began_ >= kStepMax) return true;
  return std::all_of(members_.begin(), members_.end(), [](const auto& member) {
    const dht::Stats stats = member->dht_stats();
    return stats.table_nodes > 0 && stats.lookups_running == 0;
  });
}

void DemoSwarm::AddSeeder(Time now) {
  step_ = Step::kAnnouncing;
  step_began_ = now;
  TorrentOptions options;
  options.metainfo = std::make_shared<const storage::Metainfo>(content_.metainfo);
  options.dir = content_.dir;
  options.seed_only = true;
  Fail(seeder().Add(now, options));
}

void DemoSwarm::BeginFetching(Time now) {
  step_ = Step::kFetching;
  step_began_ = now;
  gained_at_ = now;
}

void DemoSwarm::AddLeecher(Time now, size_t index) {
  absl::StatusOr<storage::Magnet> magnet = storage::ParseMagnet(magnet_);
  if (!magnet.ok()) return Fail(magnet.status());
  TorrentOptions options;
  options.magnet = *std::move(magnet);
  options.dir = LeecherFolder(index);
  std::error_code error;
  std::filesystem::create_directories(options.dir, error);
  if (error) return Fail(absl::UnavailableError("cannot make a folder: " + error.message()));
  Fail(leecher(index).Add(now, options));
}

void DemoSwarm::StepFetching(Time now) {
  uint64_t gained = 0;
  bool all_complete = true;
  for (size_t i = 0; i < static_cast<size_t>(plan_.leechers); ++i) {
    Member& member = leecher(i);
    if (!member.has_torrent && now >= step_began_ + kLeecherPause * static_cast<int>(i)) {
      AddLeecher(now, i);
      if (!failure_.ok()) return;
    }
    if (!member.failure.empty()) {
      return Fail(absl::UnavailableError(
          absl::StrCat("leecher ", i + 1, " failed: ", Printable(member.failure))));
    }
    if (member.has_torrent) gained += member.status(now).have_bytes;
    all_complete = all_complete && member.complete_at != kNever;
  }
  if (gained != std::exchange(gained_, gained)) gained_at_ = now;
  if (all_complete) return Finish(now);
  if (now - gained_at_ >= kStallMax) {
    Fail(absl::DeadlineExceededError("the demo has come to a stop: nothing gained for 30 s"));
  }
}

void DemoSwarm::Finish(Time now) {
  step_ = Step::kDone;
  result_.seeder_given = seeder().status(now).uploaded;
  for (size_t i = 0; i < static_cast<size_t>(plan_.leechers); ++i) {
    Member& member = leecher(i);
    const TorrentStatus status = member.status(now);
    DemoLeecher line;
    line.first_peer = status.first_peer_after;
    line.metadata = status.metadata_after;
    line.complete = member.complete_at - member.added;
    line.given = status.uploaded;
    result_.leechers.push_back(line);
    result_.last_complete = std::max(result_.last_complete, member.complete_at - step_began_);
  }
  world_.Stop();
}

void DemoSwarm::Fail(absl::Status why) {
  if (why.ok() || !failure_.ok()) return;
  failure_ = std::move(why);
  world_.Stop();
}

DemoView DemoSwarm::View(Time now) {
  DemoView view;
  switch (step_) {
    case Step::kJoining:
      view.doing = "the DHT nodes find each other, knowing only the first";
      break;
    case Step::kAnnouncing:
      view.doing = "the seeder checks its file and announces itself";
      break;
    case Step::kFetching:
    case Step::kDone:
      view.doing = "the leechers fetch what this link names: " + magnet_;
      break;
  }
  view.known_fewest = UINT32_MAX;
  for (const std::unique_ptr<Member>& member : members_) {
    const uint32_t known = member->dht_stats().table_nodes;
    view.known_fewest = std::min(view.known_fewest, known);
    view.known_most = std::max(view.known_most, known);
  }
  if (seeder().has_torrent) view.seeder = seeder().status(now);
  for (size_t i = 0; i < static_cast<size_t>(plan_.leechers); ++i) {
    if (leecher(i).has_torrent) view.leechers.push_back(leecher(i).status(now));
  }
  return view;
}

}  // namespace starling::cli
