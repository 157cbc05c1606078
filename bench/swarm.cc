// What a swarm costs in the simulator: scenario S1 of the targets (one seed of 750 KB/s, leechers
// of 50 KB/s up and 187.5 KB/s down that join within ten seconds and leave when they are done, 400
// pieces of 256 KiB) with whole Clients. Prints CPU a block against the bare floor of 0.42 us (a
// model without codec and control messages), events and allocations a block, memory a node.
//
//   bench_swarm [LEECHERS=100] [SEED=1] [PIECES=400] [SIMULATED_SECONDS_MAX=20000]
#include <malloc.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <new>
#include <vector>

#include "cli/huge_pages.h"
#include "sim/client_host.h"

namespace {

uint64_t allocations = 0;
uint64_t live_bytes = 0;

void* Allocate(size_t size) {
  void* memory = std::malloc(size);
  if (memory == nullptr) std::abort();
  ++allocations;
  live_bytes += malloc_usable_size(memory) + sizeof(size_t);
  return memory;
}

void Free(void* memory) {
  if (memory == nullptr) return;
  live_bytes -= malloc_usable_size(memory) + sizeof(size_t);
  std::free(memory);
}

}  // namespace

void* operator new(size_t size) { return Allocate(size); }
void* operator new[](size_t size) { return Allocate(size); }
void operator delete(void* memory) noexcept { Free(memory); }
void operator delete[](void* memory) noexcept { Free(memory); }
void operator delete(void* memory, size_t) noexcept { Free(memory); }
void operator delete[](void* memory, size_t) noexcept { Free(memory); }

namespace starling::sim {
namespace {

constexpr uint32_t kPieceLength = 256 * 1024;
constexpr size_t kPeersGiven = 50;  // as a tracker gives

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds_of = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
}

double PeakMegabytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

struct Settings {
  uint32_t leechers = 100;
  uint64_t seed = 1;
  uint32_t pieces = 400;
  int64_t seconds_max = 20000;
};

class FlashCrowd {
 public:
  explicit FlashCrowd(const Settings& settings)
      : settings_(settings),
        world_(OptionsOf(settings)),
        random_(SeededRandom::For(settings.seed, 0, 0x626e6368)) {
    ContentOptions content;
    content.size = uint64_t{settings.pieces} * kPieceLength;
    content.piece_length = kPieceLength;
    content_ = std::make_shared<SharedContent>(content);
    world_.disks().AddContent(content_);
  }

  void Run() {
    const uint64_t live_before = live_bytes;
    AddHost({750'000, 0}, true, Time{});
    for (uint32_t i = 0; i < settings_.leechers; ++i) {
      const auto joins = static_cast<int64_t>(random_.Below(10'000'000));
      AddHost({50'000, 187'500}, false, Time{} + microseconds(joins));
    }
    const double start = CpuSeconds();
    uint64_t steady_allocations = 0, steady_blocks = 0;
    double next_report = 600;
    while (left_ > 0 && ToSeconds(world_.now() - Time{}) < settings_.seconds_max) {
      world_.RunFor(seconds(1));
      Sweep();
      const double at = ToSeconds(world_.now() - Time{});
      if (at == 300) {
        steady_allocations = allocations;
        steady_blocks = Blocks();
      }
      if (at == 900) {
        steady_allocations = allocations - steady_allocations;
        steady_blocks = Blocks() - steady_blocks;
      }
      if (at < next_report) continue;
      next_report += 600;
      ReportMemory(live_bytes - live_before);
    }
    Report(CpuSeconds() - start, steady_allocations, steady_blocks);
  }

 private:
  static WorldOptions OptionsOf(const Settings& settings) {
    WorldOptions options;
    options.seed = settings.seed;
    options.slot_bits = 15;
    options.link.loss_ppm = 0;
    return options;
  }

  uint64_t Blocks() const { return world_.streams().counts().bytes_delivered / (16 * 1024); }

  void AddHost(const AccessRates& rates, bool seed, Time joins) {
    ClientHostOptions options;
    options.client.dht = false;
    options.client.trackers = TrackerRule::kNever;
    options.rates = rates;
    ClientHost& host = AddClientHost(world_, options);
    if (seed) host.disk().Fill(*content_);
    TorrentOptions torrent;
    torrent.metainfo = content_->metainfo();
    for (size_t i = 0; i < kPeersGiven && !hosts_.empty(); ++i) {
      const size_t other = static_cast<size_t>(random_.Below(hosts_.size()));
      torrent.peers.push_back(hosts_[other]->endpoint());
    }
    host.AddTorrent(torrent);
    hosts_.push_back(&host);
    if (!seed) ++left_;
    world_.At(joins, [this, &host](Time) { world_.PowerOn(host.index()); });
  }

  // Who is done leaves.
  void Sweep() {
    for (size_t i = 1; i < hosts_.size(); ++i) {
      ClientHost& host = *hosts_[i];
      if (!host.is_on() || !host.history().complete.has_value()) continue;
      completions_.push_back(ToSeconds(*host.history().complete - Time{}));
      world_.PowerOff(host.index());
      --left_;
    }
  }

  void ReportMemory(uint64_t bytes) {
    uint64_t connections = 0, peers = 0, nodes = 0;
    for (ClientHost* host : hosts_) {
      if (!host->is_on()) continue;
      const TorrentStatus status = host->status();
      ++nodes;
      connections += status.connected;
      peers += status.peer_set;
    }
    if (nodes == 0) return;
    std::printf(
        "  at %.0f s: %lu nodes, %.1f connections and %.0f addresses each, %.1f KB a node\n",
        ToSeconds(world_.now() - Time{}), nodes,
        static_cast<double>(connections) / static_cast<double>(nodes),
        static_cast<double>(peers) / static_cast<double>(nodes),
        static_cast<double>(bytes) / 1000.0 / static_cast<double>(nodes));
    std::fflush(stdout);
  }

  void Report(double cpu, uint64_t steady_allocations, uint64_t steady_blocks) {
    const uint64_t blocks = Blocks();
    const double us = cpu * 1e6 / static_cast<double>(blocks);
    std::sort(completions_.begin(), completions_.end());
    double sum = 0;
    for (const double time : completions_) sum += time;
    const size_t done = completions_.size();
    std::printf("leechers %u, done %zu, completion s: first %.0f mean %.0f p90 %.0f last %.0f\n",
                settings_.leechers, done, done == 0 ? 0 : completions_.front(),
                done == 0 ? 0 : sum / static_cast<double>(done),
                done == 0 ? 0 : completions_[done * 9 / 10], done == 0 ? 0 : completions_.back());
    std::printf("cpu %.2f s, %.2f us a block (%.1f times the floor of 0.42), %.2f events a block\n",
                cpu, us, us / 0.42,
                static_cast<double>(world_.events()) / static_cast<double>(blocks));
    std::printf("%.3f allocations a block in steady state, peak %.0f MB, trace %016lx\n",
                static_cast<double>(steady_allocations) / static_cast<double>(steady_blocks),
                PeakMegabytes(), world_.trace_hash());
  }

  Settings settings_;
  World world_;
  SeededRandom random_;
  std::shared_ptr<SharedContent> content_;
  std::vector<ClientHost*> hosts_;
  std::vector<double> completions_;
  uint32_t left_ = 0;
};

}  // namespace
}  // namespace starling::sim

int main(int argc, char** argv) {
  starling::cli::RestartWithHugePages(argv);
  starling::sim::Settings settings;
  if (argc > 1) settings.leechers = static_cast<uint32_t>(std::atoi(argv[1]));
  if (argc > 2) settings.seed = static_cast<uint64_t>(std::atoll(argv[2]));
  if (argc > 3) settings.pieces = static_cast<uint32_t>(std::atoi(argv[3]));
  if (argc > 4) settings.seconds_max = std::atoll(argv[4]);
  starling::sim::FlashCrowd(settings).Run();
}
