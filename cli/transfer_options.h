// The options that `get` and `seed` share, read into plain structs. What cannot be right is a usage
// error here, before anything is opened.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/arguments.h"
#include "cli/quantities.h"
#include "cli/reporter.h"
#include "node/real_node.h"
#include "peer/choker_registry.h"

namespace starling::cli {

struct TransferOptions {
  RealNodeOptions node;         // node.client.dht_routers is the bootstrap set
  std::vector<HostPort> peers;  // --peer, not yet resolved
  std::vector<std::string> select;
  bool sequential = false;
  std::optional<SeedAfter> seed_after;
  std::optional<Duration> timeout;
  std::string dir = ".";
  std::string save_torrent;
  std::string state_dir;  // empty: the default
  ReportKind report = ReportKind::kAutomatic;
  // Those options, quoted for a shell, without which another run would not meet the same peers.
  std::vector<std::string> network_words;
};

// Appended to the option lists of commands.
std::vector<Option> TransferOptionList();
std::vector<Option> DhtOptionList();  // --listen, --bootstrap, --state

absl::StatusOr<TransferOptions> ReadTransferOptions(absl::string_view command,
                                                    const Arguments& arguments);

// The values of --dht-bootstrap or --bootstrap: none given: the well-known routers; `none`: nobody.
absl::StatusOr<std::vector<HostPort>> ReadBootstrap(absl::string_view option,
                                                    const std::vector<std::string>& values);
// --dht-security; `prefer` unless said.
absl::StatusOr<dht::IdSecurity> ReadDhtSecurity(absl::string_view command,
                                                const Arguments& arguments);
// The values of --listen, resolved.
absl::StatusOr<std::vector<Endpoint>> ReadListen(const std::vector<std::string>& values);

// "--max-peers 0: a whole number, at least 1; see starling get --help"
absl::Status WrongValue(absl::string_view command, absl::string_view option,
                        absl::string_view value, absl::string_view what);

}  // namespace starling::cli
