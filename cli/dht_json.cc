#include "cli/dht_json.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "base/json.h"
#include "cli/progress.h"
#include "cli/quantities.h"

namespace starling::cli {

namespace {

void AppendCost(Json& json, const dht::LookupReport& report) {
  json.Key("queries").Signed(report.queries);
  json.Key("replies").Signed(report.replies);
  json.Key("timeouts").Signed(report.timeouts);
  json.Key("seconds").Real(ToSeconds(report.elapsed), 3);
}

}  // namespace

std::string AnnounceJson(const InfoHash& info_hash, uint16_t port, bool is_seed,
                         const dht::LookupReport& report) {
  Json json;
  json.BeginObject();
  json.Key("info_hash").Text(info_hash.hex());
  json.Key("port").Number(port);
  json.Key("seed").Bool(is_seed);
  json.Key("announced").Signed(report.announced);
  json.Key("closest").Number(report.closest.size());
  json.Key("peers").Signed(report.peers);
  AppendCost(json, report);
  return json.End().text();
}

std::string DhtScrapeJson(const InfoHash& info_hash, const dht::LookupReport& report) {
  const dht::ScrapeCount& count = *report.count;
  Json json;
  json.BeginObject();
  json.Key("info_hash").Text(info_hash.hex());
  json.Key("seeds").Real(count.seeds.Estimate(), 1);
  json.Key("peers").Real(count.peers.Estimate(), 1);
  json.Key("filters").Signed(count.filters);
  json.Key("refused").Signed(count.refused);
  json.Key("without_filter").Signed(count.plain);
  AppendCost(json, report);
  return json.End().text();
}

std::string SampleJson(std::span<const dht::NodeAnswer> answers) {
  Json json;
  json.BeginObject();
  json.Key("nodes").BeginArray();
  for (const dht::NodeAnswer& answer : answers) {
    json.BeginObject();
    json.Key("node").Text(answer.node.ToString());
    json.Key("id").Text(answer.id.hex());
    if (answer.samples.has_value()) {
      json.Key("num").Signed(answer.num);
      json.Key("interval").Signed(answer.interval_s);
      json.Key("samples").BeginArray();
      for (const InfoHash& info_hash : *answer.samples) json.Text(info_hash.hex());
      json.End();
    } else {
      for (const char* unknown : {"num", "interval", "samples"}) json.Key(unknown).Null();
    }
    json.Key("seconds").Real(ToSeconds(answer.round_trip), 6);
    json.End();
  }
  json.End();
  return json.End().text();
}

std::string NodeIdJson(const NodeId& id, const std::optional<Endpoint>& at) {
  Json json;
  json.BeginObject().Key("event").Text("node_id");
  json.Key("id").Text(id.hex());
  json.Key("at");
  if (at.has_value()) {
    json.Text(at->ToString());
  } else {
    json.Null();
  }
  return json.End().text();
}

std::string ReachJson(bool is_reachable) {
  Json json;
  json.BeginObject().Key("event").Text("reach");
  json.Key("reachable").Bool(is_reachable);
  return json.End().text();
}

std::string DhtStatsJson(const dht::Stats& stats) {
  Json json;
  json.BeginObject().Key("event").Text("status");
  json.Key("nodes").Number(stats.table_nodes);
  json.Key("nodes6").Number(stats.table_nodes_v6);
  json.Key("queries_in").Number(stats.queries_in);
  json.Key("queries_limited").Number(stats.queries_limited);
  json.Key("queries_out").Number(stats.queries_out);
  json.Key("replies_in").Number(stats.replies_in);
  json.Key("timeouts").Number(stats.timeouts);
  json.Key("malformed").Number(stats.malformed);
  json.Key("lookups").Number(stats.lookups_running);
  json.Key("stored_peers").Number(stats.stored_peers);
  json.Key("bytes_in").Number(stats.bytes_in);
  json.Key("bytes_out").Number(stats.bytes_out);
  return json.End().text();
}

std::string CrawlJson(const CrawlSummary& summary, absl::string_view file) {
  Json json;
  json.BeginObject();
  json.Key("file").Text(file);
  json.Key("heard").Number(summary.heard);
  json.Key("answered").Number(summary.answered);
  json.Key("silent").Number(summary.silent);
  json.Key("queries").Number(summary.queries);
  json.Key("estimates").BeginArray();
  for (size_t family = 0; family < summary.estimates.size(); ++family) {
    const dht::SizeEstimate& estimate = summary.estimates[family];
    if (estimate.lookups() == 0) continue;
    json.BeginObject();
    json.Key("family").Number(family == 0 ? 4 : 6);
    json.Key("nodes").Real(estimate.nodes(), 0);
    json.Key("relative_error").Real(estimate.relative_error(), 4);
    json.Key("lookups").Signed(estimate.lookups());
    json.End();
  }
  json.End();
  json.Key("seconds").Real(ToSeconds(summary.elapsed), 3);
  return json.End().text();
}

std::string CrawlLine(const CrawlSummary& summary) {
  std::string line = absl::StrCat(
      Count(summary.answered, "node", "nodes"), " answered, ", summary.silent, " did not, ",
      summary.heard - summary.answered - summary.silent, " not asked yet; ",
      Count(summary.queries, "query", "queries"), ", ", FormatDuration(summary.elapsed));
  for (size_t family = 0; family < summary.estimates.size(); ++family) {
    const dht::SizeEstimate& estimate = summary.estimates[family];
    if (estimate.lookups() == 0) continue;
    absl::StrAppend(&line, "; about ", std::llround(estimate.nodes()), family == 0 ? "" : " IPv6",
                    " nodes in all, +-", std::llround(1 + 100 * estimate.relative_error()), " %");
  }
  return line;
}

}  // namespace starling::cli
