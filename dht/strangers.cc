#include "dht/strangers.h"

#include <algorithm>

#include "base/crc32c.h"

namespace starling::dht {
namespace {

// With the port: there are networks of thousands of nodes on few hosts.
uint32_t HashOf(const Endpoint& node) { return Crc32c(node.address) + node.port * 0x9e3779b1u; }

}  // namespace

void Strangers::OnAsked(const Endpoint& node) {
  if (asked_ == nullptr) return;
  const uint32_t hash = HashOf(node);
  std::array<uint32_t, kAskedMax>& hashes = asked_->hashes;
  if (std::find(hashes.begin(), hashes.end(), hash) != hashes.end()) return;
  hashes[asked_->next++ % kAskedMax] = hash;
}

void Strangers::OnQuery(Time now, const Endpoint& node) {
  if (asked_ == nullptr || (heard_ != Time::min() && now < heard_ + kHeardFor)) return;
  const std::array<uint32_t, kAskedMax>& hashes = asked_->hashes;
  if (std::find(hashes.begin(), hashes.end(), HashOf(node)) != hashes.end()) return;
  heard_ = now;
  are_missing_ = false;
}

void Strangers::Judge(Time now, bool is_large, size_t contacts) {
  if (!is_large || contacts < kContactsMin) return Reset();
  if (asked_ == nullptr) {
    asked_ = std::make_unique<Asked>();
    watched_from_ = now;
  }
  if (are_missing_) {
    if (now < missing_from_ + kTrialAfter) return;
    are_missing_ = false;
    watched_from_ = now;
  }
  const Time quiet_from = heard_ == Time::min() ? watched_from_ : std::max(heard_, watched_from_);
  if (now < quiet_from + kSilence) return;
  are_missing_ = true;
  missing_from_ = now;
}

}  // namespace starling::dht
