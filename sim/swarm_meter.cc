#include "sim/swarm_meter.h"

#include <algorithm>
#include <utility>

namespace starling::sim {
namespace {

constexpr double kFrame = 1514;
constexpr double kFramePayload = 1448;
// Bits looked at for a row of the table "pieces"; with more of them rows become rarer.
constexpr uint64_t kPieceWorkMax = 4'000'000;

double SecondsBetween(Time from, Time to) { return from < to ? ToSeconds(to - from) : 0; }

}  // namespace

SwarmMeter::SwarmMeter(const Scenario& scenario, World& world, const SwarmCast& cast,
                       const std::vector<std::shared_ptr<const SharedContent>>& contents,
                       Time start)
    : scenario_(scenario),
      world_(world),
      cast_(cast),
      contents_(contents),
      start_(start),
      wire_factor_(scenario.network.headers ? kFrame / kFramePayload : 1) {}

void SwarmMeter::Take() {
  const size_t populations = scenario_.populations.size();
  Sample sample;
  sample.time = world_.now();
  sample.populations.resize(populations);
  sample.unchoke_s.assign(populations * populations, 0);
  if (!samples_.empty()) sample.unchoke_s = samples_.back().unchoke_s;
  for (const Member& member : cast_.members()) TakeMember(member, &sample);
  TakePieces(sample.time);
  samples_.push_back(std::move(sample));
}

void SwarmMeter::TakeMember(const Member& member, Sample* sample) {
  if (member.joined == kNever) return;
  PopulationSample& of = sample->populations[member.population];
  const Traffic traffic = cast_.TrafficOf(member);
  of.done += member.is_done() ? 1 : 0;
  of.uploaded += static_cast<double>(traffic.uploaded);
  of.downloaded += static_cast<double>(traffic.downloaded);
  of.link_up += static_cast<double>(traffic.link_up) * wire_factor_;
  const Time from = std::max(member.joined, start_);
  of.capacity +=
      static_cast<double>(member.up) * SecondsBetween(from, std::min(member.left, sample->time));
  if (!member.is_here()) return;
  ++of.present;
  of.leeching += member.is_done() || member.is_seed ? 0 : 1;
  TakeUnchokes(member, sample);
}

void SwarmMeter::TakeUnchokes(const Member& member, Sample* sample) {
  const double length = samples_.empty() ? 0 : ToSeconds(sample->time - samples_.back().time);
  views_.clear();
  Client& client = member.host->client();
  for (const TorrentId torrent : client.torrents()) {
    client.AppendPeers(sample->time, torrent, &views_);
  }
  const bool leeches = !member.is_seed && !member.is_done();
  for (const peer::PeerView& view : views_) {
    const std::optional<NodeIndex> node = world_.hosts().Find(view.remote);
    const Member* peer = node.has_value() ? cast_.FindByNode(*node) : nullptr;
    if (peer == nullptr) continue;
    if (view.unchoked_by_us && view.peer_interested) {
      sample->unchoke_s[member.population * scenario_.populations.size() + peer->population] +=
          length;
    }
    if (!leeches || peer->is_seed || peer->is_done()) continue;
    pairs_ += 1;
    interested_ += view.we_interested ? 1 : 0;
  }
}

void SwarmMeter::TakePieces(Time now) {
  uint64_t pieces = 0;
  for (const std::shared_ptr<const SharedContent>& content : contents_) {
    pieces += content->metainfo()->piece_count();
  }
  const uint64_t work = pieces * cast_.members().size();
  if (pieces_skipped_++ % (work / kPieceWorkMax + 1) != 0) return;
  PieceSample sample;
  sample.time = now;
  sample.fewest = ~uint32_t{0};
  uint64_t sum = 0;
  for (const std::shared_ptr<const SharedContent>& content : contents_) {
    std::vector<uint32_t> copies(content->metainfo()->piece_count());
    for (const Member& member : cast_.members()) {
      if (!member.is_here()) continue;
      const Bitfield* have = member.host->disk().have(content->info_hash());
      for (PieceIndex piece(0); have != nullptr && piece.value() < have->size(); ++piece) {
        copies[piece.value()] += have->Has(piece) ? 1 : 0;
      }
    }
    for (const uint32_t count : copies) {
      sample.fewest = std::min(sample.fewest, count);
      sample.most = std::max(sample.most, count);
      sample.single += count == 1 ? 1 : 0;
      sample.missing += count == 0 ? 1 : 0;
      sum += count;
    }
  }
  sample.mean = pieces == 0 ? 0 : static_cast<double>(sum) / static_cast<double>(pieces);
  pieces_.push_back(sample);
}

// Between two samples values are taken to change evenly.
double SwarmMeter::ValueAt(size_t population, double PopulationSample::*field, Time when) const {
  if (samples_.empty()) return 0;
  const auto after =
      std::lower_bound(samples_.begin(), samples_.end(), when,
                       [](const Sample& sample, Time time) { return sample.time < time; });
  if (after == samples_.end()) return samples_.back().populations[population].*field;
  const double high = after->populations[population].*field;
  if (after == samples_.begin()) return high;
  const Sample& before = *(after - 1);
  const double low = before.populations[population].*field;
  const double part = ToSeconds(when - before.time) / ToSeconds(after->time - before.time);
  return low + (high - low) * part;
}

double SwarmMeter::UtilisationOf(size_t population, Time from, Time to) const {
  const double carried = ValueAt(population, &PopulationSample::link_up, to) -
                         ValueAt(population, &PopulationSample::link_up, from);
  const double capacity = CapacityOf(population, from, to);
  return capacity <= 0 ? kNoValue : carried / capacity;
}

double SwarmMeter::CapacityOf(size_t population, Time from, Time to) const {
  return ValueAt(population, &PopulationSample::capacity, to) -
         ValueAt(population, &PopulationSample::capacity, from);
}

double SwarmMeter::PresentOf(size_t population, Time from, Time to, bool leeching_only) const {
  double sum = 0;
  uint32_t samples = 0;
  for (const Sample& sample : samples_) {
    if (sample.time < from || sample.time > to) continue;
    const PopulationSample& of = sample.populations[population];
    sum += leeching_only ? of.leeching : of.present;
    ++samples;
  }
  return samples == 0 ? kNoValue : sum / samples;
}

double SwarmMeter::OwnShareOf(size_t population, Time from) const {
  if (samples_.empty()) return kNoValue;
  const size_t populations = scenario_.populations.size();
  const auto first =
      std::lower_bound(samples_.begin(), samples_.end(), from,
                       [](const Sample& sample, Time time) { return sample.time < time; });
  if (first == samples_.end()) return kNoValue;
  double own = 0;
  double all = 0;
  for (size_t other = 0; other < populations; ++other) {
    if (scenario_.populations[other].seeds) continue;
    const size_t at = population * populations + other;
    const double seconds = samples_.back().unchoke_s[at] - first->unchoke_s[at];
    all += seconds;
    if (other == population) own = seconds;
  }
  return all == 0 ? kNoValue : own / all;
}

void SwarmMeter::AppendTables(std::vector<Table>* tables) const {
  Table series{"series",
               "What each population did from one sample to the next.",
               {{"time_s", "s", "When the interval ends, from the start of the scenario."},
                {"population", "", "Name of the population."},
                {"present", "1", "Members that are there."},
                {"leeching", "1", "Of these, the ones that are not done."},
                {"done", "1", "Members that were done by then, those that left included."},
                {"up_rate", "B/s", "Payload sent by all of them together."},
                {"down_rate", "B/s", "Payload received by all of them together."},
                {"utilisation", "1", "What their uplinks carried, of what they could have."}},
               {}};
  for (size_t i = 1; i < samples_.size(); ++i) {
    const double length = ToSeconds(samples_[i].time - samples_[i - 1].time);
    for (size_t p = 0; p < scenario_.populations.size(); ++p) {
      const PopulationSample& now = samples_[i].populations[p];
      const PopulationSample& then = samples_[i - 1].populations[p];
      const double capacity = now.capacity - then.capacity;
      series.rows.push_back({ToSeconds(samples_[i].time - start_), scenario_.populations[p].name,
                             double(now.present), double(now.leeching), double(now.done),
                             (now.uploaded - then.uploaded) / length,
                             (now.downloaded - then.downloaded) / length,
                             capacity <= 0 ? kNoValue : (now.link_up - then.link_up) / capacity});
    }
  }
  tables->push_back(std::move(series));

  Table pieces{"pieces",
               "How many copies of the pieces exist among those that are there.",
               {{"time_s", "s", "From the start of the scenario."},
                {"fewest", "1", "Copies of the rarest piece."},
                {"mean", "1", "Copies of a piece on average."},
                {"most", "1", "Copies of the most frequent piece."},
                {"single", "1", "Pieces of which one copy exists."},
                {"missing", "1", "Pieces of which none exists."}},
               {}};
  for (const PieceSample& sample : pieces_) {
    pieces.rows.push_back({ToSeconds(sample.time - start_), double(sample.fewest), sample.mean,
                           double(sample.most), double(sample.single), double(sample.missing)});
  }
  tables->push_back(std::move(pieces));

  Table unchokes{"unchokes",
                 "Who unchoked whom, by population.",
                 {{"from", "", "Population of those that unchoke."},
                  {"to", "", "Population of those that are unchoked and interested."},
                  {"unchoke_s", "s", "Sum over all pairs of members."}},
                 {}};
  const size_t populations = scenario_.populations.size();
  for (size_t a = 0; a < populations && !samples_.empty(); ++a) {
    for (size_t b = 0; b < populations; ++b) {
      unchokes.rows.push_back({scenario_.populations[a].name, scenario_.populations[b].name,
                               samples_.back().unchoke_s[a * populations + b]});
    }
  }
  tables->push_back(std::move(unchokes));
}

}  // namespace starling::sim
