// What streams on TCP promise beyond the seam: how they use memory, and how connections break.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "node/asio_listener.h"
#include "tests/real/real_parts.h"

namespace starling::testing_support {
namespace {

// Keeps what it receives, as slices.
class Keeper final : public StreamHandler {
 public:
  void OnOpen(Time) override { is_open = true; }
  void OnData(Time, Slice bytes) override {
    size += bytes.size();
    kept.push_back(std::move(bytes));
  }
  void OnSent(Time) override {}
  void OnClosed(Time, absl::Status status) override { why = std::move(status); }
  std::string text() const {
    std::string all;
    for (const Slice& slice : kept) all.append(slice.text().data(), slice.size());
    return all;
  }

  std::unique_ptr<Stream> stream;
  std::vector<Slice> kept;
  size_t size = 0;
  bool is_open = false;
  std::optional<absl::Status> why;
};

class StreamTest : public testing::Test {
 protected:
  StreamTest() {
    Socket socket = ListenTcp(Loopback()).value();
    listening_ = LocalEndpoint(socket.descriptor());
    listener_ = std::make_unique<AsioListener>(parts.loop, parts.buffers, std::move(socket),
                                               [this](Time, std::unique_ptr<Stream> stream) {
                                                 near.stream = std::move(stream);
                                                 near.stream->SetHandler(near);
                                               });
    far = ConnectTcp(listening_, std::nullopt).value();
    EXPECT_TRUE(parts.Until([this] { return near.stream != nullptr; }));
  }

  // From the other side, with plain system calls.
  void Say(const std::string& text) {
    const ssize_t sent = ::send(far.descriptor(), text.data(), text.size(), MSG_NOSIGNAL);
    ASSERT_EQ(sent, static_cast<ssize_t>(text.size()));
  }
  void SayAndWait(const std::string& text) {
    const size_t before = near.size;
    Say(text);
    ASSERT_TRUE(parts.Until([&] { return near.size == before + text.size(); }));
  }
  // Closes the other side so that the network says "reset".
  void ResetFar() {
    const linger now{1, 0};
    ::setsockopt(far.descriptor(), SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    far = Socket();
  }

  RealParts parts;
  Keeper near;
  Socket far;

 private:
  Endpoint listening_;
  std::unique_ptr<AsioListener> listener_;
};

TEST_F(StreamTest, NeverTouchesBytesThatAreStillHeld) {
  const uint64_t copied_before = Buffer::bytes_copied();
  std::string sent;
  SeededRandom random(1);
  for (int i = 0; i < 2000; ++i) {
    std::string part(1 + random.Below(20'000), '\0');
    random.Fill({reinterpret_cast<std::byte*>(part.data()), part.size()});
    sent += part;
    SayAndWait(part);
    // Some are given back on the way, as blocks are when their piece is on the disk.
    if (near.kept.size() > 50) {
      EXPECT_TRUE(sent.ends_with(near.text()));
      near.kept.erase(near.kept.begin(), near.kept.begin() + 30);
    }
  }
  EXPECT_TRUE(sent.ends_with(near.text()));
  EXPECT_EQ(Buffer::bytes_copied(), copied_before);
}

TEST_F(StreamTest, FillsTheTailOfABufferOfWhichPartIsHeld) {
  SayAndWait("one");
  SayAndWait("two");
  ASSERT_EQ(near.kept.size(), 2u);
  EXPECT_TRUE(near.kept[0].Adjoins(near.kept[1]));
}

TEST_F(StreamTest, GivesABufferBackOfWhichNothingIsHeld) {
  SayAndWait("one");
  const std::byte* const where = near.kept[0].data();
  near.kept.clear();
  SayAndWait("two");
  near.kept.clear();
  SayAndWait("three");
  EXPECT_EQ(near.kept[0].data(), where);
}

TEST_F(StreamTest, BorrowsLargeBuffersOnlyWhileItIsFast) {
  SayAndWait("slow");
  EXPECT_EQ(near.kept.back().capacity(), ReceiveBuffers::kSmallSize);
  for (int i = 0; i < 4; ++i) SayAndWait(std::string(100'000, 'f'));
  EXPECT_EQ(near.kept.back().capacity(), ReceiveBuffers::kLargeSize);
  SayAndWait("slow");
  SayAndWait("slow");
  EXPECT_EQ(near.kept.back().capacity(), ReceiveBuffers::kSmallSize);
}

TEST_F(StreamTest, ReadsWhatCameBeforeAnAbruptEnd) {
  Say("last words");
  near.stream->Send(parts.loop.now(), Buffer::CopyFrom(AsBytes(std::string(1 << 20, 'x'))));
  ResetFar();
  ASSERT_TRUE(parts.Until([this] { return near.why.has_value(); }));
  EXPECT_FALSE(near.why->ok());
  EXPECT_EQ(near.why->code(), absl::StatusCode::kUnavailable) << *near.why;
}

TEST_F(StreamTest, ReadsToTheEndAlthoughItsWritesFail) {
  Say("first half, ");
  Say("second half");
  ::shutdown(far.descriptor(), SHUT_RDWR);
  const Slice block = Buffer::CopyFrom(AsBytes(std::string(1 << 20, 'x')));
  for (int i = 0; i < 64; ++i) near.stream->Send(parts.loop.now(), block);
  ASSERT_TRUE(parts.Until([this] { return near.why.has_value(); }));
  EXPECT_EQ(near.text(), "first half, second half");
}

TEST_F(StreamTest, EndsOfItselfWhenItCanOnlyWriteAndThatFails) {
  near.stream->SetReading(parts.loop.now(), false);
  const Slice block = Buffer::CopyFrom(AsBytes(std::string(1 << 20, 'x')));
  for (int i = 0; i < 64; ++i) near.stream->Send(parts.loop.now(), block);
  parts.RunFor(milliseconds(20));
  ResetFar();
  ASSERT_TRUE(parts.Until([this] { return near.why.has_value(); }));
  EXPECT_FALSE(near.why->ok());
  EXPECT_EQ(near.stream->unsent(), 0u);
}

TEST_F(StreamTest, SendsWhatItCanWhenItIsDestroyed) {
  near.stream->Send(parts.loop.now(), Buffer::CopyFrom(AsBytes("goodbye")));
  near.stream = nullptr;
  char text[16] = {};
  ASSERT_TRUE(
      parts.Until([&] { return ::recv(far.descriptor(), text, sizeof(text), MSG_DONTWAIT) == 7; }));
  EXPECT_STREQ(text, "goodbye");
}

}  // namespace
}  // namespace starling::testing_support
