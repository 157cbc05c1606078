// A program that embeds the library: it fetches one torrent, named by a magnet link or a .torrent
// file, and ends when it is complete.
//
//   embed SOURCE DIR [ADDRESS:PORT]      starts from this DHT node and peer, not the well-known
//   ones
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "node/real_node.h"

// Ends the world when the torrent is complete, or cannot be.
struct UntilComplete final : public starling::EventSink {
  void On(starling::Time, const starling::Event& event) override {
    is_complete |= std::holds_alternative<starling::CompleteEvent>(event);
    if (is_complete || std::holds_alternative<starling::TorrentFailedEvent>(event)) world.Stop();
  }
  bool is_complete = false;
  starling::RealWorld world;
};

absl::Status Name(const std::string& source, starling::TorrentOptions* torrent) {
  auto link = starling::storage::ParseMagnet(source);
  if (link.ok()) torrent->magnet = *std::move(link);
  if (torrent->magnet.has_value()) return absl::OkStatus();
  std::ifstream file(source, std::ios::binary);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  auto metainfo = starling::storage::ParseMetainfo(starling::AsBytes(text));
  if (!metainfo.ok()) return metainfo.status();
  torrent->metainfo = std::make_shared<starling::storage::Metainfo>(*std::move(metainfo));
  return absl::OkStatus();
}

absl::Status Fetch(const starling::TorrentOptions& torrent) {
  starling::RealNodeOptions options;
  options.client.dht_routers = starling::WellKnownRouters();
  if (!torrent.peers.empty()) {
    options.client.dht_routers = {{torrent.peers[0].AddressToString(), torrent.peers[0].port}};
  }
  UntilComplete events;
  auto node = starling::RealNode::Start(events.world, options, events);
  if (!node.ok()) return node.status();
  auto added = (*node)->client().Add(events.world.now(), torrent);
  if (!added.ok()) return added.status();
  events.world.Run();
  return events.is_complete ? absl::OkStatus() : absl::UnavailableError("it could not be fetched");
}

int main(int argc, char** argv) {
  starling::TorrentOptions torrent;
  if (argc > 2) torrent.dir = argv[2];
  const auto start = starling::Endpoint::Parse(argc > 3 ? argv[3] : "");
  if (start.has_value()) torrent.peers.push_back(*start);
  absl::Status status = Name(argc > 1 ? argv[1] : "", &torrent);
  if (status.ok()) status = Fetch(torrent);
  std::printf("%s\n", status.ok() ? "complete" : std::string(status.message()).c_str());
  return status.ok() ? 0 : 1;
}
