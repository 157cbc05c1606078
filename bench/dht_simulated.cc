// What a simulated DHT costs: CPU time a datagram (encoded, sent, delivered, decoded, handled), CPU
// time a lookup, and memory a node, in networks of different sizes.
//
//   bench_dht_simulated            10^3, 10^4 and 10^5 nodes with ready tables
//   bench_dht_simulated million    10^6 nodes for ten simulated minutes: 9 GB, ten CPU minutes
//   bench_dht_simulated joins      10^5 nodes that join by themselves
//
// Targets: 1 us a datagram at 10^5 nodes and 2 us at 10^6; 50 us a lookup at 10^3 and 10^4; 10 KB a
// node at 10^6; the million in 10 CPU minutes, the joins in 2.
#include <malloc.h>
#include <sys/resource.h>

#include <cstdio>
#include <cstring>

#include "cli/huge_pages.h"
#include "sim/dht_run.h"

namespace starling::sim {
namespace {

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds_of = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
}

double HeapBytes() {
  const struct mallinfo2 info = mallinfo2();
  return static_cast<double>(info.uordblks + info.hblkhd);
}

// What was used between the first look at a run, when its nodes are there, and the last.
struct Meter {
  double begin_s = CpuSeconds();
  double heap_before = HeapBytes();
  double ready_s = 0;
  double last_s = 0;
  double heap = 0;
  double looking_s = 0;  // spent on the heap's books, which is none of the simulator's
  uint64_t datagrams_before = 0;
  uint64_t datagrams = 0;
  uint64_t events_before = 0;
  uint64_t events = 0;

  bool Look(const DhtProgress& progress) {
    const double before_s = CpuSeconds();
    last_s = before_s - looking_s;
    datagrams = progress.datagrams;
    events = progress.events;
    if (ready_s == 0) {
      ready_s = last_s;
      datagrams_before = datagrams;
      events_before = events;
    }
    heap = HeapBytes() - heap_before;
    looking_s += CpuSeconds() - before_s;
    return true;
  }
  double us_a_datagram() const {
    return (last_s - ready_s) * 1e6 / static_cast<double>(datagrams - datagrams_before);
  }
  double events_a_datagram() const {
    return static_cast<double>(events - events_before) /
           static_cast<double>(datagrams - datagrams_before);
  }
};

DhtResult RunMetered(const DhtSpec& spec, Meter& meter) {
  return RunDht(spec, 1, [&](const DhtProgress& progress) { return meter.Look(progress); });
}

// Refresh, upkeep and a lookup of each node in ten minutes, as in a network that just stands.
DhtSpec Standing(uint64_t nodes, Duration length) {
  DhtSpec spec;
  spec.nodes = nodes;
  spec.lookup_every = seconds(600);
  spec.run_time = length;
  return spec;
}

// Nothing but lookups, as fast as they come.
double MicrosecondsALookup(uint64_t nodes) {
  DhtSpec spec;
  spec.nodes = nodes;
  spec.lookups = 20'000;
  spec.lookup_spacing = milliseconds(1);
  Meter meter;
  RunMetered(spec, meter);
  return (meter.last_s - meter.ready_s) * 1e6 / spec.lookups;
}

void PrintStanding(uint64_t nodes, Duration length, bool with_lookups) {
  Meter meter;
  RunMetered(Standing(nodes, length), meter);
  std::printf("%9llu  %8.2f  %9.3f  %9.2f  %10.0f  %9.1f", static_cast<unsigned long long>(nodes),
              meter.ready_s - meter.begin_s, meter.us_a_datagram(), meter.events_a_datagram(),
              meter.heap / static_cast<double>(nodes), meter.last_s - meter.begin_s);
  if (with_lookups) std::printf("  %8.1f", MicrosecondsALookup(nodes));
  std::printf("\n");
  std::fflush(stdout);
}

void PrintJoins(uint64_t nodes) {
  DhtSpec spec;
  spec.nodes = nodes;
  spec.honest_join = true;
  spec.join_spacing = milliseconds(1);
  spec.warm_up = minutes(5);
  spec.lookups = 1000;
  Meter meter;
  const DhtResult result = RunMetered(spec, meter);
  std::printf(
      "%llu honest joins, then 5 minutes and 1,000 lookups: %.1f s CPU, %llu datagrams, "
      "recall %.4f, %.1f contacts a table\n",
      static_cast<unsigned long long>(nodes), meter.last_s - meter.begin_s,
      static_cast<unsigned long long>(result.datagrams), result.metrics.at("recall.mean"),
      result.metrics.at("table_contacts"));
}

int Main(int argc, char** argv) {
  const char* what = argc > 1 ? argv[1] : "";
  if (std::strcmp(what, "joins") == 0) {
    PrintJoins(100'000);
    return 0;
  }
  std::printf("%9s  %8s  %9s  %9s  %10s  %9s  %8s\n", "nodes", "set-up s", "us/datagr.",
              "events/d.", "bytes/node", "CPU s", "us/lookup");
  if (std::strcmp(what, "million") == 0) {
    PrintStanding(1'000'000, minutes(10), false);
    return 0;
  }
  PrintStanding(1000, hours(2), true);
  PrintStanding(10'000, minutes(20), true);
  PrintStanding(100'000, minutes(3), false);
  return 0;
}

}  // namespace
}  // namespace starling::sim

int main(int argc, char** argv) {
  starling::cli::RestartWithHugePages(argv);
  return starling::sim::Main(argc, argv);
}
