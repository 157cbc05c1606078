// `-v` of the commands that look something up in the DHT: a line for each query and for how it
// ended, on stderr; with --json a JSON object a line, on stdout before that of the result.
#pragma once

#include <string>

#include "base/id.h"
#include "base/time.h"
#include "dht/lookup_step.h"

namespace starling::cli {

class StepShow {
 public:
  StepShow(bool is_on, bool json, const NodeId& target)
      : is_on_(is_on), json_(json), target_(target) {}

  bool is_on() const { return is_on_; }
  void Print(Time now, const dht::LookupStep& step);
  // Another lookup begins.
  void Restart() { begin_ = kNever; }

 private:
  const bool is_on_;
  const bool json_;
  const NodeId target_;
  Time begin_ = kNever;  // of the first query
};

// `at`: since the first query.
std::string StepLine(Duration at, const NodeId& target, const dht::LookupStep& step);
std::string StepJson(Duration at, const NodeId& target, const dht::LookupStep& step);

}  // namespace starling::cli
