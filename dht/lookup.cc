#include "dht/lookup.h"

#include <algorithm>

#include "base/check.h"
#include "dht/address.h"

namespace starling::dht {

namespace {

constexpr size_t kNamesakesMax = 2;

}  // namespace

using State = Candidate::State;

bool Lookup::Add(const NodeId& id, const Endpoint& endpoint, uint8_t hops, uint8_t rtt_class) {
  const size_t candidates_max = closest_max_ + kSpareCandidates;
  const bool is_full = candidates_.size() >= candidates_max;
  // Most of what is named late in a lookup is farther than all that is known.
  if (is_full && !IsCloser(target_, id, candidates_.back().id)) return false;
  size_t namesakes = 0;
  for (const Candidate& other : candidates_) {
    if (other.endpoint.SameAddress(endpoint)) {
      if (other.endpoint.port == endpoint.port) return false;
      if (other.state == State::kAnswered && IsSameParticipant(other.endpoint, endpoint)) {
        return false;
      }
    }
    if (other.id != id) continue;
    // A liar must not hide a node by naming its id at a wrong address first.
    if (other.state == State::kAnswered || ++namesakes == kNamesakesMax) return false;
  }
  if (is_full && !MakeRoomFor(id)) return false;
  if (candidates_.empty()) candidates_.reserve(candidates_max);
  Candidate candidate;
  candidate.id = id;
  candidate.endpoint = endpoint;
  candidate.hops = hops;
  candidate.rtt_class = rtt_class;
  Insert(candidate);
  return true;
}

LookupState Lookup::StateNow() const {
  LookupState state{target_, candidates_};
  state.is_spent = is_spent();
  state.reach = reach_;
  for (const Candidate& candidate : candidates_) {
    if (candidate.state == State::kAsked) ++state.in_flight;
    if (candidate.state == State::kAnswered) ++state.answered;
  }
  return state;
}

void Lookup::Step(absl::FunctionRef<bool(const Candidate&)> ask) {
  LookupState state = StateNow();
  while (!is_spent()) {
    const std::optional<size_t> next = variant_->ChooseNext(state);
    if (!next.has_value()) return;
    CHECK(*next < candidates_.size());
    Candidate& candidate = candidates_[*next];
    CHECK(candidate.state == State::kUnasked);
    if (!ask(candidate)) {
      candidate.state = State::kFailed;
      continue;
    }
    candidate.state = State::kAsked;
    ++state.in_flight;
    ++queries_;
  }
}

void Lookup::MarkAsked(const Endpoint& endpoint) {
  Candidate* candidate = FindMutable(endpoint);
  if (candidate != nullptr && candidate->state == State::kUnasked) candidate->state = State::kAsked;
}

uint8_t Lookup::OnReply(const Endpoint& from, const NodeId& id, ByteView token,
                        uint32_t elapsed_ms) {
  Candidate* found = FindMutable(from);
  if (found == nullptr || found->state == State::kAnswered) return 0;
  // One participant counts once, and so does one id: the first to answer is believed.
  if (IsCounted(from) || IsAnswered(id)) {
    found->state = State::kFailed;
    return 0;
  }
  Candidate answered = *found;
  answered.id = id;  // it may have been named under a wrong one; only itself can say
  answered.state = State::kAnswered;
  answered.answered_ms = elapsed_ms;
  answered.token_size = 0;
  if (token.size() <= Candidate::kTokenSizeMax) {
    answered.token_size = static_cast<uint8_t>(token.size());
    std::copy(token.begin(), token.end(), answered.token);
  }
  if (found->id == id) {
    *found = answered;
  } else {
    candidates_.erase(candidates_.begin() + (found - candidates_.data()));
    Insert(answered);
  }
  std::erase_if(candidates_, [&](const Candidate& other) {
    return other.id == id && other.state == State::kUnasked;
  });
  return answered.hops;
}

bool Lookup::OnSlow(const Endpoint& to) {
  Candidate* candidate = FindMutable(to);
  if (candidate == nullptr) return false;
  if (candidate->state == State::kAsked) {
    candidate->state = State::kSlow;
    return false;
  }
  // On a slow line everybody is late: whoever answers at all is welcome.
  if (candidate->state != State::kSlow || answered() < closest_max_) return false;
  candidate->state = State::kFailed;
  return true;
}

bool Lookup::OnFailure(const Endpoint& to) {
  Candidate* candidate = FindMutable(to);
  if (candidate == nullptr || candidate->state == State::kAnswered) return true;
  const bool is_new = candidate->state != State::kFailed;
  candidate->state = State::kFailed;
  return is_new;
}

bool Lookup::done() const {
  const LookupState state = StateNow();
  if (variant_->IsDone(state)) return true;
  // No variant can hold on to a lookup in which nothing will ever happen.
  const bool is_pending =
      std::any_of(candidates_.begin(), candidates_.end(), [](const Candidate& candidate) {
        return candidate.state == State::kAsked || candidate.state == State::kSlow;
      });
  if (is_pending) return false;
  return is_spent() || !variant_->ChooseNext(state).has_value();
}

std::vector<const Candidate*> Lookup::closest() const {
  std::vector<const Candidate*> closest;
  for (const Candidate& candidate : candidates_) {
    if (candidate.state != State::kAnswered) continue;
    closest.push_back(&candidate);
    if (closest.size() == closest_max_) break;
  }
  return closest;
}

size_t Lookup::answered() const {
  return static_cast<size_t>(
      std::count_if(candidates_.begin(), candidates_.end(),
                    [](const Candidate& other) { return other.state == State::kAnswered; }));
}

int Lookup::given_up() const {
  size_t answered = 0;
  int silent = 0;
  int before_last = 0;  // of the silent, those nearer than the last that counts
  for (const Candidate& candidate : candidates_) {
    if (candidate.state == State::kSlow) ++silent;
    if (candidate.state != State::kAnswered) continue;
    before_last = silent;
    if (++answered == closest_max_) break;
  }
  return before_last;
}

const Candidate* Lookup::Find(const Endpoint& endpoint) const {
  for (const Candidate& candidate : candidates_) {
    if (candidate.endpoint == endpoint) return &candidate;
  }
  return nullptr;
}

Candidate* Lookup::FindMutable(const Endpoint& endpoint) {
  return const_cast<Candidate*>(Find(endpoint));
}

// Lets the farthest candidate go that is no loss: one that nobody has asked, that failed, or that
// answered but is not among the nearest. One that is nearer than `id` is not given up for it.
bool Lookup::MakeRoomFor(const NodeId& id) {
  size_t answered = this->answered();
  for (size_t i = candidates_.size(); i > 0; --i) {
    const Candidate& candidate = candidates_[i - 1];
    if (!IsCloser(target_, id, candidate.id)) return false;
    const bool is_surplus = candidate.state == State::kAnswered && answered > closest_max_;
    if (candidate.state == State::kAnswered) --answered;
    if (!is_surplus && candidate.state != State::kUnasked && candidate.state != State::kFailed) {
      continue;
    }
    candidates_.erase(candidates_.begin() + static_cast<std::ptrdiff_t>(i - 1));
    return true;
  }
  return false;
}

void Lookup::Insert(const Candidate& candidate) {
  const auto place = std::lower_bound(
      candidates_.begin(), candidates_.end(), candidate,
      [this](const Candidate& a, const Candidate& b) { return IsCloser(target_, a.id, b.id); });
  candidates_.insert(place, candidate);
}

// Has the participant behind `endpoint` answered already, under whatever port?
bool Lookup::IsCounted(const Endpoint& endpoint) const {
  return std::any_of(candidates_.begin(), candidates_.end(), [&](const Candidate& other) {
    return other.state == State::kAnswered && other.endpoint.SameAddress(endpoint) &&
           other.endpoint.port != endpoint.port && IsSameParticipant(other.endpoint, endpoint);
  });
}

bool Lookup::IsAnswered(const NodeId& id) const {
  return std::any_of(candidates_.begin(), candidates_.end(), [&](const Candidate& other) {
    return other.state == State::kAnswered && other.id == id;
  });
}

}  // namespace starling::dht
