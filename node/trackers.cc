#include "node/trackers.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "node/tracker_http.h"
#include "node/tracker_udp.h"
#include "storage/metainfo.h"

namespace starling {
namespace {

// What a tracker asks for is followed within reason, whatever it says.
constexpr Duration kIntervalLeast = seconds(60);
constexpr Duration kIntervalMost = hours(4);
constexpr Duration kRetryFirst = seconds(30);
constexpr Duration kRetryMost = minutes(30);
constexpr Duration kGoodbyeTime = seconds(5);

bool IsHttp(absl::string_view url) {
  return absl::StartsWithIgnoreCase(url, "http://") || absl::StartsWithIgnoreCase(url, "https://");
}

bool IsSupported(absl::string_view url) {
  return IsHttp(url) || absl::StartsWithIgnoreCase(url, "udp://");
}

}  // namespace

struct Trackers::State final : DeadlineHandler {
  class Tier;
  State(const TrackersConfig& tracker_config, const TrackersSeams& tracker_seams);

  void AddTiers(const std::vector<std::vector<std::string>>& tiers);
  void Activate(Time now);  // the rule says so: ask the first tier
  void ActivateNext(Time now, const Tier& after);
  void OnDeadline(Time now) override { Activate(now); }
  Announce MakeAnnounce(AnnounceEvent event) const;

  TrackersConfig config;
  TrackersSeams seams;
  uint32_t key;
  std::vector<std::unique_ptr<Tier>> tiers;
  Deadline fallback;  // end of the DHT's head start
  uint32_t peers_found = 0;
  bool active = false;
  bool started = false;
  bool stopped = false;
};

// One tier (BEP 12): its trackers are tried in order; the one that answers moves to the front and
// is asked again after its interval.
class Trackers::State::Tier final : public DeadlineHandler {
 public:
  Tier(State& state, std::vector<std::string> urls)
      : state_(state), due_(state.seams.deadlines, *this) {
    state.seams.random.Shuffle(std::span<std::string>(urls));
    for (std::string& url : urls) trackers_.push_back(std::make_unique<Tracker>(*this, url));
  }

  bool Contains(absl::string_view url) const {
    return std::any_of(
        trackers_.begin(), trackers_.end(),
        [&](const std::unique_ptr<Tracker>& tracker) { return tracker->url == url; });
  }
  bool active() const { return active_; }
  uint32_t asked() const {
    return static_cast<uint32_t>(std::count_if(
        trackers_.begin(), trackers_.end(),
        [](const std::unique_ptr<Tracker>& tracker) { return tracker->exchange != nullptr; }));
  }

  void Activate(Time now) {
    if (std::exchange(active_, true)) return;
    due_.Set(now);
  }

  void AskSoon(Time now) {
    if (!active_ || asked() > 0) return;
    due_.SetEarlier(std::max(now, not_before_));
  }

  // `completed` goes to whoever heard `started`; it need not wait for the interval.
  void Complete(Time now) {
    for (const std::unique_ptr<Tracker>& tracker : trackers_) {
      if (tracker->knows_us) tracker->owes_completed = true;
    }
    if (active_ && asked() == 0) due_.SetEarlier(now);
  }

  void Stop(Time now) {
    due_.Set(kNever);
    for (const std::unique_ptr<Tracker>& tracker : trackers_) {
      tracker->exchange = nullptr;
      if (tracker->knows_us) Ask(now, *tracker, AnnounceEvent::kStopped);
    }
    if (asked() > 0) due_.Set(now + kGoodbyeTime);
  }

  void OnDeadline(Time now) override {
    if (state_.stopped) {  // nobody answered the goodbye
      for (const std::unique_ptr<Tracker>& tracker : trackers_) tracker->exchange = nullptr;
      return;
    }
    Tracker& tracker = *trackers_[current_];
    Ask(now, tracker,
        !tracker.knows_us        ? AnnounceEvent::kStarted
        : tracker.owes_completed ? AnnounceEvent::kCompleted
                                 : AnnounceEvent::kNone);
  }

 private:
  struct Tracker final : AnnounceHandler {
    Tracker(Tier& owner, std::string tracker_url) : tier(owner), url(std::move(tracker_url)) {}
    void OnAnnounced(Time now, absl::StatusOr<AnnounceAnswer> answer) override {
      const std::unique_ptr<TrackerExchange> ended = std::move(exchange);
      tier.OnAnswer(now, *this, std::move(answer));
    }
    Tier& tier;
    std::string url;
    std::string tracker_id;
    std::unique_ptr<TrackerExchange> exchange;
    AnnounceEvent event = AnnounceEvent::kNone;  // of the announce under way
    bool knows_us = false;                       // took our `started`
    bool owes_completed = false;
  };

  void Ask(Time now, Tracker& tracker, AnnounceEvent event) {
    const Announce announce = state_.MakeAnnounce(event);
    tracker.event = event;
    tracker.exchange = IsHttp(tracker.url)
                           ? SendHttpAnnounce(now, state_.seams.http, tracker.url, announce,
                                              tracker.tracker_id, tracker)
                           : state_.seams.udp.Send(now, tracker.url, announce, tracker);
  }

  void OnAnswer(Time now, Tracker& tracker, absl::StatusOr<AnnounceAnswer> answer) {
    if (state_.stopped) {
      if (asked() == 0) due_.Set(kNever);
      return;
    }
    if (answer.ok()) {
      OnSuccess(now, tracker, *answer);
    } else {
      OnFailure(now, tracker, answer.status());
    }
  }

  void OnSuccess(Time now, Tracker& tracker, const AnnounceAnswer& answer) {
    failures_ = 0;
    tracker.knows_us = true;
    if (tracker.event == AnnounceEvent::kCompleted) tracker.owes_completed = false;
    if (!answer.tracker_id.empty()) tracker.tracker_id = answer.tracker_id;
    std::rotate(trackers_.begin(), trackers_.begin() + static_cast<ptrdiff_t>(current_),
                trackers_.begin() + static_cast<ptrdiff_t>(current_) + 1);
    current_ = 0;
    const Duration interval = std::clamp(answer.interval, kIntervalLeast, kIntervalMost);
    not_before_ = now + std::clamp(answer.min_interval, kIntervalLeast, interval);
    due_.Set(tracker.owes_completed ? now : now + interval);
    state_.peers_found += static_cast<uint32_t>(answer.peers.size());
    // A private torrent stays with the tracker that answers (BEP 27).
    if (state_.peers_found < kPeersWanted && !state_.config.is_private) {
      state_.ActivateNext(now, *this);
    }
    TrackersHandler& handler = state_.seams.handler;
    if (answer.external_address.has_value()) {
      handler.OnExternalAddress(now, *answer.external_address);
    }
    handler.OnTracker(now, tracker.url, answer.warning, static_cast<uint32_t>(answer.peers.size()));
    handler.OnPeers(now, answer.peers);
  }

  void OnFailure(Time now, const Tracker& tracker, const absl::Status& why) {
    if (++current_ < trackers_.size()) {
      due_.Set(now);
    } else {
      current_ = 0;
      due_.Set(now + std::min<Duration>(kRetryFirst * (1 << std::min(failures_, 6)), kRetryMost));
      not_before_ = due_.when();
      ++failures_;
      state_.ActivateNext(now, *this);
    }
    state_.seams.handler.OnTracker(
        now, tracker.url, why.message().empty() ? "failed without a word" : why.message(), 0);
  }

  State& state_;
  std::vector<std::unique_ptr<Tracker>> trackers_;
  size_t current_ = 0;
  int failures_ = 0;
  bool active_ = false;
  Time not_before_{};
  Deadline due_;
};

Trackers::State::State(const TrackersConfig& tracker_config, const TrackersSeams& tracker_seams)
    : config(tracker_config),
      seams(tracker_seams),
      key(static_cast<uint32_t>(tracker_seams.random.Next())),
      fallback(tracker_seams.deadlines, *this) {
  AddTiers(config.tiers);
}

void Trackers::State::AddTiers(const std::vector<std::vector<std::string>>& new_tiers) {
  for (const std::vector<std::string>& urls : new_tiers) {
    std::vector<std::string> fresh;
    for (const std::string& url : urls) {
      const bool known =
          std::any_of(tiers.begin(), tiers.end(),
                      [&](const std::unique_ptr<Tier>& tier) { return tier->Contains(url); });
      const bool twice = std::find(fresh.begin(), fresh.end(), url) != fresh.end();
      if (IsSupported(url) && !known && !twice) fresh.push_back(url);
    }
    if (fresh.empty() || tiers.size() >= storage::kTrackersMax) continue;
    tiers.push_back(std::make_unique<Tier>(*this, std::move(fresh)));
  }
}

void Trackers::State::Activate(Time now) {
  if (stopped || !started) return;
  active = true;
  fallback.Set(kNever);
  if (!tiers.empty()) tiers.front()->Activate(now);
}

void Trackers::State::ActivateNext(Time now, const Tier& after) {
  for (size_t i = 0; i + 1 < tiers.size(); ++i) {
    if (tiers[i].get() == &after) tiers[i + 1]->Activate(now);
  }
}

Announce Trackers::State::MakeAnnounce(AnnounceEvent event) const {
  const AnnounceFacts facts = seams.handler.Facts();
  Announce announce;
  announce.info_hash = config.info_hash;
  announce.peer_id = config.own_id;
  announce.uploaded = facts.uploaded;
  announce.downloaded = facts.downloaded;
  announce.left = facts.left;
  announce.event = event;
  announce.peers_wanted = event == AnnounceEvent::kStopped ? 0 : facts.peers_wanted;
  announce.listen_port = config.listen_port;
  announce.key = key;
  return announce;
}

Trackers::Trackers(const TrackersConfig& config, const TrackersSeams& seams)
    : state_(std::make_unique<State>(config, seams)) {}

Trackers::~Trackers() = default;

void Trackers::Start(Time now) {
  state_->started = true;
  const TrackersConfig& config = state_->config;
  if (config.is_private || config.rule == TrackerRule::kAlways ||
      (config.rule == TrackerRule::kFallback && !config.dht_runs)) {
    state_->Activate(now);
  } else if (config.rule == TrackerRule::kFallback && state_->peers_found < kPeersWanted) {
    state_->fallback.Set(now + kDhtHeadStart);
  }
}

void Trackers::OnDhtPeers(Time, uint32_t peers_in_all) {
  state_->peers_found = std::max(state_->peers_found, peers_in_all);
  if (peers_in_all >= kPeersWanted) state_->fallback.Set(kNever);
}

void Trackers::Learn(Time now, const std::vector<std::vector<std::string>>& tiers,
                     bool is_private) {
  state_->AddTiers(tiers);
  state_->config.is_private = is_private;
  if (is_private || state_->active) state_->Activate(now);
}

void Trackers::OnComplete(Time now) {
  for (const auto& tier : state_->tiers) tier->Complete(now);
}

void Trackers::WantPeers(Time now) {
  if (!state_->started) return;
  if (state_->config.rule == TrackerRule::kNever && !state_->config.is_private) return;
  // Within the head start the DHT is still at work.
  if (state_->fallback.when() != kNever) return;
  state_->peers_found = 0;
  state_->Activate(now);
  for (const auto& tier : state_->tiers) tier->AskSoon(now);
}

void Trackers::Stop(Time now) {
  if (std::exchange(state_->stopped, true)) return;
  state_->fallback.Set(kNever);
  for (const auto& tier : state_->tiers) tier->Stop(now);
}

bool Trackers::has_goodbyes() const { return state_->stopped && asked() > 0; }

uint32_t Trackers::asked() const {
  uint32_t asked = 0;
  for (const auto& tier : state_->tiers) asked += tier->asked();
  return asked;
}

}  // namespace starling
