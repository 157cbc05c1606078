#include "sim/scenario_schema.h"

#include <array>

namespace starling::sim {
namespace {

using absl::string_view;

// The order is that of the enums.
constexpr std::array<string_view, 2> kKinds = {"swarm", "dht"};
constexpr std::array<string_view, 3> kLatencies = {"lan", "default", "mobile"};
constexpr std::array<string_view, 3> kDiscoveries = {"dht", "tracker", "server"};
constexpr std::array<string_view, 2> kJoins = {"together", "poisson"};
constexpr std::array<string_view, 5> kStays = {"stay", "leave", "seed", "rejoin", "session"};
constexpr std::array<string_view, 5> kFaults = {"partition", "loss", "crash", "slow-disk",
                                                "tracker-down"};
// Names as such.
constexpr std::array<string_view, 2> kReaches = {"ideal", "real"};
constexpr std::array<string_view, 4> kReachClasses = {"", "public", "cone", "blocked"};
constexpr std::array<string_view, 7> kChurns = {"",        "kad",    "debian", "redhat",
                                                "flatout", "stress", "exp1h"};
constexpr std::array<string_view, 7> kStatistics = {"mean", "sd",     "min", "max",
                                                    "p25",  "median", "p75"};

void Fields(FieldVisitor& v, GroupSpec& s);
void Fields(FieldVisitor& v, ContentSpec& s);
void Fields(FieldVisitor& v, PopulationSpec& s);
void Fields(FieldVisitor& v, FaultSpec& s);
void Fields(FieldVisitor& v, ParameterSpec& s);
void Fields(FieldVisitor& v, CheckRun& s);
void Fields(FieldVisitor& v, CheckCell& s);
void Fields(FieldVisitor& v, CheckSpec& s);

std::string* NameOf(GroupSpec& s) { return &s.name; }
std::string* NameOf(ContentSpec& s) { return &s.name; }
std::string* NameOf(PopulationSpec& s) { return &s.name; }
std::string* NameOf(ParameterSpec& s) { return &s.name; }
std::string* NameOf(CheckSpec& s) { return &s.size; }
std::string* NameOf(FaultSpec&) { return nullptr; }
std::string* NameOf(CheckRun&) { return nullptr; }
std::string* NameOf(CheckCell&) { return nullptr; }

template <class S>
class ElementsOf final : public ElementList {
 public:
  explicit ElementsOf(std::vector<S>* list) : list_(list) {}
  size_t size() const override { return list_->size(); }
  void Append() override { list_->emplace_back(); }
  void Describe(size_t index, FieldVisitor& visitor) override { Fields(visitor, (*list_)[index]); }
  void DescribeBlank(FieldVisitor& visitor) override { Fields(visitor, blank_); }
  bool has_names() const override {
    S blank;
    return NameOf(blank) != nullptr;
  }
  std::string& name(size_t index) override { return *NameOf((*list_)[index]); }

 private:
  std::vector<S>* list_;
  S blank_;
};

template <class S>
void List(FieldVisitor& v, Key key, std::vector<S>& list, About about, Form form = Form::kBlock) {
  ElementsOf<S> elements(&list);
  v.Tables(key, form, elements, about);
}

constexpr Range kMembers = {0, 10'000'000};

void Fields(FieldVisitor& v, NetworkSpec& s) {
  v.Choice("latency", s.latency, kLatencies,
           "how far hosts are from each other: 0.2 ms flat, the Internet, slow access links");
  v.Share("loss", s.datagram_loss, "of the datagrams that get lost; streams lose nothing");
  v.Size("quantum", s.quantum, {1024, 4 << 20},
         "bytes that a link serves of one connection before it turns to the next");
  v.Flag("slow_start", s.slow_start, "new connections reach their rate by doubling it");
  v.Flag("headers", s.headers, "66 bytes a 1,448 of payload take up the links as well");
  v.Word("reach", s.reach, kReaches,
         "who can be contacted: everybody, or 35 % public, 50 % cone, 15 % blocked");
}

void Fields(FieldVisitor& v, GroupSpec& s) {
  v.Text("inside", s.inside, "the group around this one");
  v.Count("copies", s.copies, {1, 100'000}, "members are dealt to so many such groups in turn");
  v.Rate("up", s.up, "shared by all inside; 0: no limit");
  v.Rate("down", s.down, "shared by all inside; 0: no limit");
  v.Time("latency", s.latency, "added to each packet that enters or leaves");
}

void Fields(FieldVisitor& v, ContentSpec& s) {
  v.Size("size", s.size, {1, 1e15}, "of the whole content");
  v.Size("piece", s.piece_length, {16 << 10, 64 << 20}, "length of a piece, a power of two");
}

void Fields(FieldVisitor& v, JoinSpec& s) {
  v.Choice("kind", s.kind, kJoins, "all in a while, or arrivals at a rate without memory");
  v.Time("at", s.at, "when the first one may come");
  v.Time("over", s.over, "together: spread evenly at random over this time");
  v.Number("rate", Unit::kNumber, s.rate, {0, 1e6}, "poisson: arrivals a second");
}

void Fields(FieldVisitor& v, StaySpec& s) {
  v.Choice("kind", s.kind, kStays,
           "until the end; leave when done; seed a while; rejoin empty when done; for a session");
  v.Time("seeding", s.seeding, "seed: mean of an exponential time");
  v.Word("churn", s.churn, kChurns, "session: its length; a leaver is replaced at once");
  v.Share("silent_share", s.silent_share, "of departures: without a goodbye");
}

void Fields(FieldVisitor& v, PopulationSpec& s) {
  v.Count("count", s.count, kMembers, "members; of poisson arrivals the most, 0: no end");
  v.Count("count_max", s.count_max, kMembers, "above count: a number drawn from count to this");
  v.Flag("seeds", s.seeds, "have everything from the start");
  v.Share("has", s.has, "of the pieces, drawn for each member; who replaces a member has none");
  v.Share("has_max", s.has_max, "above has: each member has a share from has to this");
  v.Flag("measured", s.measured, "the run waits for them, and they are in the totals");
  v.Rate("up", s.up, "uplink; 0: no limit");
  v.Rate("down", s.down, "downlink; 0: no limit");
  v.Capacity("capacity", s.capacity,
             "instead of up: quantiles of the uplinks, log-linear in between; the first share may "
             "be above 0, the last is 1");
  v.Number("down_factor", Unit::kNumber, s.down_factor, {0.01, 1e6},
           "with capacity: downlink = this times the uplink");
  v.Rate("up_limit", s.up_limit, "of the node itself, as a user sets it; 0: none");
  v.Share("up_limit_share", s.up_limit_share, "the same, as a share of the uplink; 0: none");
  v.Count("connections", s.connections, {1, 100'000}, "the most that a member holds");
  v.Flag("first_copies", s.first_copies,
         "its seeds advise whom they serve to take what is not out yet");
  v.Word("reach", s.reach, kReachClasses, "reachability class; empty: drawn by network.reach");
  v.Text("group", s.group, "the innermost group");
  v.Rate("disk_rate", s.disk_rate, "read and written; 0: no limit");
  v.Rate("hash_rate", s.hash_rate, "of verifying; 0: no limit");
  v.Time("disk_latency", s.disk_latency, "of each access");
  v.Strategy("choker", s.choker, "who is unchoked");
  v.Strategy("pieces", s.pieces, "which piece is fetched next");
  v.Strategy("behaviour", s.behaviour, "how a member departs from the protocol");
  v.Table(
      "join", Form::kInline, "", [&](FieldVisitor& inner) { Fields(inner, s.join); },
      "when members come");
  v.Table(
      "stay", Form::kInline, "kind", [&](FieldVisitor& inner) { Fields(inner, s.stay); },
      "how long they remain");
}

void Fields(FieldVisitor& v, FaultSpec& s) {
  v.Choice("kind", s.kind, kFaults,
           "cut off from everybody else; packets lost; power lost; slow disks; no tracker");
  v.Time("at", s.at, "when it begins");
  v.Number("after_copies", Unit::kNumber, s.after_copies, {0, 1e6},
           "instead of at: when so many complete copies, spread over all leechers, are out");
  v.Time("length", s.length, "until it is over; 0: for good");
  v.Text("population", s.population,
         "whom it strikes; empty: everybody, as loss and tracker-down always do");
  v.Flag("routers", s.routers, "crash: all bare DHT nodes as well");
  v.Share("share", s.share, "of the population; of the packets, where they are lost");
  v.Rate("rate", s.rate, "slow-disk: what a disk serves");
}

void Fields(FieldVisitor& v, DhtRunSpec& s) {
  v.Count("nodes", s.nodes, {2, 10'000'000}, "in the network");
  v.Strategy("variant", s.variant, "how lookups go, and whom tables keep");
  v.Count("bucket_size", s.bucket_size, {1, 128},
          "k, contacts in a bucket and in an answer, for a plain variant that says no k");
  v.Count("parallel", s.parallel, {1, 64},
          "alpha, queries in flight of a lookup, for a plain variant that says no alpha");
  v.Time("timeout", s.timeout, "a query without an answer has failed");
  v.Time("short_timeout", s.short_timeout, "its place is given to another query; 0: never before");
  v.Flag("short_timeout_adapts", s.short_timeout_adapts,
         "longer where mean + 4 deviations of the round trips say so");
  v.Flag("access_delay", s.access_delay, "false: h of the latency model is 0");
  v.Time("mean_round_trip", s.mean_round_trip, "scales all round trips to it; 0: as they are");
  v.Share("dead_share", s.dead_share, "of the nodes: dead, but still in the tables of others");
  v.Count("attackers", s.attackers, {0, 1'000'000},
          "of the nodes: stand around one key, which all lookups are for");
  v.Flag("bound_ids", s.bound_ids, "all ids belong to their addresses, and nodes insist (BEP 42)");
  v.Word("churn", s.churn, kChurns, "sessions; a leaver is replaced at once; empty: nobody leaves");
  v.Flag("honest_join", s.honest_join, "nodes join one after the other; else tables are ready");
  v.Flag("late_tables", s.late_tables,
         "ready tables only of nodes that are asked: for large networks without upkeep");
  v.Count("lookups", s.lookups, {0, 10'000'000}, "by random nodes, measured");
  v.Time("warm_up", s.warm_up, "before anything is measured");
  v.Time("lookup_every", s.lookup_every, "instead of lookups: each node once in this time; 0: no");
  v.Time("run_time", s.run_time, "of measuring, with lookup_every");
  v.Count("values", s.values, {0, 1'000'000}, "announced once and never refreshed");
  v.Time("value_after", s.value_after, "from announcing a value to looking for it");
}

void Fields(FieldVisitor& v, ParameterSpec& s) {
  v.Texts("path", s.paths, "what it sets: a dotted path into the scenario, or several");
  v.Text("about", s.about, "what it is, one line");
  v.Number("min", Unit::kAny, s.min, {-1e15, 1e15}, "the least that --set takes");
  v.Number("max", Unit::kAny, s.max, {-1e15, 1e15}, "the most; min = max = 0: no such limits");
}

void Fields(FieldVisitor& v, CheckRun& s) {
  v.Text("name", s.name, "how cells call it");
  v.Settings("set", s.settings, "as --set: parameters or dotted paths");
  v.Count("seeds", s.seeds, {1, 1000}, "it is made with the seeds 1 to this");
}

void Fields(FieldVisitor& v, CheckCell& s) {
  v.Text("name", s.name, "what is compared, for the reader");
  v.Text("run", s.run, "the run it looks at");
  v.Text("metric", s.metric, "and the figure of its result");
  v.Text("over_run", s.over_run, "divides by that of another run");
  v.Text("over_metric", s.over_metric, "divides by another figure, of over_run or the same run");
  v.Flag("paired", s.paired, "with over_run: divides seed by seed, before the statistic");
  v.Word("statistic", s.statistic, kStatistics, "over the seeds");
  v.MaybeNumber("expected", s.expected, "of the source, for the reader");
  v.MaybeNumber("min", s.min, "PASS from here");
  v.MaybeNumber("max", s.max, "PASS up to here");
  v.Flag("hard", s.hard, "must hold in each single run");
  v.Text("waiting", s.waiting, "why it is not checked yet: WAITING");
}

void Fields(FieldVisitor& v, CheckSpec& s) {
  List(v, "run", s.runs, "the runs that are made");
  List(v, "cell", s.cells, "what should come out of them");
}

}  // namespace

void DescribeFields(FieldVisitor& v, Scenario& s) {
  v.Text("name", s.name, "letters, digits and -; the name of the file unless said");
  v.Text("title", s.title, "one line");
  v.Text("about", s.about, "what it shows, and where expected figures come from");
  v.Choice("kind", s.kind, kKinds, "whole clients that share content, or bare DHT nodes");
  v.Time("until", s.until, "the end at the latest");
  v.Flag("until_done", s.until_done, "ends earlier when all measured leechers are done");
  v.Time("sample", s.sample, "between two rows of the series");
  v.Time("measure_from", s.measure_from, "steady-state averages are taken from here");
  v.Flag("invariants", s.invariants, "checked while it runs");
  v.Choice("discovery", s.discovery, kDiscoveries,
           "how members find each other: DHT, a tracker, or only the seeds are known");
  v.Count("dht_nodes", s.dht_nodes, {0, 1'000'000}, "bare nodes of the DHT beside the members");
  v.Table(
      "network", Form::kBlock, "", [&](FieldVisitor& inner) { Fields(inner, s.network); },
      "what lies between hosts");
  List(v, "group", s.groups, "a rack, a site: members that share a link to the rest");
  List(v, "content", s.contents, "what is shared; each is a torrent that all members want");
  List(v, "population", s.populations, "who takes part");
  List(v, "fault", s.faults, "what goes wrong, and when");
  v.Table(
      "dht", Form::kBlock, "", [&](FieldVisitor& inner) { Fields(inner, s.dht); }, "of kind dht");
  List(v, "params", s.parameters, "short names for --set and --vary", Form::kInline);
  List(v, "check", s.checks, "what should come out, by size: small, full, huge");
}

}  // namespace starling::sim
