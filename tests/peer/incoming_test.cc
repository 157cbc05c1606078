#include "peer/incoming.h"

#include <gtest/gtest.h>

#include "tests/peer/memory_streams.h"

namespace starling::peer {
namespace {

class Door final : public IncomingHandler {
 public:
  Door() {
    auto pipe = std::make_shared<Pipe>(happenings, WireOptions{});
    pipe->side(0).remote = Endpoint::V4(1, 1);
    pipe->side(1).remote = Endpoint::V4(2, 2);
    outside = std::make_unique<MemoryStream>(pipe, 0);
    incoming = std::make_unique<Incoming>(happenings.now(), std::make_unique<MemoryStream>(pipe, 1),
                                          deadlines, *this);
  }
  void OnHandshake(Time, Incoming& caller) override {
    handshake = caller.handshake();
    rest = std::string(caller.TakeRest().text());
    stream = caller.TakeStream();
    incoming.reset();
  }
  void OnDropped(Time, Incoming&) override {
    dropped = true;
    incoming.reset();
  }
  void Send(absl::string_view bytes) {
    outside->Send(happenings.now(), Buffer::CopyFrom(AsBytes(bytes)));
  }
  void Run(Duration length) {
    const Time end = happenings.now() + length;
    while (std::min(happenings.next(), deadlines.earliest()) <= end) {
      if (happenings.next() <= deadlines.earliest()) {
        happenings.RunOne();
      } else {
        happenings.AdvanceTo(deadlines.earliest());
        deadlines.RunDue(happenings.now());
      }
    }
    happenings.AdvanceTo(end);
  }

  Happenings happenings;
  Deadlines deadlines;
  std::unique_ptr<Stream> outside;
  std::unique_ptr<Stream> stream;
  std::unique_ptr<Incoming> incoming;
  std::optional<Handshake> handshake;
  std::string rest;
  bool dropped = false;
};

std::string Greeting() {
  Handshake handshake;
  handshake.info_hash.bytes[0] = std::byte{7};
  handshake.supports_fast = true;
  return std::string(EncodeHandshake(handshake).text());
}

TEST(Incoming, HandsOverTheStreamWithItsHandshake) {
  Door door;
  door.Send(Greeting() + "more");
  door.Run(seconds(1));
  ASSERT_TRUE(door.handshake.has_value());
  EXPECT_EQ(door.handshake->info_hash.bytes[0], std::byte{7});
  EXPECT_TRUE(door.handshake->supports_fast);
  EXPECT_EQ(door.rest, "more");
  EXPECT_NE(door.stream, nullptr);
  EXPECT_FALSE(door.dropped);
}

TEST(Incoming, TakesTheHandshakeInAnyParts) {
  Door door;
  for (const char byte : Greeting()) door.Send(absl::string_view(&byte, 1));
  door.Run(seconds(1));
  EXPECT_TRUE(door.handshake.has_value());
  EXPECT_EQ(door.rest, "");
}

TEST(Incoming, DropsWhateverIsNoHandshake) {
  Door door;
  door.Send("GET / HTTP/1.1\r\n");
  door.Run(seconds(1));
  EXPECT_TRUE(door.dropped);
}

TEST(Incoming, DropsTheSilentInTime) {
  Door door;
  door.Send(Greeting().substr(0, 67));
  door.Run(seconds(14));
  EXPECT_FALSE(door.dropped);
  door.Run(seconds(2));
  EXPECT_TRUE(door.dropped);
}

TEST(Incoming, DropsWhoLeaves) {
  Door door;
  door.outside.reset();
  door.Run(seconds(1));
  EXPECT_TRUE(door.dropped);
}

}  // namespace
}  // namespace starling::peer
