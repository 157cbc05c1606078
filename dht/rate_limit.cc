#include "dht/rate_limit.h"

#include <algorithm>

#include "dht/address.h"

namespace starling::dht {
namespace {

constexpr Duration kBurst = seconds(1);
constexpr Duration kForgetPause = milliseconds(10);

Duration Cost(uint64_t amount, uint32_t per_second) {
  return Duration(static_cast<int64_t>(amount * 1'000'000 / std::max<uint32_t>(per_second, 1)));
}

}  // namespace

bool RateLimit::TakeQuery(Time now, const Endpoint& from) {
  Allowance& allowance = Find(now, SourceOf(from));
  const Time query_start = std::max(allowance.queries_until, now);
  if (query_start + Cost(1, queries_per_second_) > now + kBurst) return false;
  if (allowance.bytes_until >= now + kBurst) return false;
  allowance.queries_until = query_start + Cost(1, queries_per_second_);
  return true;
}

void RateLimit::NoteAnswer(Time now, const Endpoint& to, size_t size) {
  Allowance& allowance = Find(now, SourceOf(to));
  allowance.bytes_until = std::max(allowance.bytes_until, now) + Cost(size, bytes_per_second_);
}

// Null if there are too many for the list; then they are in the map.
RateLimit::Allowance* RateLimit::FindAmongFew(Time now, const Endpoint& source) {
  Source* idle = nullptr;
  for (Source& other : few_) {
    if (other.source == source) return &other.allowance;
    if (other.allowance.IsFull(now)) idle = &other;
  }
  if (idle == nullptr && few_.size() < kFewMax) {
    few_.emplace_back();
    idle = &few_.back();
  }
  if (idle == nullptr) {
    for (const Source& other : few_) sources_[other.source] = other.allowance;
    std::vector<Source>().swap(few_);
    return nullptr;
  }
  *idle = {source, {}};
  return &idle->allowance;
}

RateLimit::Allowance& RateLimit::Find(Time now, const Endpoint& source) {
  if (sources_.empty()) {
    if (Allowance* allowance = FindAmongFew(now, source)) return *allowance;
  }
  if (const auto found = sources_.find(source); found != sources_.end()) return found->second;
  if (sources_.size() >= forget_at_size_ && now >= forget_from_) {
    Forget(now);
    if (sources_.empty()) return Find(now, source);
  }
  if (sources_.size() >= kSourcesMax) return others_;
  return sources_[source];
}

void RateLimit::Forget(Time now) {
  absl::erase_if(sources_, [now](const auto& entry) { return entry.second.IsFull(now); });
  // Looking again only after as many newcomers as there are survivors, and in a flood of forged
  // sources not for every datagram, keeps the cost small.
  forget_from_ = now + kForgetPause;
  forget_at_size_ = std::clamp(2 * sources_.size(), kForgetAtSizeMin, kSourcesMax);
  // Gives back what a flood made it grow to.
  if (sources_.empty()) absl::flat_hash_map<Endpoint, Allowance>().swap(sources_);
}

}  // namespace starling::dht
