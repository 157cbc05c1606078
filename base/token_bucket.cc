#include "base/token_bucket.h"

namespace starling {

namespace {

// A debt that was small at a high rate must not last for hours at a low one.
constexpr Duration kDebtMax = seconds(20);

}  // namespace

void TokenBucket::SetRate(Time now, uint64_t rate) {
  if (free_from_ > now) {
    // What was promised at the old rate stays owed; else whoever changes the rate often would
    // never hold it.
    const auto owed = static_cast<unsigned __int128>((free_from_ - now).count()) * rate_;
    const auto wait = rate == 0 ? 0 : owed / rate;
    const auto wait_max = static_cast<unsigned __int128>(kDebtMax.count());
    free_from_ = now + Duration(static_cast<int64_t>(wait < wait_max ? wait : wait_max));
  }
  rate_ = rate;
  remainder_ = 0;
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
