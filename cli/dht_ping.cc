// `starling dht ping`: does a DHT node answer there, and how fast?

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/check.h"
#include "cli/addresses.h"
#include "cli/command.h"
#include "cli/dht_host.h"
#include "cli/json_out.h"
#include "cli/terminal.h"
#include "cli/text.h"
#include "cli/transfer_options.h"

namespace starling::cli {

namespace {

constexpr absl::string_view kExplanation =
    "Asks the DHT node at HOST:PORT for its id and prints it with the round-trip\n"
    "time. Asks again for up to 10 seconds, and no other node.";

constexpr Duration kAnswerMax = seconds(10);

class PingRun final : private dht::PingSink {
 public:
  PingRun(DhtHost& host, const Endpoint& target)
      : host_(host), target_(target), begin_(host.now()) {}

  std::optional<int> Tick(Time now) {
    if (id_.has_value()) return kExitDone;
    if (now - begin_ >= kAnswerMax) {
      PrintError(absl::StrCat("no answer from ", target_.ToString(),
                              " in 10 s: is a DHT node running there, and is UDP let through?"));
      return kExitCouldNot;
    }
    if (!is_waiting_) {
      is_waiting_ = true;
      host_.dht().Ping(now, target_, *this);
    }
    return std::nullopt;
  }

  const NodeId& id() const { return *id_; }
  Duration round_trip() const { return round_trip_; }

 private:
  void OnPing(Time, const Endpoint&, const NodeId* id, Duration round_trip) override {
    is_waiting_ = false;
    if (id == nullptr) return;
    id_ = *id;
    round_trip_ = round_trip;
  }

  DhtHost& host_;
  const Endpoint target_;
  const Time begin_;
  bool is_waiting_ = false;
  std::optional<NodeId> id_;
  Duration round_trip_{};
};

absl::StatusOr<int> RunPing(const Arguments& arguments) {
  if (arguments.positionals().size() != 1) {
    return UsageError(absl::StrCat("dht ping needs one HOST:PORT", SeeHelp("dht ping")));
  }
  ASSIGN_OR_RETURN(const HostPort place,
                   ParseHostPort("dht ping", arguments.positionals().front()));
  ASSIGN_OR_RETURN(const std::vector<Endpoint> found, ResolveHostPort(place));
  const Endpoint target = found.front();
  DhtHostOptions options;
  options.read_only = true;
  ASSIGN_OR_RETURN(options.listen, ReadListen(arguments.Values("--listen")));
  // Any free port of the right kind: the usual one is left to nodes that stay.
  if (options.listen.empty()) {
    options.listen = {target.is_v4() ? Endpoint::AnyV4(0) : Endpoint::AnyV6(0)};
  }
  ASSIGN_OR_RETURN(const std::unique_ptr<DhtHost> host, DhtHost::Start(options, nullptr));
  PingRun run(*host, target);
  const int code = host->Run([&](Time now) { return run.Tick(now); });
  if (code != kExitDone) return code;
  if (arguments.Has("--json")) {
    PrintLine(PingJson(target, run.id(), run.round_trip()));
  } else {
    PrintLine(absl::StrFormat("%s answered in %.2f ms, node id %s", target.ToString(),
                              ToSeconds(run.round_trip()) * 1000, run.id().hex()));
  }
  return kExitDone;
}

}  // namespace

Command DhtPingCommand() {
  return {"dht ping",
          "ask one DHT node whether it is there",
          {"HOST:PORT [--listen HOST:PORT] [--json]"},
          kExplanation,
          {{"--listen", 0, Takes::kValue, "HOST:PORT", true,
            "the address to ask from; unless said, a free port"},
           {"--json", 0, Takes::kNothing, "", false, "one JSON object; see docs/json.md"}},
          {{"a router of the public DHT", "starling dht ping router.bittorrent.com:6881"},
           {"a node on this machine", "starling dht ping 127.0.0.1:7000"}},
          RunPing};
}

}  // namespace starling::cli
