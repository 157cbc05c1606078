#include "dht/snapshot.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace starling::dht {
namespace {

std::vector<Contact> SomeContacts(size_t count) {
  SeededRandom random(1);
  std::vector<Contact> contacts;
  for (size_t i = 0; i < count; ++i) {
    Contact contact;
    contact.id = random.NextId<NodeId>();
    contact.endpoint = Endpoint::V4(0x08080808 + static_cast<uint32_t>(i), 6881);
    if (i % 3 == 2) contact.endpoint = *Endpoint::Parse("[2001:db8::7]:6881");
    contact.failures = 0;
    contacts.push_back(contact);
  }
  return contacts;
}

TEST(Snapshot, ReadsWhatItWrote) {
  const std::vector<Contact> contacts = SomeContacts(30);
  const NodeId id = contacts[3].id;
  const std::string text = WriteSnapshot(id, contacts);
  const std::optional<Snapshot> snapshot = ReadSnapshot(text);
  ASSERT_TRUE(snapshot.has_value());
  EXPECT_EQ(snapshot->id, id);
  ASSERT_EQ(snapshot->nodes.size(), 30u);
  EXPECT_EQ(snapshot->nodes[0].id, contacts[0].id);
  EXPECT_EQ(snapshot->nodes[0].endpoint, contacts[0].endpoint);
  EXPECT_EQ(snapshot->nodes[29].endpoint, contacts[2].endpoint) << "IPv6 comes last";
}

TEST(Snapshot, DamagedTextIsRefusedOrHarmless) {
  const std::string text = WriteSnapshot(NodeId{}, SomeContacts(5));
  for (size_t size = 0; size < text.size(); ++size) {
    EXPECT_FALSE(ReadSnapshot(absl::string_view(text).substr(0, size)).has_value());
  }
  for (size_t i = 0; i < text.size(); ++i) {
    for (const int flip : {1, 0x80, 0xff}) {
      std::string damaged = text;
      damaged[i] = static_cast<char>(damaged[i] ^ flip);
      const std::optional<Snapshot> snapshot = ReadSnapshot(damaged);
      if (!snapshot.has_value()) continue;
      EXPECT_LE(snapshot->nodes.size(), 5u);
      for (const krpc::Node& node : snapshot->nodes) EXPECT_TRUE(node.endpoint.is_usable());
    }
  }
}

TEST(Snapshot, IsBounded) {
  EXPECT_FALSE(ReadSnapshot(std::string(kSnapshotSizeMax + 1, 'd')).has_value());
  const std::string text = WriteSnapshot(NodeId{}, SomeContacts(2000));
  const std::optional<Snapshot> snapshot = ReadSnapshot(text);
  ASSERT_TRUE(snapshot.has_value());
  EXPECT_EQ(snapshot->nodes.size(), kSnapshotNodesMax);
}

TEST(Snapshot, WithoutAnIdIsNone) {
  EXPECT_FALSE(ReadSnapshot("de").has_value());
  EXPECT_FALSE(ReadSnapshot("d2:id3:abce").has_value());
  EXPECT_FALSE(ReadSnapshot("le").has_value());
  EXPECT_TRUE(ReadSnapshot("d2:id20:abcdefghij0123456789e").has_value());
}

}  // namespace
}  // namespace starling::dht
