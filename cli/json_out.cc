#include "cli/json_out.h"

#include "absl/strings/str_join.h"
#include "base/buffer.h"
#include "base/json.h"
#include "cli/addresses.h"

namespace starling::cli {

namespace {

Json Begin(absl::string_view event) {
  Json json;
  json.BeginObject().Key("event").Text(event);
  return json;
}

Json Begin(absl::string_view event, const InfoHash& info_hash) {
  Json json = Begin(event);
  json.Key("info_hash").Text(info_hash.hex());
  return json;
}

std::string Finish(Json& json) { return json.End().text(); }

void AppendTexts(Json& json, absl::string_view key, const std::vector<std::string>& texts) {
  json.Key(key).BeginArray();
  for (const std::string& text : texts) json.Text(text);
  json.End();
}

void AppendPlaces(Json& json, absl::string_view key, const std::vector<HostPort>& places) {
  json.Key(key).BeginArray();
  for (const HostPort& place : places) json.Text(FormatHostPort(place));
  json.End();
}

void AppendEndpoints(Json& json, absl::string_view key, const std::vector<Endpoint>& endpoints) {
  json.Key(key).BeginArray();
  for (const Endpoint& endpoint : endpoints) json.Text(endpoint.ToString());
  json.End();
}

template <class IdType>
void AppendId(Json& json, absl::string_view key, const std::optional<IdType>& id) {
  json.Key(key);
  if (id.has_value()) {
    json.Text(id->hex());
  } else {
    json.Null();
  }
}

void AppendTiers(Json& json, const std::vector<std::vector<std::string>>& tiers) {
  json.Key("trackers").BeginArray();
  for (const std::vector<std::string>& tier : tiers) {
    json.BeginArray();
    for (const std::string& url : tier) json.Text(url);
    json.End();
  }
  json.End();
}

void AppendFile(Json& json, const storage::FileEntry& file) {
  json.BeginObject();
  json.Key("path").Text(file.JoinedPath());
  json.Key("length").Number(file.length);
  json.Key("offset").Number(file.offset);
  json.Key("attr").Text(file.attr);
  json.Key("symlink");
  if (file.is_symlink()) {
    json.Text(absl::StrJoin(file.symlink, "/"));
  } else {
    json.Null();
  }
  json.Key("pad").Bool(file.is_padding());
  json.End();
}

}  // namespace

std::string ListeningJson(const std::vector<Endpoint>& listening) {
  Json json = Begin("listening");
  AppendEndpoints(json, "addresses", listening);
  return Finish(json);
}

std::string MetadataJson(const MetadataEvent& event, absl::string_view magnet) {
  Json json = Begin("metadata", event.info_hash);
  json.Key("name").Text(event.name);
  json.Key("total_size").Number(event.total_size);
  json.Key("piece_count").Number(event.piece_count);
  json.Key("from_peers").Bool(event.from_peers);
  json.Key("magnet").Text(magnet);
  return Finish(json);
}

std::string ProgressJson(const TorrentStatus& torrent, const ClientStatus& node) {
  Json json = Begin("progress", torrent.info_hash);
  json.Key("have_bytes").Number(torrent.have_bytes);
  json.Key("total_bytes").Number(torrent.total_bytes);
  json.Key("down_rate").Number(torrent.down_rate);
  json.Key("up_rate").Number(torrent.up_rate);
  json.Key("uploaded").Number(torrent.uploaded);
  json.Key("peer_set").Number(torrent.peer_set);
  json.Key("connected").Number(torrent.connected);
  json.Key("active").Number(torrent.active);
  json.Key("seeders").Number(torrent.seeders);
  json.Key("leechers").Number(torrent.leechers);
  json.Key("availability").Real(torrent.availability, 3);
  json.Key("dht_nodes").Number(uint64_t{node.dht.table_nodes} + node.dht.table_nodes_v6);
  return Finish(json);
}

std::string PieceFailedJson(const PieceFailedEvent& event) {
  Json json = Begin("piece_failed", event.info_hash);
  json.Key("piece").Number(event.piece.value());
  return Finish(json);
}

std::string PeerBannedJson(const PeerBannedEvent& event) {
  Json json = Begin("peer_banned", event.info_hash);
  json.Key("peer").Text(event.peer.ToString());
  json.Key("why").Text(event.why);
  return Finish(json);
}

std::string CompleteJson(const TorrentStatus& torrent, Duration elapsed, absl::string_view dir) {
  Json json = Begin("complete", torrent.info_hash);
  json.Key("name").Text(torrent.name);
  json.Key("dir").Text(dir);
  json.Key("total_bytes").Number(torrent.total_bytes);
  json.Key("downloaded").Number(torrent.downloaded);
  json.Key("uploaded").Number(torrent.uploaded);
  json.Key("seconds").Real(ToSeconds(elapsed), 3);
  json.Key("copied_bytes").Number(Buffer::bytes_copied());
  return Finish(json);
}

std::string SeedingJson(const TorrentStatus& torrent, absl::string_view magnet) {
  Json json = Begin("seeding", torrent.info_hash);
  json.Key("name").Text(torrent.name);
  json.Key("have_bytes").Number(torrent.have_bytes);
  json.Key("total_bytes").Number(torrent.total_bytes);
  json.Key("magnet").Text(magnet);
  return Finish(json);
}

std::string MetainfoJson(const storage::Metainfo& metainfo) {
  Json json;
  json.BeginObject();
  json.Key("name").Text(metainfo.name);
  AppendId(json, "info_hash_v1", metainfo.info_hash_v1);
  AppendId(json, "info_hash_v2", metainfo.info_hash_v2);
  json.Key("piece_length").Number(metainfo.piece_length);
  json.Key("total_size").Number(metainfo.total_size);
  json.Key("files").BeginArray();
  for (const storage::FileEntry& file : metainfo.files) AppendFile(json, file);
  json.End();
  AppendTiers(json, metainfo.trackers);
  AppendTexts(json, "web_seeds", metainfo.web_seeds);
  AppendPlaces(json, "nodes", metainfo.nodes);
  json.Key("private").Bool(metainfo.is_private);
  json.Key("comment").Text(metainfo.comment);
  json.Key("created_by").Text(metainfo.created_by);
  json.Key("creation_date");
  if (metainfo.creation_date.has_value()) {
    json.Signed(*metainfo.creation_date);
  } else {
    json.Null();
  }
  return Finish(json);
}

std::string MagnetJson(const storage::Magnet& magnet) {
  Json json;
  json.BeginObject();
  json.Key("name").Text(magnet.name);
  AppendId(json, "info_hash_v1", magnet.info_hash_v1);
  AppendId(json, "info_hash_v2", magnet.info_hash_v2);
  // What only the metadata can tell is null, so that a reader finds the same keys for both.
  for (const char* unknown : {"piece_length", "total_size", "files"}) json.Key(unknown).Null();
  std::vector<std::vector<std::string>> tiers;
  for (const std::string& url : magnet.trackers) tiers.push_back({url});
  AppendTiers(json, tiers);
  AppendTexts(json, "web_seeds", magnet.web_seeds);
  json.Key("nodes").BeginArray().End();
  for (const char* unknown : {"private", "comment", "created_by", "creation_date"}) {
    json.Key(unknown).Null();
  }
  AppendPlaces(json, "peers", magnet.peers);
  json.Key("select_only").BeginArray();
  for (const auto& range : magnet.select_only) {
    json.BeginArray().Number(range.first).Number(range.second).End();
  }
  json.End();
  return Finish(json);
}

std::string ScrapeJson(const InfoHash& info_hash, std::span<const ScrapedTracker> trackers) {
  Json json;
  json.BeginObject();
  json.Key("info_hash").Text(info_hash.hex());
  json.Key("trackers").BeginArray();
  for (const ScrapedTracker& tracker : trackers) {
    json.BeginObject();
    json.Key("url").Text(tracker.url);
    if (tracker.answer.ok()) {
      json.Key("seeders").Number(tracker.answer->seeders);
      json.Key("leechers").Number(tracker.answer->leechers);
      json.Key("downloads").Number(tracker.answer->downloads);
      json.Key("error").Null();
    } else {
      for (const char* unknown : {"seeders", "leechers", "downloads"}) json.Key(unknown).Null();
      json.Key("error").Text(tracker.answer.status().message());
    }
    json.End();
  }
  json.End();
  return Finish(json);
}

std::string LookupJson(const InfoHash& info_hash, const std::vector<Endpoint>& peers,
                       const dht::LookupReport& report) {
  Json json;
  json.BeginObject();
  json.Key("info_hash").Text(info_hash.hex());
  AppendEndpoints(json, "peers", peers);
  json.Key("hops").Signed(report.hops);
  json.Key("queries").Signed(report.queries);
  json.Key("replies").Signed(report.replies);
  json.Key("timeouts").Signed(report.timeouts);
  json.Key("seconds").Real(ToSeconds(report.elapsed), 3);
  return Finish(json);
}

std::string PingJson(const Endpoint& node, const NodeId& id, Duration round_trip) {
  Json json;
  json.BeginObject();
  json.Key("node").Text(node.ToString());
  json.Key("id").Text(id.hex());
  json.Key("seconds").Real(ToSeconds(round_trip), 6);
  return Finish(json);
}

}  // namespace starling::cli
