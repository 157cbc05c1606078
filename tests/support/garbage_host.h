// A host that talks nonsense: it dials whoever it is told to, answers whoever dials it, and sends
// everybody bytes that are random, or begin well and go wrong, or repeat what it once received.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "peer/handshake.h"
#include "sim/world.h"

namespace starling::testing_support {

class GarbageHost final : public sim::Participant {
 public:
  GarbageHost(sim::World& world, NodeIndex self, const InfoHash& info_hash)
      : world_(world),
        self_(self),
        info_hash_(info_hash),
        random_(world.RandomFor(self, sim::Purpose::kScenario)),
        port_(world.datagrams(), self) {}

  void AddVictim(const Endpoint& victim) { victims_.push_back(victim); }
  uint64_t bytes_received() const { return bytes_received_; }
  size_t connections_made() const { return talks_made_; }

  void OnPowerOn(Time now) override {
    world_.SetListening(self_, true);
    next_ = now + milliseconds(10);
  }
  void OnPowerOff(Time) override { talks_.clear(); }
  void OnDatagram(Time, const Endpoint&, ByteView bytes) override {
    heard_.emplace_back(AsText(bytes).data(), bytes.size());
    if (heard_.size() > 50) heard_.pop_front();
  }
  void OnStream(Time now, std::unique_ptr<Stream> stream) override {
    Adopt(std::move(stream)).Talk(now);
  }
  void OnDeadline(Time now) override {
    next_ = now + milliseconds(20);
    if (victims_.empty()) return;
    const Endpoint victim = victims_[static_cast<size_t>(random_.Below(victims_.size()))];
    SendDatagram(now, victim);
    if (random_.Below(4) == 0) Adopt(world_.streams().Dial(now, self_, victim));
    for (auto& talk : talks_) {
      if (random_.Below(8) == 0) talk->Talk(now);
    }
    std::erase_if(talks_, [](const std::unique_ptr<Talker>& talk) { return talk->over; });
    if (talks_.size() > 40) talks_.pop_front();
  }
  Time next_deadline() const override { return next_; }

 private:
  struct Talker final : StreamHandler {
    Talker(GarbageHost& owner, std::unique_ptr<Stream> from)
        : host(owner), stream(std::move(from)) {
      stream->SetHandler(*this);
    }
    void OnOpen(Time now) override { Talk(now); }
    void OnData(Time, Slice bytes) override { host.bytes_received_ += bytes.size(); }
    void OnSent(Time) override {}
    void OnClosed(Time, absl::Status) override { over = true; }
    void Talk(Time now) {
      if (over) return;
      if (!greeted && host.random_.Below(3) > 0) stream->Send(now, host.Greeting());
      greeted = true;
      stream->Send(now, host.Nonsense());
    }
    GarbageHost& host;
    std::unique_ptr<Stream> stream;
    bool greeted = false;
    bool over = false;
  };

  Talker& Adopt(std::unique_ptr<Stream> stream) {
    ++talks_made_;
    talks_.push_back(std::make_unique<Talker>(*this, std::move(stream)));
    return *talks_.back();
  }
  Slice Greeting() {
    peer::Handshake handshake;
    handshake.info_hash = info_hash_;
    handshake.peer_id = random_.NextId<PeerId>();
    handshake.supports_dht = handshake.supports_fast = handshake.supports_extensions = true;
    return peer::EncodeHandshake(handshake);
  }
  // A message with a sane length and number, and rubbish inside; sometimes rubbish all through.
  Slice Nonsense() {
    std::string bytes(4 + random_.Below(200), '\0');
    random_.Fill({reinterpret_cast<std::byte*>(bytes.data()), bytes.size()});
    const uint64_t style = random_.Below(8);
    if (style > 0) {
      const uint32_t length = style == 1 ? 0xffffffff : static_cast<uint32_t>(bytes.size() - 4);
      StoreBig(reinterpret_cast<std::byte*>(bytes.data()), length);
      if (bytes.size() > 4) bytes[4] = static_cast<char>(random_.Below(22));
      if (style > 4 && bytes.size() > 17) {
        // Small numbers where an index or an offset stands.
        for (const size_t at : {5, 6, 7, 9, 10, 13, 14}) bytes[at] = 0;
      }
    }
    return Buffer::CopyFrom(AsBytes(bytes));
  }
  void SendDatagram(Time now, const Endpoint& victim) {
    std::string bytes(random_.Below(100), '\0');
    random_.Fill({reinterpret_cast<std::byte*>(bytes.data()), bytes.size()});
    if (!heard_.empty() && random_.Below(4) > 0) {
      bytes = heard_[static_cast<size_t>(random_.Below(heard_.size()))];
      const size_t at = static_cast<size_t>(random_.Below(bytes.size()));
      bytes[at] = static_cast<char>(random_.Next());
    } else if (random_.Below(2) == 0) {
      bytes = "d1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t2:aa1:y1:qe";
    }
    port_.Send(now, victim, [&](ByteSpan space) {
      std::memcpy(space.data(), bytes.data(), bytes.size());
      return bytes.size();
    });
  }

  sim::World& world_;
  NodeIndex self_;
  InfoHash info_hash_;
  SeededRandom random_;
  sim::SimPort port_;
  std::vector<Endpoint> victims_;
  std::deque<std::string> heard_;
  std::deque<std::unique_ptr<Talker>> talks_;
  Time next_ = kNever;
  uint64_t bytes_received_ = 0;
  size_t talks_made_ = 0;
};

}  // namespace starling::testing_support
