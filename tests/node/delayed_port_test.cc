#include "node/delayed_port.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <string>
#include <vector>

namespace starling {
namespace {

constexpr Time kStart = Time(seconds(100));

class RecordingPort final : public DatagramPort {
 public:
  void Send(Time now, const Endpoint& to, Writer write) override {
    std::array<std::byte, kDatagramSizeMax> space;
    const size_t size = write(space);
    sent.push_back({now, to, std::string(reinterpret_cast<const char*>(space.data()), size)});
  }
  struct Sent {
    Time when;
    Endpoint to;
    std::string text;
  };
  std::vector<Sent> sent;
};

// As many milliseconds as the target's port says.
class PortDelay final : public DelayModel {
 public:
  Duration OneWay(const Endpoint& from, const Endpoint& to) override {
    EXPECT_EQ(from.port, 1);
    return milliseconds(to.port);
  }
};

class DelayedPortTest : public testing::Test {
 protected:
  void Send(Time now, uint16_t port, const std::string& text) {
    delayed_.Send(now, Endpoint::V4(0x7f000001, port), [&](ByteSpan space) {
      std::memcpy(space.data(), text.data(), text.size());
      return text.size();
    });
  }
  std::vector<std::string> Texts() const {
    std::vector<std::string> texts;
    for (const RecordingPort::Sent& sent : port_.sent) texts.push_back(sent.text);
    return texts;
  }

  Deadlines deadlines_;
  RecordingPort port_;
  PortDelay model_;
  DelayQueue queue_{deadlines_};
  DelayedPort delayed_{Endpoint::V4(0x7f000001, 1), port_, model_, queue_};
};

TEST_F(DelayedPortTest, ADatagramLeavesWhenItsTimeHasComeAndNotWhenItIsSent) {
  Send(kStart, 20, "hello");
  EXPECT_TRUE(port_.sent.empty());
  EXPECT_EQ(deadlines_.earliest(), kStart + milliseconds(20) - DelayQueue::kEarlyMax);
  deadlines_.RunDue(kStart + milliseconds(19));
  EXPECT_TRUE(port_.sent.empty());
  deadlines_.RunDue(kStart + milliseconds(20));
  ASSERT_EQ(Texts(), std::vector<std::string>{"hello"});
  EXPECT_EQ(port_.sent[0].to.port, 20);
  EXPECT_EQ(queue_.lateness(), Duration(0));
  EXPECT_EQ(deadlines_.earliest(), kNever);
}

TEST_F(DelayedPortTest, TheyOvertakeEachOtherAsTheirWaysAreAndKeepTheirOrderOtherwise) {
  Send(kStart, 30, "far");
  Send(kStart, 10, "near");
  Send(kStart + milliseconds(20), 10, "later, as late as far");
  deadlines_.RunDue(kStart + milliseconds(10));
  EXPECT_EQ(Texts(), std::vector<std::string>{"near"});
  deadlines_.RunDue(kStart + milliseconds(100));
  EXPECT_EQ(Texts(), (std::vector<std::string>{"near", "far", "later, as late as far"}));
}

TEST_F(DelayedPortTest, SaysHowLateTheyLeft) {
  Send(kStart, 10, "a");
  Send(kStart, 20, "b");
  deadlines_.RunDue(kStart + milliseconds(10));
  deadlines_.RunDue(kStart + milliseconds(26));
  EXPECT_EQ(queue_.lateness(), milliseconds(3));
}

TEST_F(DelayedPortTest, WhatIsNotWrittenIsNotSent) {
  Send(kStart, 10, "");
  EXPECT_EQ(queue_.waiting(), 0u);
}

TEST_F(DelayedPortTest, NoMoreWaitThanMay) {
  for (size_t i = 0; i < DelayQueue::kWaitingMax + 3; ++i) Send(kStart, 50, "x");
  EXPECT_EQ(queue_.waiting(), DelayQueue::kWaitingMax);
  EXPECT_EQ(queue_.dropped(), 3u);
}

}  // namespace
}  // namespace starling
