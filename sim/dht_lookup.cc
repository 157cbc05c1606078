#include "sim/dht_lookup.h"

#include <cmath>
#include <utility>
#include <vector>

#include "sim/result.h"
#include "sim/statistics.h"

namespace starling::sim {

void DhtLookup::TakeReport(Time now, const dht::LookupReport& report) {
  hops = static_cast<uint32_t>(report.hops);
  queries = static_cast<uint32_t>(report.queries);
  timeouts = static_cast<uint32_t>(report.timeouts);
  bytes = static_cast<uint32_t>(report.bytes);
  first = report.first;
  nearest = report.nearest;
  done = now - started;
}

double ToMilliseconds(Duration length) { return static_cast<double>(length.count()) / 1000; }

double ToMilliseconds(std::optional<Duration> length) {
  return length.has_value() ? ToMilliseconds(*length) : kNoValue;
}

double ToNumber(uint32_t count) {
  return count == DhtLookup::kUnknown ? kNoValue : static_cast<double>(count);
}

void AddLookupDistributions(std::span<const DhtLookup> lookups,
                            std::map<std::string, double>* metrics) {
  const auto add = [&](const char* name, auto value_of) {
    std::vector<double> values;
    values.reserve(lookups.size());
    for (const DhtLookup& lookup : lookups) {
      const double value = value_of(lookup);
      if (!std::isnan(value)) values.push_back(value);
    }
    // Unknown of all is left out; of no lookups there is at least their count, 0.
    if (values.empty() && !lookups.empty()) return;
    AddDistribution(name, std::move(values), metrics);
  };
  add("hops", [](const DhtLookup& lookup) { return ToNumber(lookup.hops); });
  add("queries", [](const DhtLookup& lookup) { return ToNumber(lookup.queries); });
  add("timeouts", [](const DhtLookup& lookup) { return ToNumber(lookup.timeouts); });
  add("bytes", [](const DhtLookup& lookup) { return ToNumber(lookup.bytes); });
  add("first_ms", [](const DhtLookup& lookup) { return ToMilliseconds(lookup.first); });
  add("nearest_ms", [](const DhtLookup& lookup) { return ToMilliseconds(lookup.nearest); });
  add("done_ms", [](const DhtLookup& lookup) { return ToMilliseconds(lookup.done); });
  add("recall", [](const DhtLookup& lookup) { return lookup.recall; });
}

}  // namespace starling::sim
