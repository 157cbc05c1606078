// Which of those that answered a lookup are its closest: plainly the nearest. Where ids bound to
// addresses are preferred (BEP 42), up to half of the places, the farthest ones, go from nodes
// whose id is not bound to the nearest others whose id is: an attacker who chose his ids does not
// get all places, and nothing changes where all ids are alike.
#pragma once

#include <vector>

#include "dht/lookup_paths.h"
#include "dht/secure_id.h"

namespace starling::dht {

// Nearest first, at most `closest_max`. With `needs_token` only such as gave us one, to whom
// something can be announced.
std::vector<const Candidate*> ChooseClosest(const Lookup& lookup, size_t closest_max,
                                            IdSecurity security, bool needs_token = false);
// Of several paths each contributes its nearest in turn, so that none decides alone. Where all are
// honest they agree, and these are the nearest of all.
std::vector<const Candidate*> ChooseClosest(const LookupPaths& paths, size_t closest_max,
                                            IdSecurity security, bool needs_token = false);

}  // namespace starling::dht
