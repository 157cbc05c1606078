#include "peer/metadata_fetch.h"

#include <algorithm>

#include "base/check.h"
#include "storage/metainfo.h"

namespace starling::peer {
namespace {

size_t PieceSize(uint32_t metadata_size, uint32_t piece) {
  return std::min<size_t>(kMetadataPieceSize, metadata_size - size_t{piece} * kMetadataPieceSize);
}

}  // namespace

void MetadataFetch::AddSource(Time now, ConnectionId peer, uint32_t metadata_size) {
  if (done_ || metadata_size == 0 || metadata_size > storage::kInfoSizeMax) return;
  if (Source* known = FindSource(peer)) {
    if (known->liar || known->size == metadata_size) return;
    Leave(now, peer, *known);
    known->size = metadata_size;
    Join(now, peer, *known);
    return;
  }
  if (sources_.size() >= kSourcesMax) return;
  Source& source = sources_[peer];
  source.size = metadata_size;
  Join(now, peer, source);
}

void MetadataFetch::RemoveSource(Time now, ConnectionId peer) {
  Source* source = FindSource(peer);
  if (source == nullptr) return;
  if (!source->liar) Leave(now, peer, *source);
  sources_.erase(peer);
}

bool MetadataFetch::OnData(Time now, ConnectionId peer, const MetadataMessage& message) {
  Source* source = FindSource(peer);
  if (done_ || source == nullptr || source->liar) return false;
  const std::optional<Request> request = TakeRequest(*source, message.piece);
  if (!request.has_value()) {
    ++unasked_;
    if (++source->unasked > kUnaskedMax) CallLiar(now, peer, *source);
    return false;
  }
  Attempt* attempt = AttemptOf(peer, *source);
  if (request->stale || attempt == nullptr || !attempt->active()) return false;
  if (request->in_flight()) StopWaiting(*attempt, *request);
  if (message.total_size.value_or(source->size) != source->size ||
      message.bytes.size() != PieceSize(source->size, message.piece)) {
    Offend(now, peer, *source);
    return false;
  }
  source->pauses = 0;
  source->paused_until = Time{};
  const AttemptKey key = KeyOf(peer, *source);
  Keep(now, peer, *attempt, message);
  if (attempt->missing == 0) Complete(now, key);
  return done_;
}

void MetadataFetch::OnReject(Time now, ConnectionId peer, uint32_t piece) {
  Source* source = FindSource(peer);
  if (done_ || source == nullptr || source->liar) return;
  const std::optional<Request> request = TakeRequest(*source, piece);
  if (!request.has_value() || request->stale) return;
  if (Attempt* attempt = AttemptOf(peer, *source); attempt != nullptr && request->in_flight()) {
    StopWaiting(*attempt, *request);
  }
  Pause(now, *source);
}

void MetadataFetch::OnDeadline(Time now) {
  next_deadline_ = kNever;
  if (done_ || attempts_.empty()) return;
  for (auto& [peer, source] : sources_) {
    bool silent = false;
    for (Request& request : source.requests) {
      if (!request.in_flight() || now < request.sent + kRequestTimeout) continue;
      StopWaiting(*AttemptOf(peer, source), request);
      request.overdue = true;
      silent = true;
    }
    if (silent) Pause(now, source);
  }
  EndStalled(now);
  Wake(now);
}

std::optional<MetadataFetch::Ask> MetadataFetch::NextRequest(Time now) {
  if (done_) return std::nullopt;
  // The least busy source first, so that the load spreads.
  for (size_t busy = 0; busy < kRequestsPerSource; ++busy) {
    for (auto& [peer, source] : sources_) {
      if (source.liar || now < source.paused_until || source.in_flight() != busy) continue;
      Attempt& attempt = *AttemptOf(peer, source);
      if (!attempt.active()) continue;
      const std::optional<uint32_t> piece = PieceFor(now, source, attempt);
      if (!piece.has_value()) continue;
      NoteRequest(now, source, attempt, *piece);
      Wake(now);
      return Ask{peer, *piece};
    }
  }
  return std::nullopt;
}

size_t MetadataFetch::Source::in_flight() const {
  return static_cast<size_t>(std::count_if(requests.begin(), requests.end(),
                                           [](const Request& r) { return r.in_flight(); }));
}

MetadataFetch::AttemptKey MetadataFetch::KeyOf(ConnectionId peer, const Source& source) {
  return {source.size, source.suspect ? peer : ConnectionId{}};
}

bool MetadataFetch::IsStalled(Time now, const AttemptKey& key, const Attempt& attempt) {
  const Duration at_rate_min = seconds(key.size / kRateMin);
  return now > attempt.progressed + kStallTime ||
         now > attempt.started + std::max<Duration>(kAttemptTime, at_rate_min);
}

MetadataFetch::Source* MetadataFetch::FindSource(ConnectionId peer) {
  const auto found = sources_.find(peer);
  return found == sources_.end() ? nullptr : &found->second;
}

MetadataFetch::Attempt* MetadataFetch::AttemptOf(ConnectionId peer, const Source& source) {
  const auto found = attempts_.find(KeyOf(peer, source));
  return found == attempts_.end() ? nullptr : &found->second;
}

void MetadataFetch::Join(Time now, ConnectionId peer, Source& source) {
  Attempt& attempt = attempts_[KeyOf(peer, source)];
  if (attempt.sources++ == 0) attempt.place = ++last_place_;
  ShareTurns(now);
  Wake(now);
}

void MetadataFetch::Leave(Time now, ConnectionId peer, Source& source) {
  const AttemptKey key = KeyOf(peer, source);
  Attempt& attempt = attempts_[key];
  CHECK(attempt.sources > 0);
  for (Request& request : source.requests) {
    if (request.in_flight()) StopWaiting(attempt, request);
    request.stale = true;
  }
  if (--attempt.sources > 0) return;
  End(key, attempt);
  attempts_.erase(key);
  ShareTurns(now);
}

// Begins the attempts at the front of the queue that there is room for. It stops at the first that
// does not fit, so that a large one is not passed by for ever.
void MetadataFetch::ShareTurns(Time now) {
  size_t places = kAttemptsMax;
  size_t room = storage::kInfoSizeMax;
  std::vector<std::pair<uint64_t, AttemptKey>> queue;
  for (const auto& [key, attempt] : attempts_) {
    if (attempt.active()) {
      --places;
      room -= key.size;
    } else {
      queue.emplace_back(attempt.place, key);
    }
  }
  std::sort(queue.begin(), queue.end());
  for (const auto& [place, key] : queue) {
    if (places == 0 || key.size > room) return;
    --places;
    room -= key.size;
    Begin(now, key, attempts_[key]);
  }
}

void MetadataFetch::EndStalled(Time now) {
  const bool some_wait = std::any_of(attempts_.begin(), attempts_.end(),
                                     [](const auto& entry) { return !entry.second.active(); });
  if (!some_wait) return;
  for (auto& [key, attempt] : attempts_) {
    if (!attempt.active() || !IsStalled(now, key, attempt)) continue;
    End(key, attempt);
    attempt.place = ++last_place_;
  }
  ShareTurns(now);
}

void MetadataFetch::Begin(Time now, const AttemptKey& key, Attempt& attempt) {
  const uint32_t pieces = MetadataPieceCount(key.size);
  attempt.parts.resize(pieces);
  attempt.missing = pieces;
  attempt.unasked = pieces;
  attempt.first_missing = 0;
  attempt.started = now;
  attempt.progressed = now;
}

void MetadataFetch::End(const AttemptKey& key, Attempt& attempt) {
  for (const Part& part : attempt.parts) bytes_held_ -= part.bytes.size();
  attempt.parts = {};
  for (auto& [peer, source] : sources_) {
    if (source.liar || KeyOf(peer, source) != key) continue;
    for (Request& request : source.requests) request.stale = true;
  }
}

// Something waits from now on. A tick finds timeouts, pauses that end and pieces that are slow;
// it runs only while metadata is being fetched.
void MetadataFetch::Wake(Time now) {
  if (next_deadline_ == kNever) next_deadline_ = now + kTick;
}

std::optional<uint32_t> MetadataFetch::PieceFor(Time now, const Source& source,
                                                const Attempt& attempt) const {
  const auto pieces = static_cast<uint32_t>(attempt.parts.size());
  for (uint32_t piece = attempt.first_missing; piece < pieces; ++piece) {
    const Part& part = attempt.parts[piece];
    if (!part.bytes.empty()) continue;
    if (part.askers == 0) return piece;
    // While pieces are left that nobody was asked for, slow ones can wait.
    if (attempt.unasked > 0 || part.askers >= kAskersMax || now < part.asked + kSlowAfter) continue;
    const bool asked_already =
        std::any_of(source.requests.begin(), source.requests.end(),
                    [&](const Request& r) { return r.in_flight() && r.piece == piece; });
    if (!asked_already) return piece;
  }
  return std::nullopt;
}

void MetadataFetch::NoteRequest(Time now, Source& source, Attempt& attempt, uint32_t piece) {
  if (source.requests.size() >= kRequestsKept) {
    const auto settled = std::find_if(source.requests.begin(), source.requests.end(),
                                      [](const Request& r) { return !r.in_flight(); });
    source.requests.erase(settled);
  }
  source.requests.push_back({piece, now});
  Part& part = attempt.parts[piece];
  if (part.askers++ == 0) --attempt.unasked;
  part.asked = now;
}

// Removes and returns the request that an answer about `piece` belongs to, one that still counts
// first.
std::optional<MetadataFetch::Request> MetadataFetch::TakeRequest(Source& source, uint32_t piece) {
  auto& requests = source.requests;
  auto best = requests.end();
  for (auto it = requests.begin(); it != requests.end(); ++it) {
    if (it->piece == piece && (best == requests.end() || best->stale)) best = it;
  }
  if (best == requests.end()) return std::nullopt;
  const Request request = *best;
  requests.erase(best);
  return request;
}

void MetadataFetch::StopWaiting(Attempt& attempt, const Request& request) {
  Part& part = attempt.parts[request.piece];
  CHECK(part.askers > 0);
  if (--part.askers == 0 && part.bytes.empty()) ++attempt.unasked;
}

void MetadataFetch::Pause(Time now, Source& source) {
  source.pauses = std::min(source.pauses + 1, kPauseStepsMax);
  source.paused_until = now + source.pauses * kPause;
}

void MetadataFetch::Offend(Time now, ConnectionId peer, Source& source) {
  Pause(now, source);
  if (++source.offences >= kOffencesMax) CallLiar(now, peer, source);
}

void MetadataFetch::CallLiar(Time now, ConnectionId peer, Source& source) {
  Leave(now, peer, source);
  source.liar = true;
  source.requests = {};
  liars_.push_back(peer);
}

void MetadataFetch::Keep(Time now, ConnectionId peer, Attempt& attempt,
                         const MetadataMessage& message) {
  Part& part = attempt.parts[message.piece];
  if (!part.bytes.empty()) return;  // Another one that was asked as well came first.
  part.bytes.assign(AsText(message.bytes).data(), message.bytes.size());
  part.from = peer;
  if (part.askers == 0) --attempt.unasked;
  bytes_held_ += part.bytes.size();
  --attempt.missing;
  attempt.progressed = now;
  while (attempt.first_missing < attempt.parts.size() &&
         !attempt.parts[attempt.first_missing].bytes.empty()) {
    ++attempt.first_missing;
  }
}

// All pieces of the attempt are here: is it what the info-hash promises?
void MetadataFetch::Complete(Time now, const AttemptKey& key) {
  Attempt& attempt = attempts_[key];
  std::string info;
  info.reserve(key.size);
  std::vector<ConnectionId> contributors;
  for (Part& part : attempt.parts) {
    info += part.bytes;
    bytes_held_ -= part.bytes.size();
    part.bytes = {};
    contributors.push_back(part.from);
  }
  std::sort(contributors.begin(), contributors.end());
  contributors.erase(std::unique(contributors.begin(), contributors.end()), contributors.end());
  End(key, attempt);
  if (InfoMatches(info_hash_, AsBytes(info))) {
    info_ = std::move(info);
    done_ = true;
    for (auto& entry : attempts_) End(entry.first, entry.second);
    attempts_.clear();
    sources_.clear();
    next_deadline_ = kNever;
    return;
  }
  ++failures_;
  Suspect(now, contributors);
  ShareTurns(now);
}

void MetadataFetch::Suspect(Time now, const std::vector<ConnectionId>& contributors) {
  for (const ConnectionId peer : contributors) {
    Source* source = FindSource(peer);
    if (source == nullptr || source->liar) continue;
    if (contributors.size() == 1) {
      CallLiar(now, peer, *source);
    } else if (!source->suspect) {
      Leave(now, peer, *source);
      source->suspect = true;
      Join(now, peer, *source);
    }
  }
}

}  // namespace starling::peer
