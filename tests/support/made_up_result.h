// A Result that no run made, for tests of what is written from one: a swarm of two classes and a
// seed with all tables, and some DHT lookups.
#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <utility>

#include "sim/result.h"
#include "sim/scenario.h"

namespace starling::sim {

inline Scenario MadeUpScenario() {
  Scenario scenario;
  scenario.name = "made-up";
  scenario.title = "Two classes & one seed";
  scenario.about = "Nothing of this was simulated.";
  for (const char* name : {"origin", "slow", "fast"}) {
    PopulationSpec population;
    population.name = name;
    population.count = 1;
    scenario.populations.push_back(population);
  }
  scenario.populations[0].seeds = true;
  scenario.populations[0].measured = false;
  return scenario;
}

inline Table MadeUpNodes(int leechers) {
  Table nodes{"nodes",
              "One row a member.",
              {{"node", "1", "Its number."},
               {"population", "", "Its population."},
               {"up", "B/s", "Its uplink."},
               {"joined_s", "s", "When it came."},
               {"done_s", "s", "When it had everything."},
               {"downloaded", "B", "Payload it received."},
               {"uploaded", "B", "Payload it sent."}},
              {}};
  nodes.rows.push_back({0.0, std::string("origin"), 750e3, 0.0, 0.0, 0.0, 400e6});
  for (int i = 0; i < leechers; ++i) {
    const bool is_fast = i % 3 == 0;
    const double spread = std::fmod(i * 0.6180339887, 1.0);
    const double took = is_fast ? 900 + 700 * spread : 1900 + 900 * spread * spread;
    const double done = i % 50 == 49 ? kNoValue : took;
    const double up = is_fast ? 125e3 + 60e3 * spread : 50e3 + 1e3 * (i % 7);
    nodes.rows.push_back({double(i + 1), std::string(is_fast ? "fast" : "slow"), up,
                          std::fmod(i * 0.37, 10), done, 100e6,
                          100e6 * (is_fast ? 1.2 + spread : 0.4 + 0.3 * spread)});
  }
  return nodes;
}

inline Table MadeUpSeries(int samples) {
  Table series{"series",
               "What each population did.",
               {{"time_s", "s", "When the interval ends."},
                {"population", "", "Name of the population."},
                {"present", "1", "Members that are there."},
                {"leeching", "1", "Of these, not done."},
                {"done", "1", "Members that were done by then."},
                {"up_rate", "B/s", "Payload sent."},
                {"down_rate", "B/s", "Payload received."},
                {"utilisation", "1", "Of what their uplinks could carry."}},
               {}};
  for (int i = 1; i <= samples; ++i) {
    const double time = 2800.0 * i / samples;
    const double part = time / 2800;
    for (const char* name : {"origin", "slow", "fast"}) {
      const bool is_seed = std::string(name) == "origin";
      const double members = is_seed ? 1 : std::string(name) == "slow" ? 667 : 333;
      const double left = is_seed ? 0 : members * std::fmin(1, 3 * (1 - part));
      const double use = std::fmin(1, 12 * part) * (0.96 - 0.1 * std::sin(9 * part) * part);
      const double capacity = is_seed ? 750e3 : left * (std::string(name) == "slow" ? 50e3 : 140e3);
      series.rows.push_back({time, std::string(name), is_seed ? 1 : left + 0.1 * (members - left),
                             left, members - left, use * capacity,
                             is_seed ? 0 : 0.9 * use * left * 60e3, use});
    }
  }
  return series;
}

inline Table MadeUpPieces(int samples) {
  Table pieces{"pieces",
               "How many copies there are.",
               {{"time_s", "s", "When."},
                {"fewest", "1", "Copies of the rarest piece."},
                {"mean", "1", "Copies of a piece on average."},
                {"most", "1", "Copies of the commonest piece."},
                {"single", "1", "Pieces of which one copy exists."},
                {"missing", "1", "Pieces of which none exists."}},
               {}};
  for (int i = 1; i <= samples; ++i) {
    const double part = double(i) / samples;
    pieces.rows.push_back({2800 * part, std::floor(700 * part * part) + 1, 1 + 800 * part,
                           2 + 1000 * std::fmin(1, 1.2 * part),
                           std::floor(400 * std::fmax(0, 1 - 15 * part)), 0.0});
  }
  return pieces;
}

inline Table MadeUpUnchokes() {
  Table unchokes{"unchokes",
                 "Who unchoked whom.",
                 {{"from", "", "Who unchokes."},
                  {"to", "", "Who is unchoked."},
                  {"unchoke_s", "s", "Sum over all pairs."}},
                 {}};
  const char* names[] = {"origin", "slow", "fast"};
  const double seconds[3][3] = {{0, 4000, 6000}, {0, 90'000, 30'000}, {0, 21'000, 70'000}};
  for (int a = 0; a < 3; ++a) {
    for (int b = 0; b < 3; ++b) {
      unchokes.rows.push_back({std::string(names[a]), std::string(names[b]), seconds[a][b]});
    }
  }
  return unchokes;
}

inline Table MadeUpLookups(int lookups) {
  Table table{"lookups",
              "One row a lookup.",
              {{"node", "1", "Who looked."},
               {"hops", "1", "Referrals."},
               {"queries", "1", "Queries sent."},
               {"first_ms", "ms", "Until the first of the 8 closest answered."},
               {"done_ms", "ms", "Until it ended."}},
              {}};
  for (int i = 0; i < lookups; ++i) {
    const double spread = std::fmod(i * 0.6180339887, 1.0);
    const double first = 120 + 500 * spread * spread + 400 * std::pow(spread, 12);
    table.rows.push_back({double(i), std::floor(1 + 3.2 * spread),
                          std::floor(9 + 8 * std::fmod(i * 0.414, 1.0)), first, first * 2.1 + 150});
  }
  return table;
}

inline Result MadeUpResult(int leechers = 1000, int samples = 280) {
  Result result;
  result.scenario = "made-up";
  result.seed = 7;
  result.trace_hash = 0xc0ffee;
  result.events = 12'345'678;
  result.simulated = seconds(2800);
  result.tables = {MadeUpNodes(leechers), MadeUpSeries(samples), MadeUpPieces(samples),
                   MadeUpUnchokes()};
  std::map<std::string, std::vector<double>> waits;
  for (const std::vector<Cell>& row : result.tables[0].rows) {
    const std::string population = std::get<std::string>(row[1]);
    const double wait = std::get<double>(row[4]) - std::get<double>(row[3]);
    if (population == "origin" || std::isnan(wait)) continue;
    waits[population].push_back(wait);
    waits["all"].push_back(wait);
  }
  for (const auto& [name, values] : waits) {
    AddDistribution(name + ".completion_s", values, &result.metrics);
    result.metrics[name + ".utilisation"] = 0.94;
  }
  result.metrics["slow.share_ratio.mean"] = 0.55;
  result.metrics["fast.share_ratio.mean"] = 1.7;
  result.metrics["origin.utilisation"] = 0.99;
  result.metrics["t_min_s"] = 2066;
  result.metrics["last_completion_s"] = 2805;
  result.metrics["origin_copies"] = 3.7;
  result.metrics["control_share"] = 0.012;
  result.metrics["duplicates_share"] = 0.0007;
  return result;
}

}  // namespace starling::sim
