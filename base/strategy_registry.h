// Strategies of one kind by name: each with its parameters, and how to make one. A value, not a
// global: whoever offers a choice owns a registry, and may add to it.
#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "base/strategy.h"

namespace starling {

template <class Factory>
struct StrategyKind {
  StrategyInfo info;
  // `values` has every parameter of `info`, within its range.
  std::function<Factory(const StrategyValues& values)> make;
};

template <class Factory>
class StrategyRegistry {
 public:
  using Kind = StrategyKind<Factory>;

  // `what` it holds, for errors: "choker".
  explicit StrategyRegistry(absl::string_view what) : what_(what) {}

  // Takes the place of one of the same name.
  void Add(Kind kind) {
    const auto same = std::find_if(kinds_.begin(), kinds_.end(), [&](const Kind& known) {
      return known.info.name == kind.info.name;
    });
    if (same == kinds_.end()) {
      kinds_.push_back(std::move(kind));
    } else {
      *same = std::move(kind);
    }
  }

  // NotFound, with the names there are, for an unknown name; InvalidArgument for a parameter that
  // cannot be.
  absl::StatusOr<Factory> Make(const StrategySpec& spec) const {
    for (const Kind& kind : kinds_) {
      if (kind.info.name != spec.name) continue;
      const absl::StatusOr<StrategyValues> values = ResolveStrategy(kind.info, spec);
      if (!values.ok()) return values.status();
      return kind.make(*values);
    }
    const auto add_name = [](std::string* out, const Kind& kind) {
      absl::StrAppend(out, kind.info.name);
    };
    return absl::NotFoundError(absl::StrCat("there is no ", what_, " ", spec.name, "; there are ",
                                            absl::StrJoin(kinds_, ", ", add_name)));
  }

  // In the order in which they were added.
  const std::vector<Kind>& kinds() const { return kinds_; }

 private:
  std::string what_;
  std::vector<Kind> kinds_;
};

}  // namespace starling
