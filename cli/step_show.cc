#include "cli/step_show.h"

#include <algorithm>
#include <bit>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/json.h"
#include "cli/progress.h"
#include "cli/terminal.h"

namespace starling::cli {

namespace {

using Kind = dht::LookupStep::Kind;

absl::string_view NameOf(Kind kind) {
  switch (kind) {
    case Kind::kAsked:
      return "asked";
    case Kind::kAnswered:
      return "answered";
    case Kind::kLate:
      return "late";
    case Kind::kSilent:
      return "silent";
    case Kind::kRefused:
      return "refused";
  }
  CHECK(false);
}

// How many bits the two ids have in common at their beginning.
int SharedBits(const NodeId& a, const NodeId& b) {
  for (size_t i = 0; i < a.bytes.size(); ++i) {
    const auto differing = static_cast<uint8_t>(a.bytes[i] ^ b.bytes[i]);
    if (differing != 0) return static_cast<int>(8 * i) + std::countl_zero(differing);
  }
  return static_cast<int>(8 * a.bytes.size());
}

}  // namespace

std::string StepLine(Duration at, const NodeId& target, const dht::LookupStep& step) {
  std::string line = absl::StrFormat("%8.3f s  %-8s  %-21s", ToSeconds(at), NameOf(step.kind),
                                     step.node.ToString());
  if (step.hops > 0) {
    absl::StrAppendFormat(&line, "  hop %d, %d bits", step.hops, SharedBits(step.id, target));
  }
  if (step.kind == Kind::kAsked) return line;
  absl::StrAppendFormat(&line, ", %.1f ms", ToSeconds(step.waited) * 1000);
  if (step.kind != Kind::kAnswered) return line;
  absl::StrAppend(&line, "; names ", Count(step.nodes, "node", "nodes"));
  if (step.peers > 0) absl::StrAppend(&line, " and ", Count(step.peers, "peer", "peers"));
  return line;
}

std::string StepJson(Duration at, const NodeId& target, const dht::LookupStep& step) {
  Json json;
  json.BeginObject();
  json.Key("event").Text(NameOf(step.kind));
  json.Key("at_s").Real(ToSeconds(at), 6);
  json.Key("node").Text(step.node.ToString());
  if (step.hops > 0) {
    json.Key("id").Text(step.id.hex());
    json.Key("hop").Number(step.hops);
    json.Key("shared_bits").Signed(SharedBits(step.id, target));
  } else {
    for (const char* unknown : {"id", "hop", "shared_bits"}) json.Key(unknown).Null();
  }
  json.Key("waited_s").Real(ToSeconds(step.waited), 6);
  json.Key("nodes").Number(step.nodes);
  json.Key("peers").Number(step.peers);
  return json.End().text();
}

void StepShow::Print(Time now, const dht::LookupStep& step) {
  begin_ = std::min(begin_, now);
  const Duration at = now - begin_;
  if (json_) return PrintLine(StepJson(at, target_, step));
  std::fputs(absl::StrCat(StepLine(at, target_, step), "\n").c_str(), stderr);
}

}  // namespace starling::cli
