#include "base/token_bucket.h"

namespace starling {

void TokenBucket::SetRate(Time now, uint64_t rate) {
  rate_ = rate;
  remainder_ = 0;
  // Debts were counted at the old rate; they are forgiven rather than kept for hours.
  if (free_from_ > now) free_from_ = now;
}

Time TokenBucket::Reserve(Time now, uint64_t bytes) {
  if (rate_ == 0) return now;
  free_from_ = std::max(free_from_, now - burst_);
  const Time start = std::max(now, free_from_);
  const auto scaled = static_cast<unsigned __int128>(bytes) * 1'000'000 + remainder_;
  free_from_ += Duration(static_cast<int64_t>(scaled / rate_));
  remainder_ = static_cast<uint64_t>(scaled % rate_);
  return start;
}

void TokenBucket::GiveBack(uint64_t bytes) {
  if (rate_ == 0) return;
  const auto scaled = static_cast<unsigned __int128>(bytes) * 1'000'000;
  free_from_ -= Duration(static_cast<int64_t>(scaled / rate_));
}

}  // namespace starling
