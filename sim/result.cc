#include "sim/result.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace starling::sim {
namespace {

double QuantileOf(const std::vector<double>& sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const size_t below = static_cast<size_t>(place);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  const double part = place - static_cast<double>(below);
  return sorted[below] + (sorted[above] - sorted[below]) * part;
}

}  // namespace

void AddDistribution(const std::string& name, std::vector<double> values,
                     std::map<std::string, double>* metrics) {
  const double count = static_cast<double>(values.size());
  (*metrics)[name + ".count"] = count;
  if (values.empty()) return;
  std::sort(values.begin(), values.end());
  double sum = 0;
  for (const double value : values) sum += value;
  const double mean = sum / count;
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  (*metrics)[name + ".mean"] = mean;
  (*metrics)[name + ".sd"] = values.size() < 2 ? 0 : std::sqrt(squares / (count - 1));
  (*metrics)[name + ".min"] = values.front();
  (*metrics)[name + ".max"] = values.back();
  static constexpr std::pair<const char*, double> kQuantiles[] = {
      {".p10", .10}, {".p25", .25}, {".p50", .50}, {".p75", .75},
      {".p90", .90}, {".p95", .95}, {".p99", .99}, {".p999", .999}};
  for (const auto& [suffix, share] : kQuantiles) {
    (*metrics)[name + suffix] = QuantileOf(values, share);
  }
}

}  // namespace starling::sim
