// A small network of DHT nodes in memory: datagrams with a fixed delay and a clock that jumps to
// the next event. What one node hears is decided by rules that a test adds. Also a scripted node,
// `Stranger`, whose every datagram the test writes by hand.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "dht/krpc_writer.h"
#include "dht/node.h"

namespace starling::dht {

inline Endpoint At(absl::string_view text) { return *Endpoint::Parse(text); }

struct Datagram {
  Endpoint from;
  Endpoint to;
  std::string bytes;
};

class SmallNet {
 public:
  // Whoever receives datagrams at an endpoint.
  class Host {
   public:
    virtual ~Host() = default;
    virtual void OnDatagram(Time now, const Endpoint& from, ByteView bytes) = 0;
    virtual void OnDeadline(Time) {}
    virtual Time next_deadline() const { return kNever; }
  };

  void Attach(const Endpoint& endpoint, Host* host) { hosts_[endpoint] = host; }
  void Detach(const Endpoint& endpoint) { hosts_.erase(endpoint); }

  void Send(const Endpoint& from, const Endpoint& to, std::string bytes) {
    ++sent_;
    trace_ = HashNumbers({trace_, static_cast<uint64_t>(now_.time_since_epoch().count())});
    for (const char c : bytes) trace_ = trace_ * 31 + static_cast<uint8_t>(c);
    if (drops_ && drops_(Datagram{from, to, bytes})) return;
    if (damage_ && !bytes.empty()) damage_(bytes);
    const Time arrival = now_ + delay_;
    queue_.emplace(std::make_pair(arrival, sequence_++), Datagram{from, to, std::move(bytes)});
  }

  // Runs everything that happens up to now + length.
  void Run(Duration length) {
    const Time end = now_ + length;
    while (RunNext(end)) {
    }
    now_ = end;
  }
  // Runs until `condition` holds; false if it does not within `length`.
  bool RunUntil(Duration length, const std::function<bool()>& condition) {
    const Time end = now_ + length;
    while (!condition()) {
      if (!RunNext(end)) return condition();
    }
    return true;
  }

  void set_delay(Duration delay) { delay_ = delay; }
  void set_drops(std::function<bool(const Datagram&)> drops) { drops_ = std::move(drops); }
  void set_damage(std::function<void(std::string&)> damage) { damage_ = std::move(damage); }
  Time now() const { return now_; }
  uint64_t sent() const { return sent_; }
  // Names a run: all datagrams and when they were sent.
  uint64_t trace() const { return trace_; }
  uint64_t wake_ups() const { return wake_ups_; }

 private:
  bool RunNext(Time end) {
    Time deadline = kNever;
    Endpoint owner;
    for (const auto& [endpoint, host] : hosts_) {
      if (host->next_deadline() >= deadline) continue;
      deadline = host->next_deadline();
      owner = endpoint;
    }
    const Time arrival = queue_.empty() ? kNever : queue_.begin()->first.first;
    if (std::min(arrival, deadline) > end) return false;
    now_ = std::max(now_, std::min(arrival, deadline));
    if (arrival <= deadline) {
      const Datagram datagram = queue_.begin()->second;
      queue_.erase(queue_.begin());
      const auto host = hosts_.find(datagram.to);
      if (host == hosts_.end()) return true;
      host->second->OnDatagram(now_, datagram.from, AsBytes(datagram.bytes));
    } else {
      ++wake_ups_;
      hosts_[owner]->OnDeadline(now_);
    }
    return true;
  }

  std::map<Endpoint, Host*> hosts_;
  std::map<std::pair<Time, uint64_t>, Datagram> queue_;
  std::function<bool(const Datagram&)> drops_;
  std::function<void(std::string&)> damage_;
  Duration delay_ = milliseconds(20);
  Time now_{seconds(1000)};
  uint64_t sequence_ = 0;
  uint64_t sent_ = 0;
  uint64_t trace_ = 0;
  uint64_t wake_ups_ = 0;
};

// A real Node at an endpoint of the net, a second one for IPv6 if wanted.
class NetNode : public SmallNet::Host, public DatagramPort {
 public:
  NetNode(SmallNet& net, const Endpoint& endpoint, const Options& options = {}, uint64_t seed = 1)
      : net_(net),
        endpoint_(endpoint),
        random_(SeededRandom::For(seed, endpoint.port, endpoint.is_v4() ? endpoint.v4() : 6)) {
    net_.Attach(endpoint_, this);
    node_ = std::make_unique<Node>(options, *this, random_);
  }
  ~NetNode() override {
    net_.Detach(endpoint_);
    if (other_.port != 0) net_.Detach(other_);
  }

  // The address of the other family: makes it a dual-stack node.
  void AlsoAt(const Endpoint& other) {
    other_ = other;
    net_.Attach(other_, this);
  }
  void Send(Time, const Endpoint& to, Writer write) override {
    std::array<std::byte, kDatagramSizeMax> space;
    const size_t size = write(space);
    if (size == 0) return;
    const Endpoint& from = to.is_v4() == endpoint_.is_v4() ? endpoint_ : other_;
    if (from.port == 0) return;
    const absl::string_view text = AsText(ByteView(space).first(size));
    net_.Send(from, to, std::string(text.data(), text.size()));
  }
  void OnDatagram(Time now, const Endpoint& from, ByteView bytes) override {
    if (node_ != nullptr) node_->OnDatagram(now, from, bytes);
  }
  void OnDeadline(Time now) override {
    if (node_ != nullptr) node_->OnDeadline(now);
  }
  Time next_deadline() const override { return node_ == nullptr ? kNever : node_->next_deadline(); }

  Node* operator->() { return node_.get(); }
  Node& node() { return *node_; }
  void Destroy() { node_.reset(); }
  const Endpoint& endpoint() const { return endpoint_; }

 private:
  SmallNet& net_;
  Endpoint endpoint_;
  Endpoint other_;
  SeededRandom random_;
  std::unique_ptr<Node> node_;
};

// A node whose datagrams the test writes; keeps what came in.
class Stranger : public SmallNet::Host {
 public:
  Stranger(SmallNet& net, const Endpoint& endpoint, const NodeId& id)
      : net_(net), endpoint_(endpoint), id_(id) {
    net_.Attach(endpoint_, this);
  }
  ~Stranger() override { net_.Detach(endpoint_); }

  void OnDatagram(Time, const Endpoint& from, ByteView bytes) override {
    const absl::string_view text = AsText(bytes);
    heard_.push_back({from, endpoint_, std::string(text.data(), text.size())});
    if (!responder_) return;
    if (const auto message = krpc::Parse(AsBytes(heard_.back().bytes))) {
      responder_(heard_.back(), *message);
    }
  }
  template <class Body>
  void Say(const Endpoint& to, absl::string_view transaction, const Body& body) {
    std::array<std::byte, kDatagramSizeMax> space;
    krpc::Envelope envelope;
    envelope.transaction_id = AsBytes(transaction);
    envelope.is_read_only = is_read_only_;
    const size_t size = krpc::Write(space, envelope, body);
    const absl::string_view text = AsText(ByteView(space).first(size));
    net_.Send(endpoint_, to, std::string(text.data(), text.size()));
  }
  void SayRaw(const Endpoint& to, std::string bytes) { net_.Send(endpoint_, to, std::move(bytes)); }
  // Answers every query with just its id, as an honest empty node does.
  void AnswerPlainly() {
    responder_ = [this](const Datagram& datagram, const krpc::Message& message) {
      if (std::holds_alternative<krpc::Reply>(message.body)) return;
      krpc::Answer answer;
      answer.id = id_;
      answer.token = AsBytes("tokn");
      Say(datagram.from, AsText(message.transaction_id), answer);
    };
  }
  using Responder = std::function<void(const Datagram&, const krpc::Message&)>;
  void set_responder(Responder responder) { responder_ = std::move(responder); }
  void set_read_only() { is_read_only_ = true; }

  const std::vector<Datagram>& heard() const { return heard_; }
  krpc::Message last() const { return *krpc::Parse(AsBytes(heard_.back().bytes)); }
  // The newest reply or error; the node may have asked something since.
  krpc::Message last_answer() const {
    for (size_t i = heard_.size(); i > 0; --i) {
      const auto message = krpc::Parse(AsBytes(heard_[i - 1].bytes));
      if (std::holds_alternative<krpc::Reply>(message->body) ||
          std::holds_alternative<krpc::Error>(message->body)) {
        return *message;
      }
    }
    return {};
  }
  template <class Body>
  size_t CountHeard() const {
    return static_cast<size_t>(std::count_if(heard_.begin(), heard_.end(), [](const Datagram& d) {
      return std::holds_alternative<Body>(krpc::Parse(AsBytes(d.bytes))->body);
    }));
  }
  const NodeId& id() const { return id_; }
  const Endpoint& endpoint() const { return endpoint_; }

 private:
  SmallNet& net_;
  Endpoint endpoint_;
  NodeId id_;
  bool is_read_only_ = false;
  Responder responder_;
  std::vector<Datagram> heard_;
};

// Keeps what it is told.
class Collector : public PeerSink {
 public:
  void OnPeers(Time, LookupId, std::span<const Endpoint> peers) override {
    peers_.insert(peers_.end(), peers.begin(), peers.end());
  }
  void OnDone(Time, LookupId, const LookupReport& report) override {
    ++done_;
    report_ = report;
    closest_.assign(report.closest.begin(), report.closest.end());
  }

  bool done() const { return done_ > 0; }
  int done_count() const { return done_; }
  const LookupReport& report() const { return report_; }
  const std::vector<Contact>& closest() const { return closest_; }
  const std::vector<Endpoint>& peers() const { return peers_; }
  bool Found(const Endpoint& peer) const {
    return std::find(peers_.begin(), peers_.end(), peer) != peers_.end();
  }

 private:
  int done_ = 0;
  LookupReport report_;
  std::vector<Contact> closest_;
  std::vector<Endpoint> peers_;
};

// An id that begins with these bytes, the rest is zero.
inline NodeId IdOf(std::initializer_list<int> bytes) {
  NodeId id;
  size_t i = 0;
  for (const int byte : bytes) id.bytes[i++] = static_cast<std::byte>(byte);
  return id;
}

// Any id.
inline NodeId HashNode(uint64_t number) {
  SeededRandom random(number + 1'000'000);
  return random.NextId<NodeId>();
}

inline InfoHash HashOf(uint64_t number) {
  SeededRandom random(number);
  return random.NextId<InfoHash>();
}

}  // namespace starling::dht
