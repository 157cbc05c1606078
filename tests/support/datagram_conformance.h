// What every DatagramPort must do: one body of tests for the simulated network (tests/sim) and for
// real sockets (tests/real). See stream_conformance.h for how an arm is brought in.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/seams.h"

namespace starling::testing_support {

// Two ports of one world that reach each other and lose nothing.
class DatagramArm {
 public:
  // `bytes` are valid during the call only.
  using Receiver = std::function<void(Time now, const Endpoint& from, ByteView bytes)>;

  virtual ~DatagramArm() = default;
  virtual Time now() const = 0;
  virtual void Step(Duration at_most) = 0;    // as StreamArm::Step
  virtual DatagramPort& port(int which) = 0;  // 0 or 1
  virtual Endpoint endpoint(int which) const = 0;
  virtual Endpoint nobody() const = 0;  // where nothing receives
  virtual void SetReceiver(int which, Receiver receiver) = 0;
};

class DatagramConformance : public testing::TestWithParam<std::unique_ptr<DatagramArm> (*)()> {
 protected:
  struct Received {
    Endpoint from;
    std::string bytes;
  };

  DatagramConformance() : arm(GetParam()()) {
    for (int which : {0, 1}) {
      arm->SetReceiver(which, [this, which](Time now, const Endpoint& from, ByteView bytes) {
        EXPECT_FALSE(sending) << "delivered before Send returned";
        inbox[which].push_back({from, std::string(AsText(bytes).data(), bytes.size())});
        if (at_datagram[which]) at_datagram[which](now, from);
      });
    }
  }

  void Send(int from, const Endpoint& to, absl::string_view text) {
    sending = true;
    int writes = 0;
    arm->port(from).Send(arm->now(), to, [&](ByteSpan space) {
      ++writes;
      EXPECT_EQ(space.size(), kDatagramSizeMax);
      std::memcpy(space.data(), text.data(), text.size());
      return text.size();
    });
    EXPECT_EQ(writes, 1) << "the writer is called once, during the call";
    sending = false;
  }
  bool Until(const std::function<bool()>& done, Duration limit = seconds(10)) {
    const Time end = arm->now() + limit;
    while (!done()) {
      if (arm->now() >= end) return false;
      arm->Step(milliseconds(10));
    }
    return true;
  }
  void RunFor(Duration length) {
    Until([] { return false; }, length);
  }

  std::unique_ptr<DatagramArm> arm;
  std::vector<Received> inbox[2];
  std::function<void(Time, const Endpoint&)> at_datagram[2];
  bool sending = false;
};

TEST_P(DatagramConformance, CarriesADatagramWholeAndSaysWhoSentIt) {
  Send(0, arm->endpoint(1), "hello");
  ASSERT_TRUE(Until([this] { return inbox[1].size() == 1; }));
  EXPECT_EQ(inbox[1][0].bytes, "hello");
  EXPECT_EQ(inbox[1][0].from, arm->endpoint(0));
  EXPECT_TRUE(inbox[0].empty());
}

TEST_P(DatagramConformance, CarriesEverySizeUpToTheLargest) {
  std::vector<std::string> sent;
  for (const size_t size : {size_t{1}, size_t{100}, size_t{512}, size_t{1471}, kDatagramSizeMax}) {
    std::string text(size, '\0');
    SeededRandom random(size);
    random.Fill({reinterpret_cast<std::byte*>(text.data()), text.size()});
    Send(0, arm->endpoint(1), text);
    sent.push_back(text);
    ASSERT_TRUE(Until([&] { return inbox[1].size() == sent.size(); }));
    EXPECT_TRUE(inbox[1].back().bytes == sent.back());
  }
}

TEST_P(DatagramConformance, SendsNothingWhenTheWriterReportsNoBytes) {
  Send(0, arm->endpoint(1), "");
  Send(0, arm->endpoint(1), "after");
  ASSERT_TRUE(Until([this] { return !inbox[1].empty(); }));
  RunFor(milliseconds(100));
  ASSERT_EQ(inbox[1].size(), 1u);
  EXPECT_EQ(inbox[1][0].bytes, "after");
}

TEST_P(DatagramConformance, AnswersFromInsideTheReceiver) {
  at_datagram[1] = [this](Time, const Endpoint& from) { Send(1, from, "answer"); };
  Send(0, arm->endpoint(1), "question");
  ASSERT_TRUE(Until([this] { return !inbox[0].empty(); }));
  EXPECT_EQ(inbox[0][0].bytes, "answer");
  EXPECT_EQ(inbox[0][0].from, arm->endpoint(1));
}

TEST_P(DatagramConformance, SendsSeveralDuringOneDatagram) {
  at_datagram[1] = [this](Time, const Endpoint& from) {
    for (int i = 0; i < 20; ++i) Send(1, from, std::string(100, static_cast<char>('a' + i)));
  };
  Send(0, arm->endpoint(1), "go");
  ASSERT_TRUE(Until([this] { return inbox[0].size() == 20; }));
  for (const Received& each : inbox[0]) {
    EXPECT_EQ(each.bytes, std::string(100, each.bytes[0]));
  }
}

TEST_P(DatagramConformance, DeliversToItself) {
  Send(0, arm->endpoint(0), "echo");
  ASSERT_TRUE(Until([this] { return !inbox[0].empty(); }));
  EXPECT_EQ(inbox[0][0].bytes, "echo");
}

TEST_P(DatagramConformance, GoesOnAfterSendingToNobody) {
  Send(0, arm->nobody(), "lost");
  RunFor(milliseconds(50));
  Send(0, arm->endpoint(1), "found");
  ASSERT_TRUE(Until([this] { return !inbox[1].empty(); }));
  EXPECT_EQ(inbox[1][0].bytes, "found");
}

TEST_P(DatagramConformance, IgnoresDestinationsThatCannotBeReached) {
  Send(0, Endpoint{}, "unspecified");
  Send(0, Endpoint::V4(0xffffffff, 6881), "broadcast");
  Endpoint no_port = arm->endpoint(1);
  no_port.port = 0;
  Send(0, no_port, "no port");
  Send(0, arm->endpoint(1), "fine");
  ASSERT_TRUE(Until([this] { return !inbox[1].empty(); }));
  EXPECT_EQ(inbox[1][0].bytes, "fine");
}

}  // namespace starling::testing_support
