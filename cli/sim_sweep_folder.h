// The folder of a sweep:
//
//   sweep.json       what is swept            runs/KEY.SEED.json   each run, kept as it ends
//   runs.csv, summary.csv, report.html        once all runs are there
//
// A run is found again by what it is, not by its number: a sweep may be called again with more
// values or seeds, and only makes what is missing.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cli/sim_sweep_plan.h"
#include "sim/sweep_table.h"

namespace starling::cli {

inline constexpr int kSweepSchemaVersion = 1;

// Makes the folder and writes sweep.json. Refuses one that holds anything but an earlier part of
// this sweep - the same scenario, the same keys - unless forced.
absl::Status PrepareSweepFolder(const SweepPlan& plan);

std::string KeptRunPath(const SweepPlan& plan, const SweepJob& job);

absl::Status WriteSweepTables(const std::string& folder, const sim::SweepTable& table);
// report.html, and beside it what its plots read: values.csv, gains.csv, plots/NAME.vl.json.
absl::Status WriteSweepReport(const SweepPlan& plan, const sim::SweepTable& table);

bool IsSweepFolder(const std::string& folder);
absl::StatusOr<sim::SweepTable> ReadSweepTable(const std::string& folder);

std::string SweepJson(const SweepPlan& plan);

}  // namespace starling::cli
