// What a node takes of the heap, and that serving and asking allocate nothing. Counts every
// allocation of this test program.

#include <gtest/gtest.h>
#include <malloc.h>

#include <cstdlib>
#include <new>

#include "dht/tuned_variant.h"
#include "tests/dht/small_net.h"

namespace {
int64_t g_bytes = 0;
int64_t g_allocations = 0;
}  // namespace

void* operator new(size_t size) {
  void* memory = std::malloc(size);
  if (memory == nullptr) std::abort();
  g_bytes += static_cast<int64_t>(malloc_usable_size(memory)) + 8;
  ++g_allocations;
  return memory;
}
// std::stable_sort asks this way and gives back the other: both must be ours, or a sanitizer's
// memory ends up with us.
void* operator new(size_t size, const std::nothrow_t&) noexcept { return operator new(size); }
void operator delete(void* memory) noexcept {
  if (memory == nullptr) return;
  g_bytes -= static_cast<int64_t>(malloc_usable_size(memory)) + 8;
  std::free(memory);
}
void operator delete(void* memory, size_t) noexcept { operator delete(memory); }

namespace starling::dht {
namespace {

// Keeps the last datagram that was sent, without allocating.
class LastPort : public DatagramPort {
 public:
  void Send(Time, const Endpoint& to, Writer write) override {
    last_size_ = write(space_);
    last_to_ = to;
  }
  ByteView last() const { return ByteView(space_).first(last_size_); }
  const Endpoint& last_to() const { return last_to_; }

 private:
  std::array<std::byte, kDatagramSizeMax> space_;
  size_t last_size_ = 0;
  Endpoint last_to_;
};

// The contacts that a node of a network of a million has: as many in each bucket as find room
// there, or as there are.
std::vector<Contact> TableOfAMillion(const NodeId& own_id, uint32_t now_s,
                                     const LookupVariant& variant = *MakePlainVariant()) {
  SeededRandom random(2);
  std::vector<Contact> contacts;
  size_t bucket = 0;
  size_t in_bucket = 0;
  for (size_t i = 0; bucket < 20; ++i) {
    const size_t exist = (size_t{1} << 20) >> (bucket + 1);
    if (in_bucket == std::min(exist, variant.BucketSize(bucket))) {
      in_bucket = 0;
      ++bucket;
      continue;
    }
    ++in_bucket;
    Contact contact;
    contact.id = random.NextId<NodeId>();
    for (size_t bit = 0; bit <= bucket; ++bit) {
      const std::byte mask{static_cast<uint8_t>(0x80 >> (bit % 8))};
      std::byte& byte = contact.id.bytes[bit / 8];
      byte = own_id.bit(bit) != (bit == bucket) ? byte | mask : byte & ~mask;
    }
    contact.endpoint = Endpoint::V4(0x30000000 + static_cast<uint32_t>(i) * 70'000, 6881);
    contact.failures = 0;
    contact.last_seen_s = now_s - static_cast<uint32_t>(i);
    contacts.push_back(contact);
  }
  return contacts;
}

class MemoryTest : public testing::Test {
 protected:
  template <class Body>
  void Tell(const Endpoint& from, ByteView transaction, const Body& body) {
    std::array<std::byte, kDatagramSizeMax> space;
    krpc::Envelope envelope;
    envelope.transaction_id = transaction;
    envelope.version = "LT12";
    const size_t size = krpc::Write(space, envelope, body);
    node_->OnDatagram(now_, from, ByteView(space).first(size));
  }
  // Answers the query that the node sent last.
  void AnswerLast(const NodeId& id) {
    const krpc::Message query = *krpc::Parse(port_.last());
    std::array<std::byte, 8> transaction;
    std::copy(query.transaction_id.begin(), query.transaction_id.end(), transaction.begin());
    krpc::Answer answer;
    answer.id = id;
    Tell(port_.last_to(), ByteView(transaction).first(query.transaction_id.size()), answer);
  }

  int64_t BusyNode(const LookupVariantPointer& variant, size_t contacts_min);

  Time now_{seconds(5000)};
  LastPort port_;
  SeededRandom random_{1};
  std::unique_ptr<Node> node_;
};

// What it takes of the heap that once had the full table of a network of a million, at least so
// many contacts.
int64_t MemoryTest::BusyNode(const LookupVariantPointer& variant, size_t contacts_min) {
  Options options;
  options.id = HashNode(1);
  options.variant = variant;
  const std::vector<Contact> contacts = TableOfAMillion(options.id, ToStamp(now_), *variant);
  const int64_t before = g_bytes;
  node_ = std::make_unique<Node>(options, port_, random_);
  node_->Adopt(now_, contacts);
  EXPECT_EQ(node_->stats().table_nodes, contacts.size());
  EXPECT_GE(contacts.size(), contacts_min);
  // It is asked by many, refreshes, looks something up.
  for (uint32_t i = 0; i < 3000; ++i) {
    now_ += milliseconds(700);
    Tell(Endpoint::V4(0x50000000 + i * 777, 1), AsBytes("aa"), krpc::GetPeers{HashNode(i), {}, {}});
    if (node_->next_deadline() <= now_) node_->OnDeadline(now_);
  }
  Collector found;
  for (int i = 0; i < 3; ++i) node_->GetPeers(now_, HashOf(1), found);
  for (int i = 0; i < 100; ++i) {
    now_ += milliseconds(500);
    node_->OnDeadline(now_);
  }
  EXPECT_EQ(found.done_count(), 3);
  return g_bytes - before;
}

TEST_F(MemoryTest, AnIdleNodeOfALargeNetworkTakesLessThanTenKilobytes) {
  const int64_t bytes = BusyNode(MakePlainVariant(), 140);
  EXPECT_LE(bytes, 10'000);
  RecordProperty("bytes", static_cast<int>(bytes));
}

TEST_F(MemoryTest, AnIdleNodeOfTheDefaultVariantTakesLessThanEighteenKilobytes) {
  const int64_t bytes = BusyNode(MakeTunedVariant(DefaultTuning()), 300);
  EXPECT_LE(bytes, 18'000);
  RecordProperty("bytes", static_cast<int>(bytes));
}

TEST_F(MemoryTest, AFreshNodeTakesOneKilobyteAndAHalf) {
  const LookupVariantPointer shared = MakePlainVariant();
  const int64_t before = g_bytes;
  node_ = std::make_unique<Node>(Options{}, port_, random_);
  EXPECT_LE(g_bytes - before, 1500);
}

TEST_F(MemoryTest, ServingQueriesAllocatesNothing) {
  Options options;
  options.id = HashNode(1);
  node_ = std::make_unique<Node>(options, port_, random_);
  const std::vector<Contact> contacts = TableOfAMillion(options.id, ToStamp(now_));
  node_->Adopt(now_, contacts);
  int64_t before = 0;
  for (int round = 0; round < 300; ++round) {
    if (round == 100) before = g_allocations;
    now_ += milliseconds(50);
    const Contact& asker = contacts[static_cast<size_t>(round) % 5];
    Tell(asker.endpoint, AsBytes("aa"), krpc::Ping{asker.id});
    Tell(asker.endpoint, AsBytes("bb"), krpc::FindNode{asker.id, HashNode(7), {}});
    Tell(asker.endpoint, AsBytes("cc"), krpc::GetPeers{asker.id, HashOf(7), {}});
    Tell(asker.endpoint, AsBytes("dd"),
         krpc::AnnouncePeer{asker.id, HashOf(7), 1, false, AsBytes("bad token")});
  }
  EXPECT_EQ(g_allocations - before, 0);
}

TEST_F(MemoryTest, PingsAndTheirAnswersAllocateNothing) {
  Options options;
  options.id = HashNode(1);
  node_ = std::make_unique<Node>(options, port_, random_);
  int64_t before = 0;
  for (uint32_t round = 0; round < 100; ++round) {
    if (round == 10) before = g_allocations;
    now_ += minutes(14);
    node_->Hear(now_, Endpoint::V4(0x09090909, static_cast<uint16_t>(1 + round)));
    AnswerLast(HashNode(3));
  }
  EXPECT_EQ(g_allocations - before, 0);
}

}  // namespace
}  // namespace starling::dht
