// What every Stream and Dialer must do, whoever implements them: one body of tests that runs on the
// simulated network (tests/sim) and on real sockets (tests/real). An implementation is brought in
// as a StreamArm; the tests are instantiated with a function that makes one:
//
//   INSTANTIATE_TEST_SUITE_P(Simulated, StreamConformance, testing::Values(&MakeSimulatedArm));
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "base/seams.h"

namespace starling::testing_support {

// Two ends of one world: a side that dials and a side that listens.
class StreamArm {
 public:
  using Acceptor = std::function<void(Time now, std::unique_ptr<Stream> stream)>;

  virtual ~StreamArm() = default;
  virtual Time now() const = 0;
  // Handles events for at most `at_most`; may return earlier, for example after one event.
  virtual void Step(Duration at_most) = 0;
  virtual Dialer& dialer() = 0;
  virtual Endpoint listening() const = 0;  // here `acceptor` gets each incoming stream
  virtual Endpoint refusing() const = 0;   // a host that is up, a port where nobody listens
  virtual void SetAcceptor(Acceptor acceptor) = 0;
};

// Owns one stream, writes down what happens to it, and does in each callback what a test asks.
class RecordingEnd final : public StreamHandler {
 public:
  void Take(std::unique_ptr<Stream> stream_now) {
    stream = std::move(stream_now);
    stream->SetHandler(*this);
  }
  void OnOpen(Time now) override {
    Note(now);
    ++opened;
    if (at_open) at_open(now);
  }
  void OnData(Time now, Slice bytes) override {
    Note(now);
    EXPECT_TRUE(reading) << "data although reading is off";
    EXPECT_FALSE(bytes.empty());
    received.append(bytes.text().data(), bytes.size());
    if (at_data) at_data(now);
  }
  void OnSent(Time now) override {
    Note(now);
    ++sent;
    if (stream != nullptr) {
      EXPECT_LT(stream->unsent(), Stream::kUnsentLow);
    }
    if (at_sent) at_sent(now);
  }
  void OnClosed(Time now, absl::Status why) override {
    Note(now);
    ++closed;
    closed_why = std::move(why);
    if (at_closed) at_closed(now);
  }
  void SetReading(Time now, bool on) {
    reading = on;
    stream->SetReading(now, on);
  }
  void Destroy() {
    stream.reset();
    destroyed = true;
  }
  bool done() const { return closed > 0; }

  std::unique_ptr<Stream> stream;
  std::function<void(Time)> at_open, at_data, at_sent, at_closed;
  std::string received;
  absl::Status closed_why;
  int opened = 0;
  int sent = 0;
  int closed = 0;
  int calls = 0;
  bool reading = true;
  bool destroyed = false;
  bool forbidden = false;  // while true, any call is a breach of the law of seams

 private:
  void Note(Time now) {
    ++calls;
    EXPECT_FALSE(forbidden) << "answered before the call returned";
    EXPECT_FALSE(destroyed) << "called after the stream was destroyed";
    EXPECT_EQ(closed, 0) << "called after OnClosed";
    EXPECT_GE(now, last_);
    last_ = now;
  }
  Time last_{};
};

class StreamConformance : public testing::TestWithParam<std::unique_ptr<StreamArm> (*)()> {
 protected:
  StreamConformance() : arm(GetParam()()) {
    arm->SetAcceptor([this](Time, std::unique_ptr<Stream> stream) { far.Take(std::move(stream)); });
  }

  // Runs until `done` says so; false if that takes longer than `limit`.
  bool Until(const std::function<bool()>& done, Duration limit = seconds(20)) {
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
  void Dial(RecordingEnd& end, const Endpoint& to) {
    end.forbidden = true;
    end.Take(arm->dialer().Dial(arm->now(), to));
    end.forbidden = false;
  }
  void Connect() {
    Dial(near, arm->listening());
    ASSERT_TRUE(Until([this] { return near.opened > 0 && far.stream != nullptr; }));
  }
  void Send(RecordingEnd& from, absl::string_view text) {
    near.forbidden = far.forbidden = true;
    from.stream->Send(arm->now(), Buffer::CopyFrom(AsBytes(text)));
    near.forbidden = far.forbidden = false;
  }
  static std::string Noise(size_t size, uint64_t seed) {
    std::string text(size, '\0');
    SeededRandom random(seed);
    random.Fill({reinterpret_cast<std::byte*>(text.data()), text.size()});
    return text;
  }

  // The arm outlives the ends, as the network outlives the streams.
  std::unique_ptr<StreamArm> arm;
  RecordingEnd near;  // dialled
  RecordingEnd far;   // accepted
};

TEST_P(StreamConformance, OpensTheDialledEndOnceAndNeverTheAcceptedOne) {
  Connect();
  RunFor(milliseconds(200));
  EXPECT_EQ(near.opened, 1);
  EXPECT_EQ(far.opened, 0);
  EXPECT_EQ(near.closed + far.closed, 0);
  EXPECT_EQ(near.stream->remote(), arm->listening());
  EXPECT_TRUE(far.stream->remote().is_usable());
}

TEST_P(StreamConformance, CarriesBytesOfManySizesInOrderBothWays) {
  Connect();
  std::string from_near;
  std::string from_far;
  const std::vector<size_t> sizes = {1,     13,    68,    1447,  1448,  1449,
                                     16384, 16397, 65535, 65536, 300000};
  for (const size_t size : sizes) {
    from_near += Noise(size, size);
    Send(near, Noise(size, size));
    from_far += Noise(size, size + 1);
    Send(far, Noise(size, size + 1));
  }
  EXPECT_TRUE(Until([&] {
    return far.received.size() >= from_near.size() && near.received.size() >= from_far.size();
  }));
  EXPECT_TRUE(far.received == from_near);
  EXPECT_TRUE(near.received == from_far);
}

TEST_P(StreamConformance, CarriesWhatWasQueuedBeforeItWasOpen) {
  Dial(near, arm->listening());
  Send(near, "early");
  EXPECT_EQ(near.stream->unsent(), 5u);
  EXPECT_TRUE(Until([this] { return far.received == "early"; }));
}

TEST_P(StreamConformance, TellsOnceThatUnsentFellBelowTheMark) {
  Connect();
  const std::string large = Noise(3 * Stream::kUnsentLow, 7);
  Send(near, large);
  EXPECT_GE(near.stream->unsent(), Stream::kUnsentLow);
  EXPECT_TRUE(Until([&] { return far.received.size() == large.size() && near.sent > 0; }));
  RunFor(milliseconds(100));
  EXPECT_EQ(near.sent, 1);
  EXPECT_EQ(near.stream->unsent(), 0u);
  EXPECT_EQ(far.sent, 0);
}

TEST_P(StreamConformance, SendsMoreFromInsideOnSent) {
  Connect();
  int rounds = 0;
  near.at_sent = [&](Time now) {
    if (++rounds < 5) {
      near.stream->Send(now, Buffer::CopyFrom(AsBytes(Noise(2 * Stream::kUnsentLow, 3))));
    }
  };
  Send(near, Noise(2 * Stream::kUnsentLow, 3));
  EXPECT_TRUE(Until([&] { return far.received.size() == 10 * Stream::kUnsentLow && rounds == 5; }));
}

TEST_P(StreamConformance, HoldsDataBackWhileReadingIsOff) {
  Connect();
  far.SetReading(arm->now(), false);
  Send(near, "held");
  RunFor(milliseconds(500));
  EXPECT_EQ(far.received, "");
  far.forbidden = true;
  far.SetReading(arm->now(), true);
  far.forbidden = false;
  EXPECT_TRUE(Until([this] { return far.received == "held"; }));
}

TEST_P(StreamConformance, StopsInTheMiddleWhenReadingIsTurnedOffInsideOnData) {
  Connect();
  far.at_data = [this](Time now) { far.SetReading(now, false); };
  const std::string large = Noise(100000, 9);
  Send(near, large.substr(0, 50000));
  Send(near, large.substr(50000));
  while (far.received.size() < large.size()) {
    const int calls = far.calls;
    ASSERT_TRUE(Until([&] { return far.calls > calls; }));
    RunFor(milliseconds(30));
    EXPECT_EQ(far.calls, calls + 1);
    far.SetReading(arm->now(), true);
  }
  EXPECT_TRUE(far.received == large);
}

TEST_P(StreamConformance, PushesBackOnTheSenderWhileReadingIsOff) {
  Connect();
  far.SetReading(arm->now(), false);
  const std::string large = Noise(1 << 20, 5);
  for (int i = 0; i < 64; ++i) Send(near, large);  // more than any buffer between the ends
  RunFor(seconds(1));
  EXPECT_GT(near.stream->unsent(), size_t{16} << 20);
  EXPECT_EQ(near.sent, 0);
  far.SetReading(arm->now(), true);
  EXPECT_TRUE(Until([&] { return far.received.size() == 64 * large.size(); }, seconds(60)));
  EXPECT_EQ(near.sent, 1);
}

TEST_P(StreamConformance, RefusesWhereNobodyListens) {
  Dial(near, arm->refusing());
  EXPECT_TRUE(Until([this] { return near.done(); }));
  EXPECT_EQ(near.opened, 0);
  EXPECT_FALSE(near.closed_why.ok());
}

TEST_P(StreamConformance, ShowsTheOtherSideThatAnEndWasDestroyed) {
  Connect();
  near.Destroy();
  EXPECT_TRUE(Until([this] { return far.done(); }));
  EXPECT_TRUE(far.closed_why.ok()) << far.closed_why;
  RunFor(milliseconds(200));
  EXPECT_EQ(far.closed, 1);
}

TEST_P(StreamConformance, DeliversWhatWasSentBeforeTheEndWasDestroyed) {
  Connect();
  Send(near, "last words");
  ASSERT_TRUE(Until([this] { return near.stream->unsent() == 0; }));
  near.Destroy();
  EXPECT_TRUE(Until([this] { return far.done(); }));
  EXPECT_EQ(far.received, "last words");
}

TEST_P(StreamConformance, IgnoresWhatIsSentAfterItWasClosed) {
  Connect();
  far.Destroy();
  ASSERT_TRUE(Until([this] { return near.done(); }));
  Send(near, "into the void");
  near.stream->SetReading(arm->now(), false);
  near.stream->SetReading(arm->now(), true);
  RunFor(milliseconds(200));
  EXPECT_EQ(near.closed, 1);
}

TEST_P(StreamConformance, TellsTheNewHandlerAfterAChange) {
  Connect();
  RecordingEnd other;
  far.at_data = [&](Time) {
    other.stream = std::move(far.stream);
    other.stream->SetHandler(other);
    far.forbidden = true;
  };
  Send(near, "one");
  ASSERT_TRUE(Until([&] { return other.stream != nullptr; }));
  near.stream->Send(arm->now(), Buffer::CopyFrom(AsBytes("two")));
  EXPECT_TRUE(Until([&] { return far.received + other.received == "onetwo"; }));
  near.Destroy();
  EXPECT_TRUE(Until([&] { return other.done(); }));
}

TEST_P(StreamConformance, MayBeDestroyedBeforeItIsOpen) {
  Dial(near, arm->listening());
  near.Destroy();
  RunFor(milliseconds(300));
  EXPECT_EQ(near.calls, 0);
}

TEST_P(StreamConformance, MayBeDestroyedInsideOnOpen) {
  near.at_open = [this](Time) { near.Destroy(); };
  Dial(near, arm->listening());
  EXPECT_TRUE(Until([this] { return near.destroyed && far.done(); }));
}

TEST_P(StreamConformance, MayBeDestroyedInsideOnData) {
  Connect();
  far.at_data = [this](Time) { far.Destroy(); };
  Send(near, Noise(200000, 1));
  EXPECT_TRUE(Until([this] { return far.destroyed && near.done(); }));
}

TEST_P(StreamConformance, MayBeDestroyedInsideOnSent) {
  Connect();
  near.at_sent = [this](Time) { near.Destroy(); };
  Send(near, Noise(2 * Stream::kUnsentLow, 1));
  EXPECT_TRUE(Until([this] { return near.destroyed && far.done(); }));
}

TEST_P(StreamConformance, MayBeDestroyedInsideOnClosed) {
  Connect();
  far.at_closed = [this](Time) { far.Destroy(); };
  near.Destroy();
  EXPECT_TRUE(Until([this] { return far.destroyed; }));
  RunFor(milliseconds(100));
}

TEST_P(StreamConformance, MayDestroyTheOtherEndInsideACallback) {
  Connect();
  far.at_data = [this](Time) { near.Destroy(); };
  Send(near, "bang");
  EXPECT_TRUE(Until([this] { return far.done(); }));
}

TEST_P(StreamConformance, MayBeDestroyedInsideTheAcceptor) {
  arm->SetAcceptor([](Time, std::unique_ptr<Stream> stream) { stream.reset(); });
  Dial(near, arm->listening());
  EXPECT_TRUE(Until([this] { return near.done(); }));
}

TEST_P(StreamConformance, MayDialAgainInsideOnClosed) {
  RecordingEnd second;
  near.at_closed = [&](Time now) { second.Take(arm->dialer().Dial(now, arm->listening())); };
  Dial(near, arm->refusing());
  EXPECT_TRUE(Until([&] { return second.opened == 1; }));
}

}  // namespace starling::testing_support
