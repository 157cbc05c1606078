// What the DHT load generator is asked to do: read from its command line, --NAME VALUE.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>

#include "base/endpoint.h"

namespace starling::bench {

enum Kind : uint8_t { kPing, kFindNode, kGetPeers, kAnnounce };
inline constexpr size_t kKinds = 4;
inline constexpr std::array<const char*, kKinds> kKindNames = {"ping", "find_node", "get_peers",
                                                               "announce"};
// Of a hundred queries. What public nodes are asked is mostly find_node and get_peers.
inline constexpr std::array<uint32_t, kKinds> kMix = {20, 40, 35, 5};

struct LoadSettings {
  Endpoint server;
  pid_t pid = 0;             // whose CPU time is counted; 0: nobody's
  uint32_t sources = 16384;  // addresses that ask, from 127.16.0.0 on
  uint32_t hashes = 2048;    // that are announced, by sources / hashes addresses each
  double warm_s = 3;         // before the measurement, at 20,000 queries a second
  double seconds = 5;
  uint32_t window = 512;  // queries in flight; no more are sent before answers come
  double rate = 0;        // queries a second; 0: as many as the window lets through
  double flood_rate = 0;  // pings a second of one more source, beside all others
  bool hostile = false;   // announces only, each of a new hash, from ever new addresses
  double report_s = 0;    // memory of the server so often; 0: not
};

inline std::optional<LoadSettings> ReadLoadSettings(int argc, char** argv) {
  LoadSettings settings;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    const std::string value = argv[i + 1];
    const double number = std::atof(value.c_str());
    if (name == "--server") {
      const std::optional<Endpoint> server = Endpoint::Parse(value);
      if (!server.has_value()) return std::nullopt;
      settings.server = *server;
    } else if (name == "--pid") {
      settings.pid = static_cast<pid_t>(number);
    } else if (name == "--sources") {
      settings.sources = static_cast<uint32_t>(number);
    } else if (name == "--hashes") {
      settings.hashes = static_cast<uint32_t>(number);
    } else if (name == "--warm") {
      settings.warm_s = number;
    } else if (name == "--seconds") {
      settings.seconds = number;
    } else if (name == "--window") {
      settings.window = static_cast<uint32_t>(number);
    } else if (name == "--rate") {
      settings.rate = number;
    } else if (name == "--flood") {
      settings.flood_rate = number;
    } else if (name == "--hostile") {
      settings.hostile = number != 0;
    } else if (name == "--report") {
      settings.report_s = number;
    } else {
      return std::nullopt;
    }
  }
  const bool is_whole = argc % 2 == 1 && settings.server.is_usable() && settings.sources > 0 &&
                        settings.hashes > 0 && settings.window > 0 && settings.window <= 65536;
  if (!is_whole) return std::nullopt;
  return settings;
}

}  // namespace starling::bench
