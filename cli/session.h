// One run of `get` or `seed`: a real node with some torrents, from start to a clean end. It watches
// what happens, tells the reporter, keeps state, and decides when all is done.
//
// It ends when every torrent is done or failed, when nothing was gained for --timeout, or by SIGINT
// or SIGTERM. At the end trackers get up to kGoodbyeMax to take our goodbye, so that a signal ends
// the program within 2 seconds.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/reporter.h"
#include "cli/sources.h"
#include "cli/state.h"
#include "cli/transfer_options.h"
#include "node/real_node.h"

namespace starling::cli {

inline constexpr Duration kGoodbyeMax = milliseconds(1500);

struct SessionTorrent {
  Source source;
  std::string dir;         // absolute
  bool made_here = false;  // `seed PATH`: its files were hashed just now
};

class Session final : public EventSink {
 public:
  enum class Purpose { kGet, kSeed };

  // All references must outlive the session.
  Session(Purpose purpose, const TransferOptions& options, StateFolder& state, Reporter& reporter);
  ~Session() override;

  // Runs until the end and returns the exit code; an error if it could not even begin.
  absl::StatusOr<int> Run(std::vector<SessionTorrent> torrents);

  void On(Time now, const Event& event) override;

 private:
  struct Entry;

  absl::Status Start(std::vector<SessionTorrent> torrents);
  absl::Status AddTorrent(SessionTorrent torrent, const std::vector<Endpoint>& peers);
  void Tick(Time now);
  // Looks at each torrent and does what is due: tell, remove, end.
  void Step(Time now);
  void StepTorrent(Time now, Entry& entry);
  void TellIfAlone(Time now, Entry& entry);
  void StepTimeout(Time now);
  void Complete(Time now, Entry& entry);
  bool HasSeededEnough(Time now, const Entry& entry) const;
  // Takes the torrent out; what it was last stays in the entry for the summary.
  void Leave(Time now, Entry& entry);
  void End(Time now, int exit_code);
  void SaveDht(Time now);

  void OnMetadata(Time now, Entry& entry, const MetadataEvent& event);
  void OnFailed(Entry& entry, absl::string_view why);
  Entry* Find(const InfoHash& info_hash);
  void Refresh(Time now, Entry& entry);
  SessionView View(Time now);

  const Purpose purpose_;
  const TransferOptions& options_;
  StateFolder& state_;
  Reporter& reporter_;
  RealWorld world_;
  std::unique_ptr<RealNode> node_;
  std::vector<std::unique_ptr<Entry>> entries_;
  Time next_report_{};
  Time next_save_{};
  uint64_t gained_ = 0;
  Time gained_at_{};
  std::optional<int> exit_code_;  // set: it is ending
  bool is_save_failed_ = false;   // of --save-torrent
  Time goodbyes_until_ = kNever;
  bool step_is_posted_ = false;
};

// The line that goes on serving what was fetched: "starling seed 'magnet:...' --dir DIR".
std::string SeedCommandLine(const TorrentView& torrent, const TransferOptions& options);

}  // namespace starling::cli
