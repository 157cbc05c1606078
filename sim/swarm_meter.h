// Looks at a swarm run from time to time and keeps what it saw: who is there, what moved, who
// unchokes whom, how many copies of each piece there are. Rows of the tables "series", "pieces" and
// "unchokes"; the figures over a window of time are taken from here as well.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "peer/choker.h"
#include "sim/result.h"
#include "sim/scenario.h"
#include "sim/shared_content.h"
#include "sim/swarm_cast.h"
#include "sim/world.h"

namespace starling::sim {

// What a population had done in all when a sample was taken.
struct PopulationSample {
  uint32_t present = 0;
  uint32_t leeching = 0;  // present and not done
  uint32_t done = 0;      // in all
  double uploaded = 0;    // payload, bytes
  double downloaded = 0;
  double link_up = 0;   // bytes on the wire that its uplinks carried
  double capacity = 0;  // that they could have carried while members were there
};

struct Sample {
  Time time;
  std::vector<PopulationSample> populations;
  // unchoke_s[a * populations + b]: peer seconds for which members of a had unchoked interested
  // members of b.
  std::vector<double> unchoke_s;
};

class SwarmMeter {
 public:
  SwarmMeter(const Scenario& scenario, World& world, const SwarmCast& cast,
             const std::vector<std::shared_ptr<const SharedContent>>& contents, Time start);

  // Takes a sample now.
  void Take();

  const std::vector<Sample>& samples() const { return samples_; }
  // Share of the pairs of leechers that are connected in which one is interested in the other.
  double entropy() const { return pairs_ == 0 ? kNoValue : interested_ / pairs_; }
  // Uplinks' use by `population` between two moments; NaN if it had no limited link then.
  double UtilisationOf(size_t population, Time from, Time to) const;
  // What those uplinks could have carried, bytes on the wire.
  double CapacityOf(size_t population, Time from, Time to) const;
  // Time average of members present.
  double PresentOf(size_t population, Time from, Time to, bool leeching_only) const;
  // Share of unchoke time within the population itself, from `from` on.
  double OwnShareOf(size_t population, Time from) const;

  void AppendTables(std::vector<Table>* tables) const;

 private:
  double ValueAt(size_t population, double PopulationSample::*field, Time when) const;
  void TakeMember(const Member& member, Sample* sample);
  void TakeUnchokes(const Member& member, Sample* sample);
  void TakePieces(Time now);

  const Scenario& scenario_;
  World& world_;
  const SwarmCast& cast_;
  const std::vector<std::shared_ptr<const SharedContent>>& contents_;
  const Time start_;
  const double wire_factor_;
  std::vector<Sample> samples_;
  struct PieceSample {
    Time time;
    uint32_t fewest = 0;
    uint32_t most = 0;
    double mean = 0;
    uint32_t single = 0;   // pieces of which one copy exists
    uint32_t missing = 0;  // of which none does
  };
  std::vector<PieceSample> pieces_;
  std::vector<peer::PeerView> views_;
  double pairs_ = 0;
  double interested_ = 0;
  uint32_t pieces_skipped_ = 0;
};

}  // namespace starling::sim
