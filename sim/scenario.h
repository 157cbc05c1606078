// A named run of the simulator, as data: who takes part, over which network, with which content,
// what goes wrong, how long it lasts and what should come out. A scenario file is read into this
// struct (scenario_file.h) and nothing else; whoever embeds the simulator may fill it by hand.
//
// Times are counted from the start of the scenario proper: before it the DHT has formed and the
// members that are there from the beginning have announced themselves.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/strategy.h"
#include "base/time.h"
#include "sim/link_model.h"

namespace starling::sim {

enum class ScenarioKind : uint8_t {
  kSwarm,  // whole Clients that share content
  kDht,    // bare DHT nodes that look things up
};

struct NetworkSpec {
  LatencyProfile latency = LatencyProfile::kDefault;
  double datagram_loss = 0.005;  // share
  uint64_t quantum = 16 * 1024 + 13;
  bool slow_start = false;
  bool headers = true;          // 66 bytes a 1,448 of payload take up the links
  std::string reach = "ideal";  // "ideal": everybody is public; "real": 35/50/15 (targets, 1.5)
  bool operator==(const NetworkSpec&) const = default;
};

// A rack, a site: members that share a link to the rest.
struct GroupSpec {
  std::string name;
  std::string inside;   // the group around this one, or empty
  uint32_t copies = 1;  // members of a population are dealt to so many such groups in turn
  uint64_t up = 0;      // bytes a second shared by all inside; 0: no limit
  uint64_t down = 0;
  Duration latency{};  // added to each packet that enters or leaves
  bool operator==(const GroupSpec&) const = default;
};

struct ContentSpec {
  std::string name = "content";
  uint64_t size = 100 << 20;
  uint32_t piece_length = 256 << 10;
  bool operator==(const ContentSpec&) const = default;
};

// How members learn of each other.
enum class Discovery : uint8_t {
  kDht,      // a DHT of `dht_nodes` bare nodes and all members; the real way
  kTracker,  // a simulated tracker, asked always; no DHT
  kServer,   // nobody but the seeds is known: everybody downloads from the server, the classic way
};

enum class JoinKind : uint8_t {
  kTogether,  // `count` members from `at`, spread evenly at random over `over`
  kPoisson,  // arrivals at `rate` a second from `at`; `count` is the most that ever come, 0: no end
};

struct JoinSpec {
  JoinKind kind = JoinKind::kTogether;
  Duration at{};
  Duration over{};
  double rate = 0;
  bool operator==(const JoinSpec&) const = default;
};

enum class StayKind : uint8_t {
  kStay,     // serves until the end
  kLeave,    // leaves at once when it has everything
  kSeed,     // serves for an exponential time of mean `seeding`, then leaves
  kRejoin,   // when done another one, with nothing, takes its place
  kSession,  // leaves after a session of the profile `churn`, another one takes its place
};

struct StaySpec {
  StayKind kind = StayKind::kStay;
  Duration seeding{};
  std::string churn;          // "kad", "exp1h", ...; see churn.h
  double silent_share = 0.5;  // of departures: no goodbye
  bool operator==(const StaySpec&) const = default;
};

// Quantile `share` of the uplinks is `rate`; between two points log-linear.
struct CapacityPoint {
  double share = 0;
  uint64_t rate = 0;
  bool operator==(const CapacityPoint&) const = default;
};

struct PopulationSpec {
  std::string name;
  uint32_t count = 0;
  uint32_t count_max = 0;  // above `count`: how many is drawn from this range
  bool seeds = false;      // have everything from the start
  double has = 0;          // share of the pieces that members of the beginning have already
  double has_max = 0;      // above `has`: each member's share is drawn from this range
  bool measured = true;    // false: the run does not wait for them, and they are in no total
  uint64_t up = 0;         // link rates in bytes a second, 0: no limit
  uint64_t down = 0;
  std::vector<CapacityPoint> capacity;  // instead of `up`; `down` is then `down_factor` times it
  double down_factor = 10;
  uint64_t up_limit = 0;      // of the node itself, as a user sets it; 0: none
  double up_limit_share = 0;  // the same, as a share of its link
  uint32_t connections = 50;
  bool first_copies = true;  // of its seeds: peer/first_copies.h
  JoinSpec join;
  StaySpec stay;
  StrategySpec choker{"tit-for-tat", {}};
  StrategySpec pieces{"rarest-first", {}};
  StrategySpec behaviour{"honest", {}};
  std::string reach;  // "public", "cone", "blocked"; empty: drawn by network.reach
  std::string group;  // name of the innermost group
  uint64_t disk_rate = 0;
  uint64_t hash_rate = 0;
  Duration disk_latency{};
  bool operator==(const PopulationSpec&) const = default;
};

enum class FaultKind : uint8_t {
  kPartition,  // `share` of the population is cut off from everybody else
  kLoss,       // `share` of all packets is lost, streams' too
  kCrash,      // `share` of the population loses its power; with `length` it comes back
  kSlowDisk,   // disks of `share` of the population serve `rate`
  kTrackerDown,
};

struct FaultSpec {
  FaultKind kind = FaultKind::kLoss;
  Duration at{};
  Duration length{};  // 0: for good
  // Instead of `at`: when so many complete copies (spread over all leechers) are out.
  double after_copies = 0;
  std::string population;  // empty: everybody
  bool routers = false;    // kCrash: all bare DHT nodes as well
  double share = 1;
  uint64_t rate = 0;
  bool operator==(const FaultSpec&) const = default;
};

struct DhtRunSpec {  // of ScenarioKind::kDht
  uint64_t nodes = 10'000;
  StrategySpec variant{"plain", {}};  // how lookups go; dht/variant_registry.h
  uint32_t bucket_size = 8;           // of plain, unless the variant says k or alpha itself
  uint32_t parallel = 3;              // alpha
  Duration timeout = seconds(2);
  Duration short_timeout = milliseconds(500);  // frees a slot; 0: none, `timeout` holds it
  bool short_timeout_adapts = true;            // longer where the round trips say so
  bool access_delay = true;                    // false: h of the latency model is 0
  Duration mean_round_trip{};                  // scales all round trips to it; 0: as they are
  double dead_share = 0;
  uint32_t attackers = 0;  // stand around the key that all lookups are for
  bool bound_ids = false;  // to addresses, and enforced (BEP 42)
  std::string churn;
  bool honest_join = false;
  bool late_tables = false;  // ready ones are made only of nodes that are asked
  uint32_t lookups = 4000;
  Duration warm_up{};
  Duration lookup_every{};             // each node; 0: `lookups` at random nodes
  Duration run_time = minutes(60);     // of measuring, with lookup_every
  uint32_t values = 0;                 // announced once, never refreshed
  Duration value_after = minutes(30);  // and looked for so much later
  bool operator==(const DhtRunSpec&) const = default;
};

// --set, --vary: a short name for a dotted path into the scenario.
struct ParameterSpec {
  std::string name;
  std::vector<std::string> paths;  // all of them are set
  std::string about;
  double min = 0;
  double max = 0;
  bool operator==(const ParameterSpec&) const = default;
};

struct Setting {
  std::string key;    // a parameter or a dotted path
  std::string value;  // as typed: "50KB/s", "1000", "bittyrant"
  bool operator==(const Setting&) const = default;
};

// One of the runs that a check makes: the scenario with some settings, for some seeds.
struct CheckRun {
  std::string name;
  std::vector<Setting> settings;
  uint32_t seeds = 1;
  bool operator==(const CheckRun&) const = default;
};

// What should come out: `run`.`metric` (over that of another, if given), the mean over the seeds.
struct CheckCell {
  std::string name;
  std::string run, metric;
  std::string over_run, over_metric;  // divides, if given
  bool paired = false;  // divides seed by seed, before the statistic; always within one run
  std::string statistic = "mean";  // over the seeds: mean, sd, min, max, p25, median, p75
  std::optional<double> expected;  // of the source, for the reader
  std::optional<double> min, max;
  bool hard = false;    // must hold in each single run
  std::string waiting;  // not checked yet, and why
  bool operator==(const CheckCell&) const = default;
};

struct CheckSpec {
  std::string size;  // "small", "full", "huge"
  std::vector<CheckRun> runs;
  std::vector<CheckCell> cells;
  bool operator==(const CheckSpec&) const = default;
};

struct Scenario {
  std::string name;
  std::string title;  // one line
  std::string about;  // what it shows, and where the expected figures come from
  ScenarioKind kind = ScenarioKind::kSwarm;

  Duration until = hours(3);      // the end at the latest
  bool until_done = true;         // ends earlier when all measured leechers are done
  Duration sample = seconds(10);  // between two rows of the series
  Duration measure_from{};        // steady-state averages are taken from here
  bool invariants = true;         // checked while it runs

  NetworkSpec network;
  std::vector<GroupSpec> groups;
  std::vector<ContentSpec> contents;
  Discovery discovery = Discovery::kDht;
  uint32_t dht_nodes = 20;
  std::vector<PopulationSpec> populations;
  std::vector<FaultSpec> faults;
  DhtRunSpec dht;

  std::vector<ParameterSpec> parameters;
  std::vector<CheckSpec> checks;
  bool operator==(const Scenario&) const = default;
};

}  // namespace starling::sim
