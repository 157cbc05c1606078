// The variants that we bring along: one class, each of whose tricks can be switched on and off, so
// that a table can tell what each of them is worth (docs/dht.md). With all of them off it is the
// lookup of BEP 5, which others are measured by.
#pragma once

#include "dht/lookup_variant.h"

namespace starling::dht {

struct LookupTuning {
  size_t closest_max = 8;  // k
  int parallel = 3;        // alpha: queries in flight

  // Of the table.
  size_t widest = 0;  // contacts in the farthest bucket, half of it in the next, ...: fewer hops
  size_t deep = 0;    // contacts in every bucket that would have fewer; 0: k
  bool near = false;  // keeps those that answer fastest, spread evenly over each bucket

  // Of whom to ask.
  bool near_first = false;  // begins with contacts that are near in time as well as in distance
  bool overtake = false;    // who is asked does not hold up a candidate that is nearer than it
  // Asks all at once who are as near as so many times the distance within which k nodes are
  // expected; 0: nobody beyond `parallel`.
  double burst = 0;
  // A contact is late when it takes longer than it used to; others after `late`, if not zero.
  bool hedge = false;
  Duration late{};

  // Of when to stop, and what to keep.
  int enough = 0;            // peers that end a get_peers; 0: as many as there are
  size_t remembered = 0;     // lookups whose closest nodes are kept for later ones
  bool shares_work = false;  // running lookups begin with each other's candidates
};

LookupVariantPointer MakeTunedVariant(const LookupTuning& tuning);
// As BEP 5 has it: k contacts in each bucket, alpha queries in flight.
LookupVariantPointer MakePlainVariant(size_t closest_max = 8, int parallel = 3);
// What real nodes use unless told otherwise.
LookupTuning DefaultTuning();

}  // namespace starling::dht
