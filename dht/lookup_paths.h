// The lookup of one search in one address family: usually one Lookup. Where something is to be
// stored it goes several disjoint paths (as S/Kademlia does, within BEP 5): each path is a Lookup
// of its own that begins with other contacts of ours and hears only what those say whom it asked
// itself. So one hostile node, which names only friends of its own, steers one path; the others
// arrive, and what is stored is stored with the closest of each path.
//
// Nobody is asked twice: who is a candidate of several paths is asked by one of them, and the
// others take note of the answer, but not of whom it names. The first path goes as its variant
// says; each other asks one node at a time, and only until it knows its part of the nearest. Near
// the target all paths meet, so that two of them cost a query or two more than one.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/functional/function_ref.h"
#include "dht/lookup.h"

namespace starling::dht {

class LookupPaths {
 public:
  static constexpr size_t kPathsMax = 4;

  // `variant` outlives the lookup. From 1 to kPathsMax `paths`.
  LookupPaths(const NodeId& target, const LookupVariant& variant, size_t paths = 1);

  void SetReach(uint64_t reach);
  // A contact of our own; the paths get them in turn. Returns whether it is a new candidate.
  bool AddOwn(const NodeId& id, const Endpoint& endpoint, uint8_t rtt_class = 0);
  // Somebody whom another lookup has found, of whom we cannot tell who named him: of the first
  // path.
  bool AddFound(const NodeId& id, const Endpoint& endpoint, uint8_t hops, uint8_t rtt_class = 0);
  // Somebody whom `from` names, who was asked and answered.
  bool AddNamed(const Endpoint& from, const NodeId& id, const Endpoint& endpoint, uint8_t hops);

  // As those of Lookup.
  void Step(absl::FunctionRef<bool(const Candidate&)> ask);
  uint8_t OnReply(const Endpoint& from, const NodeId& id, ByteView token, uint32_t elapsed_ms);
  bool OnSlow(const Endpoint& to);     // true if any path gives it up
  bool OnFailure(const Endpoint& to);  // false if any path had given it up
  bool done() const;

  // Of the first path that has it; null: none has, or none any more.
  const Candidate* Find(const Endpoint& endpoint) const;
  size_t size() const { return others_ == nullptr ? 1 : 1 + others_->paths.size(); }
  const Lookup& path(size_t index) const { return index == 0 ? first_ : others_->paths[index - 1]; }
  // Of the first path, which is to find as many as one lookup alone.
  size_t answered() const { return first_.answered(); }
  // Of the path with the most: all paths know of all silent ones.
  int given_up() const;
  const NodeId& target() const { return first_.target(); }

 private:
  struct Asked {
    Endpoint endpoint;
    uint8_t path;
  };
  // What one path alone does without.
  struct Others {
    LookupVariantPointer variant;  // of the other paths
    std::vector<Lookup> paths;     // all but the first
    std::vector<Asked> asked;      // by whom
    size_t next = 0;               // the path whose turn it is to get a contact of ours
  };

  Lookup& at(size_t index) { return index == 0 ? first_ : others_->paths[index - 1]; }
  const Asked* FindAsked(const Endpoint& endpoint) const;
  bool Add(size_t path, const NodeId& id, const Endpoint& endpoint, uint8_t hops,
           uint8_t rtt_class);
  void StepPath(size_t path, absl::FunctionRef<bool(const Candidate&)> ask);

  Lookup first_;
  std::unique_ptr<Others> others_;  // null: one path
};

}  // namespace starling::dht
