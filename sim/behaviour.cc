#include "sim/behaviour.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "sim/behaviours/builtin.h"

namespace starling::sim {

BehaviourRegistry::BehaviourRegistry() {
  for (BehaviourKind kind :
       {HonestKind(), FreeRiderKind(), CorrupterKind(), LiarKind(), SilentKind(), SybilKind()}) {
    Add(std::move(kind));
  }
}

void BehaviourRegistry::Add(BehaviourKind kind) {
  const auto same = std::find_if(kinds_.begin(), kinds_.end(), [&](const BehaviourKind& known) {
    return known.info.name == kind.info.name;
  });
  if (same == kinds_.end()) {
    kinds_.push_back(std::move(kind));
  } else {
    *same = std::move(kind);
  }
}

absl::StatusOr<BehaviourFactory> BehaviourRegistry::Make(const StrategySpec& spec) const {
  for (const BehaviourKind& kind : kinds_) {
    if (kind.info.name != spec.name) continue;
    const absl::StatusOr<StrategyValues> values = ResolveStrategy(kind.info, spec);
    if (!values.ok()) return values.status();
    return kind.make(*values);
  }
  const auto add_name = [](std::string* out, const BehaviourKind& kind) {
    absl::StrAppend(out, kind.info.name);
  };
  return absl::NotFoundError(absl::StrCat("there is no behaviour ", spec.name, "; there are ",
                                          absl::StrJoin(kinds_, ", ", add_name)));
}

}  // namespace starling::sim
