#include "dht/variant_registry.h"

#include <utility>

#include "dht/tuned_variant.h"

namespace starling::dht {
namespace {

constexpr double kParallelMax = 16;

Parameter Closest(double fallback) {
  return {"k",
          ParameterKind::kInteger,
          fallback,
          1,
          double(LookupVariant::kClosestMax),
          "closest nodes that a lookup ends with, and contacts in a bucket that is not wide"};
}
Parameter Parallel(double fallback) {
  return {"alpha", ParameterKind::kInteger, fallback, 1, kParallelMax, "queries in flight"};
}
Parameter Flag(const char* name, bool fallback, const char* explanation) {
  return {name, ParameterKind::kFlag, fallback ? 1.0 : 0.0, 0, 1, explanation};
}

LookupTuning WithCommon(LookupTuning tuning, const StrategyValues& values) {
  tuning.closest_max = static_cast<size_t>(values.at("k"));
  tuning.parallel = static_cast<int>(values.at("alpha"));
  return tuning;
}

// Of a variant that has no other parameters than k and alpha.
VariantKind SimpleKind(const char* name, const char* summary, const LookupTuning& tuning) {
  StrategyInfo info{name, summary, {}};
  info.parameters = {Closest(8), Parallel(3)};
  return {std::move(info), [tuning](const StrategyValues& values) {
            return MakeTunedVariant(WithCommon(tuning, values));
          }};
}

// Everything, each trick with a switch.
VariantKind FastKind() {
  const LookupTuning base = DefaultTuning();
  StrategyInfo info{
      VariantRegistry::kDefault, "all that makes lookups fast, each with a switch", {}};
  info.parameters = {
      Closest(double(base.closest_max)),
      Parallel(base.parallel),
      {"wide", ParameterKind::kInteger, double(base.widest), 0, 128,
       "contacts in the farthest bucket, half as many in the next, and so on; 0: as all others"},
      {"deep", ParameterKind::kInteger, double(base.deep), 0, 32,
       "contacts in every bucket that would have fewer: what answers to others choose from; 0: k"},
      Flag("near", base.near, "buckets prefer contacts that answer fast, evenly spread"),
      Flag("near_first", base.near_first, "the first to be asked are chosen by round trip as well"),
      Flag("overtake", base.overtake, "a query in flight does not hold up a nearer candidate"),
      {"burst", ParameterKind::kNumber, base.burst, 0, 64,
       "candidates within so many times the distance of the closest are asked at once; 0: never"},
      Flag("hedge", base.hedge, "a contact is late by its own last round trip"),
      {"late", ParameterKind::kDuration, ToSeconds(base.late), 0, 10,
       "after so long any other is late; 0: as for plain"},
      {"enough", ParameterKind::kInteger, double(base.enough), 0, 10'000,
       "peers that end a search for peers; 0: all that there are"},
      {"remember", ParameterKind::kInteger, double(base.remembered), 0, 64,
       "latest lookups whose closest nodes are kept for later ones"},
      Flag("share", base.shares_work, "running lookups begin with each other's candidates"),
  };
  return {std::move(info), [base](const StrategyValues& values) {
            LookupTuning tuning = WithCommon(base, values);
            tuning.widest = static_cast<size_t>(values.at("wide"));
            tuning.deep = static_cast<size_t>(values.at("deep"));
            tuning.near = values.at("near") != 0;
            tuning.near_first = values.at("near_first") != 0;
            tuning.overtake = values.at("overtake") != 0;
            tuning.burst = values.at("burst");
            tuning.hedge = values.at("hedge") != 0;
            tuning.late = Duration(static_cast<int64_t>(values.at("late") * 1e6));
            tuning.enough = static_cast<int>(values.at("enough"));
            tuning.remembered = static_cast<size_t>(values.at("remember"));
            tuning.shares_work = values.at("share") != 0;
            return MakeTunedVariant(tuning);
          }};
}

}  // namespace

VariantRegistry::VariantRegistry() : StrategyRegistry("lookup variant") {
  LookupTuning tuning;
  Add(SimpleKind("plain", "as BEP 5 has it: k contacts in each bucket", tuning));
  tuning.widest = 128;
  Add(SimpleKind("wide", "128, 64, 32 and 16 contacts in the four farthest buckets", tuning));
  tuning.near = true;
  Add(SimpleKind("wide+pns", "wide, and buckets prefer contacts that answer fast", tuning));
  Add(FastKind());
}

}  // namespace starling::dht
