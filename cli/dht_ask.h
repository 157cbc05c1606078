// What the `dht` commands that ask the network something have in common: their options, and the
// wait until somebody answers and the table has filled up a little.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/arguments.h"
#include "cli/dht_host.h"

namespace starling::cli {

struct DhtAskOptions {
  DhtHostOptions host;
  std::string state_dir;
  Duration timeout{};  // how long to wait for the first answer of anybody
  bool json = false;
  bool verbose = false;  // every step of the lookup (cli/step_show.h)
};

// --listen, --bootstrap, --dht-security, --lookup, --state, --timeout, --json
std::vector<Option> DhtAskOptionList();
// These, and --verbose: for commands that are one lookup.
std::vector<Option> DhtLookupOptionList();
absl::StatusOr<DhtAskOptions> ReadDhtAskOptions(absl::string_view command,
                                                const Arguments& arguments);
// 40 hexadecimal digits or a magnet link.
absl::StatusOr<InfoHash> ReadInfoHash(absl::string_view command, const Arguments& arguments);

class DhtEntry {
 public:
  DhtEntry(DhtHost& host, const DhtAskOptions& options)
      : host_(host), bootstrap_(options.host.bootstrap), timeout_(options.timeout) {}

  enum class Stage { kWaiting, kReady, kFailed };
  // kReady from when on one may ask. kFailed: nobody answered in time; the user was told who was
  // tried and what is wrong with each. Who waits for long is told the same early on.
  Stage Tick(Time now);

 private:
  void Complain(Duration waited, absl::string_view what_now) const;

  DhtHost& host_;
  const std::vector<HostPort> bootstrap_;
  const Duration timeout_;
  Time begin_ = kNever;
  Time known_since_ = kNever;
  bool is_ready_ = false;
  bool has_warned_ = false;
};

}  // namespace starling::cli
