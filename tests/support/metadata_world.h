// Peers that serve an info dictionary as their scripts say, honest or not, a MetadataFetch that
// asks them, and a clock that jumps from event to event.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/digest.h"
#include "base/random.h"
#include "peer/metadata_exchange.h"
#include "peer/metadata_fetch.h"

namespace starling::test {

using Kind = peer::MetadataMessage::Kind;

constexpr peer::ConnectionId Id(uint64_t number) { return peer::ConnectionId{number}; }

inline std::string RandomInfo(size_t size, uint64_t seed = 1) {
  SeededRandom random(seed);
  std::string info(size, '\0');
  random.Fill({reinterpret_cast<std::byte*>(info.data()), info.size()});
  return info;
}

inline InfoHash HashOf(const std::string& info) { return InfoHash::From(Sha1(AsBytes(info))); }

inline std::string PieceOf(const std::string& info, uint32_t piece) {
  return info.substr(size_t{piece} * peer::kMetadataPieceSize, peer::kMetadataPieceSize);
}

class MetadataWorld {
 public:
  struct Answer {
    Kind kind = Kind::kData;
    uint32_t piece = 0;
    std::optional<uint32_t> total_size;
    std::string bytes;
  };
  // What a peer sends, all at once and some time after it was asked for the piece.
  using Script = std::function<std::vector<Answer>(uint32_t piece)>;

  explicit MetadataWorld(const InfoHash& info_hash) : fetch(info_hash) {}

  void Join(uint64_t id, uint32_t size, Script script, Duration delay = milliseconds(50)) {
    peers_[id] = {std::move(script), delay};
    fetch.AddSource(now, Id(id), size);
  }
  void Leave(uint64_t id) {
    peers_.erase(id);
    fetch.RemoveSource(now, Id(id));
  }

  // Runs until done or until nothing more can happen before `end`.
  bool RunUntil(Time end) {
    while (!fetch.done()) {
      Pull();
      const Time next = events_.empty() ? fetch.next_deadline()
                                        : std::min(events_.begin()->first, fetch.next_deadline());
      if (next > end) {
        now = end;
        return false;
      }
      now = std::max(now, next);
      if (now >= fetch.next_deadline()) fetch.OnDeadline(now);
      Deliver();
      held_max = std::max(held_max, fetch.bytes_held());
      for (const peer::ConnectionId liar : fetch.TakeLiars()) {
        liars.push_back(static_cast<uint64_t>(liar));
        if (bans) Leave(liars.back());
      }
    }
    return true;
  }
  bool Run(Duration limit = minutes(2)) { return RunUntil(now + limit); }

  peer::MetadataFetch fetch;
  Time now = Time(hours(1));
  std::vector<uint64_t> liars;
  std::map<uint64_t, std::vector<uint32_t>> asked;
  uint64_t held_max = 0;
  bool bans = true;

 private:
  struct Peer {
    Script script;
    Duration delay{};
  };

  void Pull() {
    while (const auto ask = fetch.NextRequest(now)) {
      const auto id = static_cast<uint64_t>(ask->peer);
      asked[id].push_back(ask->piece);
      const Peer& peer = peers_.at(id);
      for (Answer& answer : peer.script(ask->piece)) {
        events_.emplace(now + peer.delay, std::pair(id, std::move(answer)));
      }
    }
  }
  void Deliver() {
    while (!events_.empty() && events_.begin()->first <= now) {
      const auto [id, answer] = events_.begin()->second;
      events_.erase(events_.begin());
      if (peers_.count(id) == 0) continue;
      if (answer.kind == Kind::kReject) {
        fetch.OnReject(now, Id(id), answer.piece);
      } else {
        fetch.OnData(now, Id(id),
                     {Kind::kData, answer.piece, answer.total_size, AsBytes(answer.bytes)});
      }
    }
  }

  std::map<uint64_t, Peer> peers_;
  std::multimap<Time, std::pair<uint64_t, Answer>> events_;
};

inline MetadataWorld::Script Honest(const std::string& info) {
  return [info](uint32_t piece) {
    return std::vector<MetadataWorld::Answer>{
        {Kind::kData, piece, static_cast<uint32_t>(info.size()), PieceOf(info, piece)}};
  };
}
// As Honest, but the pieces for which `lies` is true are wrong.
inline MetadataWorld::Script Lying(const std::string& info, std::function<bool(uint32_t)> lies) {
  return [info, lies](uint32_t piece) {
    std::string bytes = PieceOf(info, piece);
    if (lies(piece)) bytes[0] = static_cast<char>(bytes[0] ^ 1);
    return std::vector<MetadataWorld::Answer>{
        {Kind::kData, piece, static_cast<uint32_t>(info.size()), bytes}};
  };
}
inline MetadataWorld::Script Silent() {
  return [](uint32_t) { return std::vector<MetadataWorld::Answer>(); };
}
inline MetadataWorld::Script Rejecting() {
  return [](uint32_t piece) {
    return std::vector<MetadataWorld::Answer>{{Kind::kReject, piece, std::nullopt, ""}};
  };
}
inline bool Always(uint32_t) { return true; }

inline uint32_t SizeOf(const std::string& info) { return static_cast<uint32_t>(info.size()); }

}  // namespace starling::test
