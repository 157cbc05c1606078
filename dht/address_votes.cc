#include "dht/address_votes.h"

#include <algorithm>
#include <span>

namespace starling::dht {
namespace {

uint32_t NetworkOf(const Endpoint& endpoint) {
  return endpoint.is_v4() ? endpoint.v4() >> 16 : LoadBig<uint32_t>(endpoint.address.data());
}

}  // namespace

std::optional<Endpoint> AddressVotes::Note(const Endpoint& voter, const Endpoint& seen_as) {
  if (voter.is_private() || seen_as.is_private() || !seen_as.is_usable()) return std::nullopt;
  if (voter.is_v4() != seen_as.is_v4()) return std::nullopt;
  const Vote vote{NetworkOf(voter), Endpoint{seen_as.address, 0}};
  const auto votes = std::span(votes_).first(count_);
  const auto earlier = std::find_if(
      votes.begin(), votes.end(), [&](const Vote& other) { return other.network == vote.network; });
  if (earlier != votes.end()) {
    if (earlier->address == vote.address) return std::nullopt;  // nothing new
    *earlier = vote;
  } else if (count_ < kVotersMax) {
    votes_[count_++] = vote;
  } else {
    votes_[oldest_] = vote;
    oldest_ = (oldest_ + 1) % kVotersMax;
  }
  if (agreed_ == vote.address) return std::nullopt;
  const auto all = std::span(votes_).first(count_);
  const auto for_it = static_cast<size_t>(std::count_if(
      all.begin(), all.end(), [&](const Vote& other) { return other.address == vote.address; }));
  if (for_it < kVotesMin || 3 * for_it < 2 * count_) return std::nullopt;
  agreed_ = vote.address;
  return agreed_;
}

}  // namespace starling::dht
