#include "cli/session.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "cli/addresses.h"
#include "cli/command.h"
#include "cli/files.h"
#include "cli/terminal.h"
#include "cli/text.h"
#include "cli/why_no_peer.h"

namespace starling::cli {

namespace {

constexpr Duration kTick = milliseconds(100);
constexpr Duration kPeerWithin = seconds(5);  // or the user is told why there is none
constexpr Duration kSaveFirst = seconds(30);
constexpr Duration kSavePeriod = minutes(5);

template <class... Functions>
struct Overloaded : Functions... {
  using Functions::operator()...;
};
template <class... Functions>
Overloaded(Functions...) -> Overloaded<Functions...>;

std::string LinkOf(const Source& source) {
  if (source.metainfo != nullptr) return ShortMagnet(*source.metainfo);
  storage::Magnet magnet;
  magnet.info_hash_v1 = source.magnet->info_hash_v1;
  magnet.info_hash_v2 = source.magnet->info_hash_v2;
  magnet.name = source.magnet->name;
  return storage::FormatMagnet(magnet);
}

bool NamesTracker(const Source& source) {
  return (source.metainfo != nullptr && !source.metainfo->trackers.empty()) ||
         (source.magnet.has_value() && !source.magnet->trackers.empty());
}

}  // namespace

// A torrent of this session and how far it has come.
struct Session::Entry {
  TorrentId id{};
  SessionTorrent given;
  TorrentView view;
  Time added{};
  Time complete_at = kNever;
  bool is_failed = false;
  Time looks_since = kNever;  // for peers: not while it is checked
  bool is_alone_told = false;
  bool has_left = false;  // no longer in the client

  bool is_complete() const { return complete_at != kNever; }
};

Session::Session(Purpose purpose, const TransferOptions& options, StateFolder& state,
                 Reporter& reporter)
    : purpose_(purpose), options_(options), state_(state), reporter_(reporter) {}

Session::~Session() = default;

absl::StatusOr<int> Session::Run(std::vector<SessionTorrent> torrents) {
  // Before anything is said: who hears that we listen may stop us at once.
  world_.OnSignal([this](Time now, int signal) {
    // Whoever asks twice does not want to wait.
    if (exit_code_.has_value()) std::_Exit(kExitSignal + signal);
    End(now, kExitSignal + signal);
  });
  RETURN_IF_ERROR(Start(std::move(torrents)));
  world_.Every(kTick, [this](Time now) { Tick(now); });
  world_.Run();
  node_ = nullptr;
  return exit_code_.value_or(kExitCouldNot);
}

absl::Status Session::Start(std::vector<SessionTorrent> torrents) {
  std::vector<Endpoint> peers;
  for (const HostPort& peer : options_.peers) {
    ASSIGN_OR_RETURN(const std::vector<Endpoint> found, ResolveHostPort(peer));
    peers.insert(peers.end(), found.begin(), found.end());
  }
  RealNodeOptions node_options = options_.node;
  if (node_options.client.dht) {
    SavedDht saved = state_.LoadDht(node_options.client.dht_routers);
    node_options.client.dht_id = saved.id;
    node_options.client.dht_snapshot = std::move(saved.table);
  }
  ASSIGN_OR_RETURN(node_, StartNode(world_, node_options, *this));
  reporter_.OnListening(node_->listening());
  const Time now = world_.now();
  gained_at_ = now;
  next_report_ = now;
  next_save_ = now + kSaveFirst;
  for (SessionTorrent& torrent : torrents) {
    RETURN_IF_ERROR(AddTorrent(std::move(torrent), peers));
  }
  return absl::OkStatus();
}

absl::Status Session::AddTorrent(SessionTorrent torrent, const std::vector<Endpoint>& peers) {
  const Time now = world_.now();
  TorrentOptions options;
  options.metainfo = torrent.source.metainfo;
  options.magnet = torrent.source.magnet;
  options.dir = torrent.dir;
  options.select = options_.select;
  options.sequential = options_.sequential;
  options.seed_only = purpose_ == Purpose::kSeed;
  if (torrent.made_here) options.existing = storage::Existing::kTrust;
  options.peers = peers;

  auto entry = std::make_unique<Entry>();
  entry->added = now;
  entry->view.dir = torrent.dir;
  entry->view.magnet = LinkOf(torrent.source);
  entry->view.made_here = torrent.made_here;
  entry->view.status.info_hash = torrent.source.info_hash();
  entry->given = std::move(torrent);
  if (Find(entry->view.status.info_hash) != nullptr) {
    reporter_.Warn(absl::StrCat(entry->given.source.label(), " is named twice; once is enough"));
    return absl::OkStatus();
  }
  // It is listed first: events may come before Add returns.
  Entry& listed = *entry;
  entries_.push_back(std::move(entry));
  ASSIGN_OR_RETURN(listed.id, node_->client().Add(now, options));
  return absl::OkStatus();
}

Session::Entry* Session::Find(const InfoHash& info_hash) {
  for (const std::unique_ptr<Entry>& entry : entries_) {
    if (entry->view.status.info_hash == info_hash) return entry.get();
  }
  return nullptr;
}

void Session::On(Time now, const Event& event) {
  if (exit_code_.has_value()) return;
  std::visit(Overloaded{
                 [&](const MetadataEvent& e) {
                   if (Entry* entry = Find(e.info_hash)) OnMetadata(now, *entry, e);
                 },
                 [&](const CheckedEvent&) {},  // this and completion are seen by Step()
                 [&](const PieceFailedEvent& e) { reporter_.OnPieceFailed(e); },
                 [&](const PeerBannedEvent& e) { reporter_.OnPeerBanned(e); },
                 [&](const CompleteEvent&) {},
                 [&](const TorrentFailedEvent& e) {
                   if (Entry* entry = Find(e.info_hash)) OnFailed(*entry, e.why);
                 },
                 [&](const TrackerEvent& e) { reporter_.OnTracker(e); },
                 [&](const UnreachableEvent& e) {
                   reporter_.Warn(
                       absl::StrCat("nobody has reached us in 5 minutes: open TCP and UDP port ",
                                    e.port, " in the router or firewall to find more peers"));
                 },
             },
             event);
  if (step_is_posted_) return;
  // Not from here: the client may be in the middle of something.
  step_is_posted_ = true;
  world_.Post([this](Time later) {
    step_is_posted_ = false;
    Step(later);
  });
}

void Session::OnMetadata(Time now, Entry& entry, const MetadataEvent& event) {
  gained_at_ = now;
  std::shared_ptr<const storage::Metainfo> metainfo = entry.given.source.metainfo;
  if (metainfo == nullptr) metainfo = node_->client().metainfo(entry.id);
  if (metainfo == nullptr) return;
  entry.given.source.metainfo = metainfo;
  if (entry.given.source.magnet.has_value()) {
    metainfo = WithTrackersOf(std::move(metainfo), *entry.given.source.magnet);
  }
  entry.view.magnet = ShortMagnet(*metainfo);
  entry.view.status.name = metainfo->name;
  reporter_.OnMetadata(event, entry.view);
  state_.SaveMetainfo(*metainfo);
  if (options_.save_torrent.empty()) return;
  const absl::Status status =
      WriteFileAtomically(options_.save_torrent, storage::EncodeMetainfo(*metainfo));
  if (status.ok()) return;
  reporter_.Warn(status.message());
  is_save_failed_ = true;
}

void Session::OnFailed(Entry& entry, absl::string_view why) {
  if (std::exchange(entry.is_failed, true)) return;
  const std::string& name = entry.view.status.name;
  reporter_.Warn(absl::StrCat(name.empty() ? entry.given.source.label() : Printable(name), ": ",
                              Printable(why)));
}

void Session::Refresh(Time now, Entry& entry) {
  if (entry.has_left) return;
  entry.view.status = node_->client().status(now, entry.id);
  // A seeder wants nothing; what it is asked about is how much of the torrent it serves.
  const storage::Metainfo* metainfo = entry.given.source.metainfo.get();
  if (purpose_ == Purpose::kSeed && options_.select.empty() && metainfo != nullptr) {
    entry.view.status.total_bytes = metainfo->total_size;
  }
  entry.view.running = now - entry.added;
}

SessionView Session::View(Time now) {
  SessionView view;
  view.dht = options_.node.client.dht;
  view.node = node_->client().status(now);
  for (const std::unique_ptr<Entry>& entry : entries_) view.torrents.push_back(entry->view);
  return view;
}

void Session::Tick(Time now) {
  if (exit_code_.has_value()) {
    if (now >= goodbyes_until_ || !node_->client().has_goodbyes()) world_.Stop();
    return;
  }
  Step(now);
  if (exit_code_.has_value()) return;
  if (!OutputIsOpen()) return End(now, kExitCouldNot);
  if (now >= next_report_) {
    // From when it was due, so that a second stays a second.
    next_report_ = std::max(next_report_ + reporter_.tick(), now);
    reporter_.OnTick(now, View(now));
  }
  if (now >= next_save_) {
    next_save_ = now + kSavePeriod;
    SaveDht(now);
  }
}

void Session::Step(Time now) {
  if (exit_code_.has_value()) return;
  for (const std::unique_ptr<Entry>& entry : entries_) StepTorrent(now, *entry);
  const auto is_over = [&](const std::unique_ptr<Entry>& entry) {
    if (entry->is_failed) return true;
    if (purpose_ == Purpose::kGet && !options_.seed_after.has_value()) return entry->is_complete();
    return entry->has_left;
  };
  if (std::all_of(entries_.begin(), entries_.end(), is_over)) {
    const bool any_failed = std::any_of(entries_.begin(), entries_.end(),
                                        [](const auto& entry) { return entry->is_failed; });
    return End(now, any_failed || is_save_failed_ ? kExitCouldNot : kExitDone);
  }
  StepTimeout(now);
}

void Session::StepTorrent(Time now, Entry& entry) {
  if (entry.has_left) return;
  Refresh(now, entry);
  const TorrentStatus& status = entry.view.status;
  if (status.phase == TorrentPhase::kFailed) OnFailed(entry, "it cannot go on");
  if (entry.is_failed) return Leave(now, entry);
  if (!entry.is_complete() && status.phase == TorrentPhase::kSeeding) {
    // A seeder that lacks something serves what it has, but it must have something.
    if (purpose_ == Purpose::kSeed && status.have_bytes == 0 && status.total_bytes > 0) {
      OnFailed(entry, absl::StrCat("nothing of it lies in ", Printable(entry.view.dir),
                                   "; --dir names the folder, starling get fetches it"));
      return Leave(now, entry);
    }
    Complete(now, entry);
  }
  if (entry.is_complete() && HasSeededEnough(now, entry)) Leave(now, entry);
  if (!entry.is_complete()) TellIfAlone(now, entry);
}

void Session::TellIfAlone(Time now, Entry& entry) {
  const TorrentStatus& status = entry.view.status;
  if (status.phase == TorrentPhase::kChecking) return;
  if (entry.looks_since == kNever) entry.looks_since = now;
  if (status.connected > 0) entry.is_alone_told = true;  // it was not, so it need not be told
  if (entry.is_alone_told || now - entry.looks_since < kPeerWithin) return;
  entry.is_alone_told = true;
  const storage::Metainfo* metainfo = entry.given.source.metainfo.get();
  const ClientOptions& client = options_.node.client;
  const dht::Stats stats = node_->client().status(now).dht;
  PeerSources sources;
  sources.dht = client.dht && (metainfo == nullptr || !metainfo->is_private);
  sources.dht_nodes = stats.table_nodes + stats.table_nodes_v6;
  sources.trackers = client.trackers != TrackerRule::kNever && NamesTracker(entry.given.source);
  sources.known_addresses = status.peer_set;
  reporter_.Warn(absl::StrCat(entry.given.source.label(), ": ", WhyNoPeer(sources)));
}

void Session::Complete(Time now, Entry& entry) {
  entry.complete_at = now;
  gained_at_ = now;
  if (purpose_ == Purpose::kGet) reporter_.OnComplete(entry.view);
  if (purpose_ == Purpose::kSeed || options_.seed_after.has_value()) {
    reporter_.OnSeeding(entry.view);
  }
}

bool Session::HasSeededEnough(Time now, const Entry& entry) const {
  if (!options_.seed_after.has_value()) return false;
  if (const auto* to = std::get_if<SeedToRatio>(&*options_.seed_after)) {
    return static_cast<double>(entry.view.status.uploaded) >=
           to->ratio * static_cast<double>(entry.view.status.total_bytes);
  }
  const auto* lasting = std::get_if<SeedForTime>(&*options_.seed_after);
  return lasting != nullptr && now >= entry.complete_at + lasting->time;
}

void Session::StepTimeout(Time now) {
  uint64_t gained = 0;
  bool is_waiting = false;
  for (const std::unique_ptr<Entry>& entry : entries_) {
    const TorrentStatus& status = entry->view.status;
    gained += status.have_bytes + status.checked_bytes;
    is_waiting = is_waiting || (!entry->is_complete() && !entry->is_failed);
  }
  if (gained != std::exchange(gained_, gained) || !is_waiting) gained_at_ = now;
  if (!options_.timeout.has_value() || now - gained_at_ < *options_.timeout) return;
  reporter_.Warn(absl::StrCat("nothing gained for ", FormatDuration(*options_.timeout),
                              ", giving up; what is there is kept, the same command goes on"));
  End(now, kExitCouldNot);
}

void Session::Leave(Time now, Entry& entry) {
  Refresh(now, entry);
  entry.has_left = true;
  node_->client().Remove(now, entry.id);
}

void Session::SaveDht(Time now) {
  const dht::Node* dht = node_->client().dht();
  if (dht == nullptr) return;
  state_.SaveDht(options_.node.client.dht_routers, SavedDht{dht->id(), dht->Save(now)});
}

void Session::End(Time now, int exit_code) {
  if (exit_code_.has_value()) return;
  for (const std::unique_ptr<Entry>& entry : entries_) Refresh(now, *entry);
  // The last picture stays true: whatever comes now is the goodbye.
  exit_code_ = exit_code;
  reporter_.OnTick(now, View(now));
  for (const std::unique_ptr<Entry>& entry : entries_) {
    if (entry->is_failed) continue;
    const bool offer = purpose_ == Purpose::kGet && entry->is_complete();
    reporter_.OnEnd(entry->view, offer ? SeedCommandLine(entry->view, options_) : "");
  }
  SaveDht(now);
  goodbyes_until_ = now + kGoodbyeMax;
  node_->client().Stop(now);
  if (!node_->client().has_goodbyes()) world_.Stop();
}

std::string SeedCommandLine(const TorrentView& torrent, const TransferOptions& options) {
  std::string line = absl::StrCat("starling seed ", ShellQuote(torrent.magnet), " --dir ",
                                  ShellQuote(torrent.dir));
  for (const std::string& word : options.network_words) absl::StrAppend(&line, " ", word);
  return line;
}

}  // namespace starling::cli
