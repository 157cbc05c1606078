#include "cli/crawl_walk.h"

#include <algorithm>
#include <cctype>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/check.h"
#include "dht/secure_id.h"

namespace starling::cli {

void CrawlWalk::Hear(const NodeId& id, const Endpoint& endpoint) {
  if (nodes_.size() >= kNodesMax || !endpoint.is_usable()) return;
  const auto place = static_cast<uint32_t>(nodes_.size());
  if (!places_.try_emplace(endpoint, place).second) return;
  CrawledNode node;
  node.id = id;
  node.endpoint = endpoint;
  nodes_.push_back(std::move(node));
  queue_.push_back(place);
}

std::optional<dht::Contact> CrawlWalk::Next() {
  if (queue_.empty()) return std::nullopt;
  CrawledNode& node = nodes_[queue_.front()];
  queue_.pop_front();
  node.state = CrawledNode::State::kAsked;
  return dht::Contact{node.id, node.endpoint};
}

void CrawlWalk::OnAnswer(const dht::NodeAnswer& answer) {
  const auto place = places_.find(answer.node);
  CHECK(place != places_.end());
  CrawledNode& node = nodes_[place->second];
  if (answer.is_answered) {
    node.state = CrawledNode::State::kAnswered;
    node.is_read_only = answer.is_read_only;
    node.rtt_ms = static_cast<float>(ToSeconds(answer.round_trip) * 1000);
    node.version = answer.version;
    if (!answer.is_error) node.id = answer.id;
    ++answered_;
  } else {
    node.state = CrawledNode::State::kSilent;
    ++silent_;
  }
  for (const dht::Contact& contact : answer.nodes) Hear(contact.id, contact.endpoint);
}

std::string FormatClientVersion(absl::string_view version) {
  const auto is_letter = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; };
  if (version.size() < 2 || !is_letter(version[0]) || !is_letter(version[1])) {
    return ToHex(AsBytes(version));
  }
  return absl::StrCat(version.substr(0, 2), "-", ToHex(AsBytes(version.substr(2))));
}

std::string CrawlCsv(const std::vector<CrawledNode>& nodes) {
  std::string csv = "id,address,port,family,version,rtt_ms,read_only,secure_id,answered\n";
  for (const CrawledNode& node : nodes) {
    const bool is_answered = node.state == CrawledNode::State::kAnswered;
    if (!is_answered && node.state != CrawledNode::State::kSilent) continue;
    absl::StrAppend(&csv, node.id.hex(), ",", node.endpoint.AddressToString(), ",",
                    node.endpoint.port, ",", node.endpoint.is_v4() ? 4 : 6, ",",
                    FormatClientVersion(node.version), ",");
    if (is_answered) absl::StrAppendFormat(&csv, "%.2f", node.rtt_ms);
    absl::StrAppend(&csv, ",", node.is_read_only ? 1 : 0, ",",
                    dht::IsSecureId(node.id, node.endpoint) ? 1 : 0, ",", is_answered ? 1 : 0,
                    "\n");
  }
  return csv;
}

}  // namespace starling::cli
