// Fetches the info dictionary of a magnet link from several peers (BEP 9), none of them trusted.
// A state machine: events in; whom to ask for which piece is pulled out with NextRequest().
//
//   fetch.AddSource(now, id, size);          // its extension handshake named metadata_size
//   fetch.OnData(now, id, message);          // or OnReject, RemoveSource, OnDeadline; and after
//   each: while (auto ask = fetch.NextRequest(now)) connection(ask->peer).AskMetadata(ask->piece);
//   for (ConnectionId liar : fetch.TakeLiars()) ban(liar);
//   if (fetch.done()) use(fetch.TakeInfo());
//
// Peers that name the same size work on one attempt together. If its hash is wrong and one peer
// gave all of it, that peer lied; if several did, each becomes a suspect and must from then on
// prove itself in an attempt of its own, beside the others. So one liar costs one round, and no
// majority of liars can keep an honest peer from being heard. The attempts worked on never need
// more than storage::kInfoSizeMax together, even if all came to their full size. Further ones
// queue, and while any waits, one that stalls or takes too long goes to the end of the queue.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "base/id.h"
#include "base/time.h"
#include "peer/choker.h"
#include "peer/metadata_exchange.h"

namespace starling::peer {

class MetadataFetch {
 public:
  static constexpr size_t kSourcesMax = 256;
  static constexpr size_t kAttemptsMax = 32;       // worked on at the same time
  static constexpr size_t kRequestsPerSource = 4;  // in flight
  static constexpr size_t kRequestsKept = 16;      // overdue ones included, which may still come
  static constexpr uint32_t kAskersMax = 3;        // sources asked for one piece at once
  static constexpr Duration kRequestTimeout = seconds(10);
  static constexpr Duration kSlowAfter = seconds(2);  // another source is asked as well
  static constexpr Duration kPause = seconds(10);     // of a source that rejects or is silent
  static constexpr uint32_t kPauseStepsMax = 6;       // it grows up to so many times that
  static constexpr uint32_t kOffencesMax = 3;         // data of the wrong size
  static constexpr uint32_t kUnaskedMax = 64;         // data that nobody asked this peer for
  static constexpr Duration kTick = milliseconds(500);
  // While others wait, an attempt gives way that brought nothing for kStallTime, or that takes
  // longer than kAttemptTime and longer than its size at kRateMin.
  static constexpr Duration kStallTime = seconds(15);
  static constexpr Duration kAttemptTime = seconds(60);
  static constexpr uint64_t kRateMin = 32 * 1024;  // bytes a second

  struct Ask {
    ConnectionId peer{};
    uint32_t piece = 0;
  };

  explicit MetadataFetch(const InfoHash& info_hash) : info_hash_(info_hash) {}

  // The peer offers metadata of this size. Told again with another size, it starts anew; a size of
  // 0 or above storage::kInfoSizeMax is ignored.
  void AddSource(Time now, ConnectionId peer, uint32_t metadata_size);
  void RemoveSource(Time now, ConnectionId peer);  // unknown ids are ignored, here and below
  // `message` is a data message. True if that was the last piece of the right dictionary.
  bool OnData(Time now, ConnectionId peer, const MetadataMessage& message);
  void OnReject(Time now, ConnectionId peer, uint32_t piece);
  void OnDeadline(Time now);
  Time next_deadline() const { return next_deadline_; }

  // Whom to ask for what now; the request counts as sent. nullopt: nobody.
  std::optional<Ask> NextRequest(Time now);

  bool done() const { return done_; }
  const std::string& info() const { return info_; }  // empty until done
  std::string TakeInfo() { return std::exchange(info_, {}); }
  // Peers that were proven wrong since the last call: each gave a whole false dictionary by itself,
  // or offended too often. They are asked no more.
  std::vector<ConnectionId> TakeLiars() { return std::exchange(liars_, {}); }

  size_t sources() const { return sources_.size(); }
  uint64_t bytes_held() const { return bytes_held_; }
  uint64_t failures() const { return failures_; }  // attempts with a wrong hash
  uint64_t unasked() const { return unasked_; }    // data that nobody had asked for

 private:
  struct Request {
    uint32_t piece = 0;
    Time sent{};
    bool overdue = false;  // would still be taken, but is no longer waited for
    bool stale = false;    // of an attempt that ended; what comes is dropped
    bool in_flight() const { return !overdue && !stale; }
  };
  struct Source {
    uint32_t size = 0;
    bool suspect = false;  // gave to a false dictionary together with others
    bool liar = false;
    uint32_t offences = 0;
    uint32_t unasked = 0;
    uint32_t pauses = 0;  // since it last gave something
    Time paused_until{};
    std::vector<Request> requests;
    size_t in_flight() const;
  };
  using Sources = absl::btree_map<ConnectionId, Source>;

  struct Part {
    std::string bytes;    // empty until it came
    ConnectionId from{};  // who gave it
    uint32_t askers = 0;  // requests in flight
    Time asked{};         // the latest of them
  };
  // `peer` is none for the common attempt of all who name the size, else the suspect's own.
  struct AttemptKey {
    uint32_t size = 0;
    ConnectionId peer{};
    auto operator<=>(const AttemptKey&) const = default;
  };
  struct Attempt {
    std::vector<Part> parts;  // empty while it waits for its turn
    uint32_t missing = 0;
    uint32_t unasked = 0;        // missing and asked of nobody
    uint32_t first_missing = 0;  // all before it are here
    uint32_t sources = 0;
    uint64_t place = 0;  // in the queue; lower is sooner
    Time started{};
    Time progressed{};
    bool active() const { return !parts.empty(); }
  };
  using Attempts = absl::btree_map<AttemptKey, Attempt>;

  static AttemptKey KeyOf(ConnectionId peer, const Source& source);
  static bool IsStalled(Time now, const AttemptKey& key, const Attempt& attempt);
  Source* FindSource(ConnectionId peer);
  Attempt* AttemptOf(ConnectionId peer, const Source& source);
  void Join(Time now, ConnectionId peer, Source& source);
  void Leave(Time now, ConnectionId peer, Source& source);
  void ShareTurns(Time now);
  void EndStalled(Time now);
  void Begin(Time now, const AttemptKey& key, Attempt& attempt);
  void End(const AttemptKey& key, Attempt& attempt);
  void Wake(Time now);

  std::optional<uint32_t> PieceFor(Time now, const Source& source, const Attempt& attempt) const;
  void NoteRequest(Time now, Source& source, Attempt& attempt, uint32_t piece);
  std::optional<Request> TakeRequest(Source& source, uint32_t piece);
  static void StopWaiting(Attempt& attempt, const Request& request);
  static void Pause(Time now, Source& source);
  void Offend(Time now, ConnectionId peer, Source& source);
  void CallLiar(Time now, ConnectionId peer, Source& source);
  void Keep(Time now, ConnectionId peer, Attempt& attempt, const MetadataMessage& message);
  void Complete(Time now, const AttemptKey& key);
  void Suspect(Time now, const std::vector<ConnectionId>& contributors);

  InfoHash info_hash_;
  Sources sources_;
  Attempts attempts_;
  std::vector<ConnectionId> liars_;
  std::string info_;
  Time next_deadline_ = kNever;
  uint64_t bytes_held_ = 0;
  uint64_t failures_ = 0;
  uint64_t unasked_ = 0;
  uint64_t last_place_ = 0;
  bool done_ = false;
};

}  // namespace starling::peer
