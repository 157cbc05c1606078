// How long participants stay: draws, and nothing else. Whoever runs a scenario schedules what they
// say: a leaver is replaced at once by a new host with another address, so the population is
// constant, and half of the leavers say nothing.
//
// Session lengths are Weibull(shape k, scale lambda): length = lambda * E^(1/k), E ~ Exp(1), which
// fits what was measured in live networks: most sessions are short, and who stayed long stays on.
// A run begins in equilibrium. Those present at a random moment are not a fair sample of all
// sessions but weighted by length, so theirs are lambda * G^(1/k) with G ~ Gamma(1 + 1/k), of which
// a uniform share is still to come.
//
// Each draw is a pure function of (seed, node, session), whatever the order of the questions.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "absl/strings/string_view.h"
#include "base/strong_int.h"
#include "base/time.h"

namespace starling::sim {

struct SessionModel {
  double shape = 1;       // k
  double scale_s = 3600;  // lambda
};

struct SessionProfile {
  absl::string_view name;
  SessionModel model;
};

// kad, debian, redhat, flatout, stress, exp1h.
std::span<const SessionProfile> SessionProfiles();
std::optional<SessionModel> FindSessionModel(absl::string_view name);
double MeanSessionSeconds(const SessionModel& model);

class Churn {
 public:
  // Nobody stays longer than this, so that a heavy tail stays within the range of time.
  static constexpr Duration kSessionMax = hours(24 * 366 * 100);
  static constexpr uint32_t kSilentPpm = 500'000;

  Churn(const SessionModel& model, uint64_t seed, uint32_t silent_ppm = kSilentPpm)
      : model_(model), seed_(seed), silent_ppm_(silent_ppm) {}

  // Of the host that takes the place `node` as its `session`-th inhabitant; at least 1 us.
  Duration SessionOf(NodeIndex node, uint64_t session) const;
  // How much longer the host stays that is there when the run begins, and how long in all.
  struct Stay {
    Duration whole;
    Duration remaining;
  };
  Stay AtStart(NodeIndex node) const;
  bool LeavesSilently(NodeIndex node, uint64_t session) const;

  const SessionModel& model() const { return model_; }

 private:
  SessionModel model_;
  uint64_t seed_;
  uint32_t silent_ppm_;
};

}  // namespace starling::sim
