#include "dht/scrape.h"

#include <algorithm>

namespace starling::dht {
namespace {

std::vector<Endpoint> ReadValues(const krpc::Reply& reply) {
  std::vector<Endpoint> values;
  if (!reply.values.has_value()) return values;
  for (const bencode::Value& value : *reply.values) {
    const std::optional<absl::string_view> text = value.string();
    if (!text.has_value()) continue;
    const std::optional<Endpoint> peer = ReadCompact(AsBytes(*text));
    if (peer.has_value() && peer->is_usable()) values.push_back(*peer);
  }
  return values;
}

}  // namespace

void Scrape::OnReply(const krpc::Reply& reply) {
  const std::vector<Endpoint> values = ReadValues(reply);
  if (!reply.seeds_filter.empty() && !reply.peers_filter.empty()) {
    ++(TakeFilters(reply, values) ? count_.filters : count_.refused);
    return;
  }
  if (values.empty()) return;
  ++count_.plain;
  const size_t room = kPlainPeersMax - plain_peers_.size();
  plain_peers_.insert(plain_peers_.end(), values.begin(),
                      values.begin() + static_cast<std::ptrdiff_t>(std::min(room, values.size())));
}

bool Scrape::TakeFilters(const krpc::Reply& reply, std::span<const Endpoint> values) {
  const BloomFilter seeds = BloomFilter::FromBytes(reply.seeds_filter);
  const BloomFilter peers = BloomFilter::FromBytes(reply.peers_filter);
  if (seeds.is_overfull() || peers.is_overfull()) return false;
  const bool is_consistent = std::all_of(values.begin(), values.end(), [&](const Endpoint& peer) {
    return seeds.Contains(peer) || peers.Contains(peer);
  });
  if (!is_consistent) return false;
  count_.seeds.Unite(seeds);
  count_.peers.Unite(peers);
  return true;
}

void Scrape::AddOwn(const BloomFilter& seeds, const BloomFilter& peers) {
  count_.seeds.Unite(seeds);
  count_.peers.Unite(peers);
}

ScrapeCount Scrape::Finish() const {
  ScrapeCount count = count_;
  for (const Endpoint& peer : plain_peers_) {
    if (!count_.seeds.Contains(peer)) count.peers.Add(peer);
  }
  return count;
}

}  // namespace starling::dht
