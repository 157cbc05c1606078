#include "dht/routing_table.h"

#include <algorithm>
#include <bit>

#include "base/check.h"
#include "dht/address.h"
#include "dht/prefetch.h"
#include "dht/secure_id.h"

namespace starling::dht {
namespace {

// Growing by a few contacts instead of doubling keeps a table of 142 at 6 KB; it grows rarely.
constexpr size_t kGrowth = 8;

// Prefetched on either side of where an id should be: as far as it is off for most ids of a bucket
// of 128, and the nearest 8 then reach.
constexpr size_t kSurroundings = 10;

bool IsExpendable(const Contact& contact) { return contact.failures != 0; }

// The heads of ids decide nearly always.
uint64_t HeadOf(const NodeId& id) { return LoadBig<uint64_t>(id.bytes.data()); }

bool IsBefore(const Contact& a, const Contact& b) { return HeadOf(a.id) < HeadOf(b.id); }

}  // namespace

bool RoutingTable::OnAnswer(uint32_t now_s, const NodeId& id, const Endpoint& endpoint,
                            uint8_t rtt_class) {
  if (id == own_id_) return false;
  const Contact answered{id, endpoint, 0, rtt_class, now_s};
  if (Contact* known = FindMutable(id)) {
    // The first to hold an id keeps it while it is alive.
    if (known->endpoint != endpoint && !IsExpendable(*known) && keeps_identities_) return false;
    if (known->endpoint == endpoint) {
      *known = answered;
      return true;
    }
    RemoveAt(static_cast<size_t>(known - contacts_.data()));
  }
  const size_t index = BucketOf(id);
  if (bucket(index).size() >= variant_->BucketSize(index) && !MakeRoom(index, answered)) {
    Keep(answered);
    return false;
  }
  if (!ClearPlace(answered)) return false;
  Insert(index, answered);
  return true;
}

bool RoutingTable::OnQuery(uint32_t now_s, const NodeId& id, const Endpoint& endpoint) {
  Contact* known = FindMutable(id);
  if (known == nullptr || known->endpoint != endpoint || !known->is_verified()) return false;
  // A failing one is alive, but whether it answers is still to be seen.
  if (known->failures == 0) known->last_seen_s = now_s;
  return true;
}

RoutingTable::Loss RoutingTable::OnTimeout(uint32_t now_s, const Endpoint& endpoint,
                                           bool may_be_us) {
  const auto found = std::find_if(contacts_.begin(), contacts_.end(), [&](const Contact& contact) {
    return contact.endpoint == endpoint;
  });
  if (found == contacts_.end()) return Loss::kNotOurs;
  if (may_be_us && found->failures > 0) return Loss::kSuspect;
  if (found->is_verified() && ++found->failures < kFailuresMax) return Loss::kSuspect;
  const Contact dropped = *found;
  const size_t index = BucketOf(dropped.id);
  RemoveAt(static_cast<size_t>(found - contacts_.begin()));
  Replace(now_s, index);
  if (dropped.is_verified()) Keep(dropped);
  return Loss::kDropped;
}

bool RoutingTable::AddUnverified(const NodeId& id, const Endpoint& endpoint) {
  if (id == own_id_ || Find(id) != nullptr || !HasRoom(id)) return false;
  for (const Contact& other : contacts_) {
    if (IsSameParticipant(other.endpoint, endpoint)) return false;
  }
  Insert(BucketOf(id), Contact{id, endpoint, Contact::kNeverAnswered, 0, 0});
  return true;
}

void RoutingTable::YieldInsecure(const NodeId& id) {
  const std::span<const Contact> places = bucket(BucketOf(id));
  const auto insecure = std::find_if(places.begin(), places.end(), [](const Contact& contact) {
    return !IsSecureId(contact.id, contact.endpoint);
  });
  if (insecure == places.end()) return;
  const Contact dropped = *insecure;
  RemoveAt(static_cast<size_t>(&*insecure - contacts_.data()));
  if (dropped.is_verified()) Keep(dropped);
}

void RoutingTable::Fill(std::span<const Contact> contacts, Filter filter) {
  CHECK(empty());
  std::array<uint16_t, kBuckets> sizes{};
  for (const Contact& contact : contacts) {
    if (contact.id == own_id_ || !filter(contact)) continue;
    uint16_t& size = sizes[BucketOf(contact.id)];
    const size_t size_max = variant_->BucketSize(BucketOf(contact.id));
    size = static_cast<uint16_t>(std::min<size_t>(size + 1u, size_max));
  }
  std::array<uint16_t, kBuckets> next{};
  uint16_t end = 0;
  for (size_t i = 0; i < kBuckets; ++i) {
    next[i] = end;
    end = static_cast<uint16_t>(end + sizes[i]);
    ends_[i] = end;
  }
  contacts_.resize(end);
  for (const Contact& contact : contacts) {
    if (contact.id == own_id_ || !filter(contact)) continue;
    const size_t bucket = BucketOf(contact.id);
    if (next[bucket] < ends_[bucket]) contacts_[next[bucket]++] = contact;
  }
  for (size_t i = 0; i < kBuckets; ++i) {
    std::sort(contacts_.begin() + begin_of(i), contacts_.begin() + ends_[i], IsBefore);
  }
}

size_t RoutingTable::FindClosest(const NodeId& target, std::span<const Contact*> closest,
                                 Filter filter) const {
  CHECK(closest.size() <= kFoundMax);
  if (closest.empty()) return 0;
  size_t count = 0;
  const uint64_t target_head = HeadOf(target);
  const auto distance = [&](size_t i) { return HeadOf(contacts_[i].id) ^ target_head; };
  std::array<uint64_t, kFoundMax> heads;  // of the distances of `closest`
  const auto is_closer = [&](uint64_t head, const Contact& contact, size_t than) {
    return head != heads[than] ? head < heads[than]
                               : IsCloser(target, contact.id, closest[than]->id);
  };
  // Puts contacts in order that are farther than the first `before` and may be nearer than others.
  const auto take = [&](size_t begin, size_t end, size_t before) {
    for (size_t i = begin; i < end; ++i) {
      const Contact& contact = contacts_[i];
      const uint64_t head = distance(i);
      const bool is_full = count == closest.size();
      if (is_full && !is_closer(head, contact, count - 1)) continue;
      if (!filter(contact)) continue;
      size_t at = is_full ? count - 1 : count++;
      for (; at > before && is_closer(head, contact, at - 1); --at) {
        closest[at] = closest[at - 1];
        heads[at] = heads[at - 1];
      }
      closest[at] = &contact;
      heads[at] = head;
    }
    return count == closest.size();
  };
  // In its own bucket from the place of the target outwards: those that share the most bits with
  // it come next and lie beside each other, on one side.
  const size_t nearest = BucketOf(target);
  const size_t begin = begin_of(nearest);
  const size_t end = ends_[nearest];
  size_t left = PlaceOf(nearest, target_head);
  size_t right = left;
  while (left > begin || right < end) {
    const uint64_t next = std::min(left > begin ? distance(left - 1) : ~uint64_t{0},
                                   right < end ? distance(right) : ~uint64_t{0});
    const uint64_t as_far = next == 0 ? 0 : ~uint64_t{0} >> std::countl_zero(next);
    const size_t before = count;
    const size_t left_end = left;
    const size_t right_begin = right;
    while (left > begin && distance(left - 1) <= as_far) --left;
    while (right < end && distance(right) <= as_far) ++right;
    take(left, left_end, before);
    if (take(right_begin, right, before)) return count;
  }
  if (take(end, contacts_.size(), count)) return count;
  for (size_t index = nearest; index > 0; --index) {
    if (take(begin_of(index - 1), ends_[index - 1], count)) break;
  }
  return count;
}

uint64_t RoutingTable::ReachOf(size_t count) const {
  std::array<const Contact*, LookupVariant::kClosestMax> neighbours;
  const size_t wanted = std::min(count, neighbours.size());
  if (FindClosest(own_id_, std::span(neighbours).first(wanted)) < wanted) return 0;
  const NodeId& farthest = neighbours[wanted - 1]->id;
  return LoadBig<uint64_t>(farthest.bytes.data()) ^ LoadBig<uint64_t>(own_id_.bytes.data());
}

bool RoutingTable::HasRoom(const NodeId& id) const {
  const size_t index = BucketOf(id);
  return bucket(index).size() < variant_->BucketSize(index);
}

const Contact* RoutingTable::Find(const NodeId& id) const {
  const size_t index = BucketOf(id);
  const uint64_t head = HeadOf(id);
  for (size_t i = PlaceOf(index, head); i < ends_[index]; ++i) {
    if (contacts_[i].id == id) return &contacts_[i];
    if (HeadOf(contacts_[i].id) != head) break;
  }
  return nullptr;
}

Contact* RoutingTable::FindMutable(const NodeId& id) { return const_cast<Contact*>(Find(id)); }

std::span<const Contact> RoutingTable::bucket(size_t index) const {
  return std::span(contacts_).subspan(begin_of(index), ends_[index] - begin_of(index));
}

std::optional<size_t> RoutingTable::FindSparseBucket(size_t after) const {
  for (size_t step = 1; step <= kBuckets; ++step) {
    const size_t index = (after + step) % kBuckets;
    const size_t deeper = contacts_.size() - ends_[index];
    const size_t size_max = variant_->BucketSize(index);
    if (bucket(index).size() < size_max && deeper >= size_max) return index;
  }
  return std::nullopt;
}

void RoutingTable::Prefetch(const NodeId& id) const {
  const size_t index = BucketOf(id);
  const size_t place = GuessPlace(index, HeadOf(id));
  const size_t begin = std::max(begin_of(index) + kSurroundings, place) - kSurroundings;
  const size_t end = std::min<size_t>(ends_[index], place + kSurroundings);
  PrefetchLines(contacts_.data() + begin, (end - begin) * sizeof(Contact));
}

void RoutingTable::Prefetch() const {
  constexpr size_t kContacts = 20;  // the processor notices where this leads
  PrefetchLines(contacts_.data(), std::min(contacts_.size(), kContacts) * sizeof(Contact));
}

size_t RoutingTable::BucketOf(const NodeId& id) const {
  return std::min<size_t>(static_cast<size_t>(SharedPrefixBits(own_id_, id)), kBuckets - 1);
}

// Ids are spread evenly, but for those that somebody chose. (In the last bucket, which has both
// values of its first bit, this guesses one half for the other.)
size_t RoutingTable::GuessPlace(size_t bucket, uint64_t head) const {
  const uint64_t share = head << (bucket + 1) >> 32;  // of what the bucket covers, in 2^-32
  const size_t begin = begin_of(bucket);
  return begin + ((ends_[bucket] - begin) * share >> 32);
}

// From a guess onwards: on a table that is not in the cache the steps of a bisection cost more.
size_t RoutingTable::PlaceOf(size_t bucket, uint64_t head) const {
  const size_t begin = begin_of(bucket);
  const size_t end = ends_[bucket];
  size_t place = GuessPlace(bucket, head);
  while (place > begin && HeadOf(contacts_[place - 1].id) >= head) --place;
  while (place < end && HeadOf(contacts_[place].id) < head) ++place;
  return place;
}

// One participant has one entry. Makes sure that `newcomer`, which just answered, can be it:
// another id at the very same endpoint is out of date, another port of the same address stays as
// long as it is alive.
bool RoutingTable::ClearPlace(const Contact& newcomer) {
  if (!keeps_identities_) return true;
  for (size_t i = 0; i < contacts_.size(); ++i) {
    if (!IsSameParticipant(contacts_[i].endpoint, newcomer.endpoint)) continue;
    if (contacts_[i].endpoint != newcomer.endpoint && !IsExpendable(contacts_[i])) return false;
    RemoveAt(i);
    return true;
  }
  return true;
}

// Of a full bucket, for somebody who answered: whoever never did goes first.
bool RoutingTable::MakeRoom(size_t index, const Contact& newcomer) {
  const std::span<const Contact> full = bucket(index);
  const auto unverified = std::find_if(
      full.begin(), full.end(), [](const Contact& contact) { return !contact.is_verified(); });
  size_t victim = static_cast<size_t>(unverified - full.begin());
  if (victim == full.size()) {
    if (!variant_->replaces_contacts()) return false;
    const BucketState state{own_id_, index, full, contacts_.size() - ends_[index]};
    const std::optional<size_t> chosen = variant_->ChooseVictim(state, newcomer);
    if (!chosen.has_value()) return false;
    CHECK(*chosen < full.size());
    victim = *chosen;
  }
  RemoveAt(begin_of(index) + victim);
  return true;
}

void RoutingTable::Insert(size_t bucket, const Contact& contact) {
  if (contacts_.size() == contacts_.capacity()) contacts_.reserve(contacts_.size() + kGrowth);
  const size_t place = PlaceOf(bucket, HeadOf(contact.id));
  contacts_.insert(contacts_.begin() + static_cast<std::ptrdiff_t>(place), contact);
  for (size_t i = bucket; i < kBuckets; ++i) ++ends_[i];
}

void RoutingTable::RemoveAt(size_t index) {
  CHECK(index < contacts_.size());
  for (size_t i = BucketOf(contacts_[index].id); i < kBuckets; ++i) --ends_[i];
  contacts_.erase(contacts_.begin() + static_cast<std::ptrdiff_t>(index));
}

// Fills the place that became free in `bucket` with a good contact of the ring, if it has one.
void RoutingTable::Replace(uint32_t now_s, size_t bucket) {
  for (size_t i = 0; i < replacements_.size(); ++i) {
    const Contact candidate = replacements_[i];
    if (BucketOf(candidate.id) != bucket || !candidate.IsGood(now_s)) continue;
    replacements_.erase(replacements_.begin() + static_cast<std::ptrdiff_t>(i));
    oldest_replacement_ = 0;
    if (Find(candidate.id) == nullptr && ClearPlace(candidate)) {
      Insert(bucket, candidate);
      return;
    }
    --i;
  }
}

// Dropped contacts never push out such as are alive.
void RoutingTable::Keep(const Contact& replacement) {
  for (Contact& other : replacements_) {
    if (other.endpoint != replacement.endpoint) continue;
    other = replacement;
    return;
  }
  if (replacements_.size() < kReplacementsMax) {
    if (replacements_.empty()) replacements_.reserve(kReplacementsMax);
    replacements_.push_back(replacement);
    return;
  }
  if (replacement.failures == 0) {
    for (Contact& other : replacements_) {
      if (other.failures == 0) continue;
      other = replacement;
      return;
    }
  } else if (replacements_[oldest_replacement_].failures == 0) {
    return;
  }
  replacements_[oldest_replacement_] = replacement;
  oldest_replacement_ = (oldest_replacement_ + 1) % kReplacementsMax;
}

}  // namespace starling::dht
