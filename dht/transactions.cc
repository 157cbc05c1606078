#include "dht/transactions.h"

#include <algorithm>

namespace starling::dht {

const Transaction* Transactions::Add(Time now, QueryKind kind, const Endpoint& to, uint64_t lookup,
                                     Random& random) {
  if (in_flight_.size() >= kInFlightMax) return nullptr;
  Transaction transaction;
  transaction.kind = kind;
  transaction.to = to;
  transaction.lookup = lookup;
  transaction.sent = now;
  transaction.slow_at = After(now, slow_after());
  if (!in_flight_.empty()) {
    transaction.slow_at = std::max(transaction.slow_at, in_flight_.back().slow_at);
  }
  const auto is_taken = [&](const Transaction& other) { return other.id == transaction.id; };
  do {
    transaction.id = static_cast<uint32_t>(random.Next());
  } while (std::any_of(in_flight_.begin(), in_flight_.end(), is_taken));
  in_flight_.push_back(transaction);
  next_slow_ = std::min(next_slow_, transaction.slow_at);
  return &in_flight_.back();
}

std::optional<Transaction> Transactions::Take(Time now, uint32_t id, const Endpoint& from) {
  const auto found = std::find_if(in_flight_.begin(), in_flight_.end(),
                                  [id](const Transaction& other) { return other.id == id; });
  if (found == in_flight_.end() || found->to != from) return std::nullopt;
  const Transaction transaction = *found;
  in_flight_.erase(found);
  if (!transaction.is_slow && transaction.slow_at == next_slow_) FindNextSlow();
  Shrink();
  NoteRoundTrip(now - transaction.sent);
  return transaction;
}

std::optional<Transaction> Transactions::TakeLost(Time now) {
  if (in_flight_.empty() || now < After(in_flight_.front().sent, timeout_)) return std::nullopt;
  const Transaction transaction = in_flight_.front();
  in_flight_.erase(in_flight_.begin());
  if (!transaction.is_slow && transaction.slow_at == next_slow_) FindNextSlow();
  Shrink();
  return transaction;
}

std::optional<Transaction> Transactions::NextSlow(Time now) {
  if (now < next_slow_) return std::nullopt;
  const auto slow = std::find_if(in_flight_.begin(), in_flight_.end(), [&](const Transaction& it) {
    return !it.is_slow && it.slow_at <= now;
  });
  if (slow == in_flight_.end()) {
    FindNextSlow();
    return std::nullopt;
  }
  const Transaction found = *slow;
  if (found.is_hasty) {
    slow->is_hasty = false;
    slow->slow_at = std::max(found.slow_at, After(found.sent, slow_after()));
  } else {
    slow->is_slow = true;
  }
  if (found.slow_at == next_slow_) FindNextSlow();
  return found;
}

void Transactions::Hasten(Duration after) {
  if (in_flight_.empty()) return;
  Transaction& newest = in_flight_.back();
  const bool was_next = newest.slow_at == next_slow_;
  newest.is_hasty = After(newest.sent, after) < newest.slow_at;
  newest.slow_at = After(newest.sent, after);
  next_slow_ = std::min(next_slow_, newest.slow_at);
  if (was_next) FindNextSlow();
}

void Transactions::FindNextSlow() {
  next_slow_ = kNever;
  for (const Transaction& transaction : in_flight_) {
    if (!transaction.is_slow) next_slow_ = std::min(next_slow_, transaction.slow_at);
  }
}

Time Transactions::next_deadline() const {
  if (in_flight_.empty()) return kNever;
  return std::min(After(in_flight_.front().sent, timeout_), next_slow_);
}

bool Transactions::IsAsking(const Endpoint& endpoint) const {
  return std::any_of(in_flight_.begin(), in_flight_.end(),
                     [&](const Transaction& other) { return other.to == endpoint; });
}

size_t Transactions::CountOf(QueryKind kind) const {
  return static_cast<size_t>(
      std::count_if(in_flight_.begin(), in_flight_.end(),
                    [kind](const Transaction& other) { return other.kind == kind; }));
}

Duration Transactions::slow_after() const {
  if (short_timeout_ <= Duration::zero()) return timeout_;
  if (!adapts_) return std::min(timeout_, short_timeout_);
  if (mean_us_ == 0) return std::min(timeout_, std::max(timeout_ / 2, short_timeout_));
  const Duration expected = microseconds(mean_us_ + 4 * deviation_us_);
  return std::min(timeout_, std::max(short_timeout_, expected));
}

void Transactions::NoteRoundTrip(Duration round_trip) {
  const int64_t sample_us = std::max<int64_t>(round_trip.count(), 1);
  if (mean_us_ == 0) {
    mean_us_ = sample_us;
    deviation_us_ = sample_us / 2;
    return;
  }
  const int64_t error_us = sample_us - mean_us_;
  mean_us_ = std::max<int64_t>(mean_us_ + error_us / 8, 1);
  deviation_us_ += ((error_us < 0 ? -error_us : error_us) - deviation_us_) / 4;
}

// An idle node keeps only a few places.
void Transactions::Shrink() {
  constexpr size_t kKeptMax = 8;
  if (in_flight_.empty() && in_flight_.capacity() > kKeptMax) {
    std::vector<Transaction>().swap(in_flight_);
  }
}

}  // namespace starling::dht
