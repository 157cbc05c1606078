#include "node/tracker_udp.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "node/tracker_http.h"

namespace starling {
namespace {

constexpr uint64_t kProtocolId = 0x41727101980;  // BEP 15
constexpr Duration kConnectionLife = seconds(60);
// BEP 15 waits 15 * 2^n seconds up to an hour. A tracker that is asked because peers are missing is
// worth less patience: the next one may answer.
constexpr std::array<Duration, 4> kPauses = {seconds(3), seconds(6), seconds(12), seconds(15)};
constexpr size_t kEndpointsTried = 2;
constexpr size_t kConnectionsKept = 256;

enum Action : uint32_t { kConnect = 0, kAnnounce = 1, kScrape = 2, kError = 3 };

struct HostAndPort {
  absl::string_view host;
  uint16_t port;
};

// Reads udp://host:port[/...]; an IPv6 literal stands in brackets.
std::optional<HostAndPort> ParseUdpUrl(absl::string_view url) {
  constexpr size_t kSchemeSize = 6;
  if (!absl::StartsWithIgnoreCase(url, "udp://")) return std::nullopt;
  url = url.substr(kSchemeSize);
  url = url.substr(0, url.find_first_of("/?#"));
  const size_t colon = url.rfind(':');
  uint32_t port = 0;
  if (colon == url.npos || !absl::SimpleAtoi(url.substr(colon + 1), &port) || port == 0 ||
      port > 0xffff) {
    return std::nullopt;
  }
  absl::string_view host = url.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  if (host.empty()) return std::nullopt;
  return HostAndPort{host, static_cast<uint16_t>(port)};
}

size_t WriteConnect(uint32_t transaction, ByteSpan space) {
  StoreBig<uint64_t>(space.data(), kProtocolId);
  StoreBig<uint32_t>(space.data() + 8, kConnect);
  StoreBig<uint32_t>(space.data() + 12, transaction);
  return 16;
}

size_t WriteAnnounce(uint64_t connection, uint32_t transaction, const Announce& announce,
                     ByteSpan space) {
  std::byte* at = space.data();
  StoreBig<uint64_t>(at, connection);
  StoreBig<uint32_t>(at + 8, kAnnounce);
  StoreBig<uint32_t>(at + 12, transaction);
  std::copy_n(announce.info_hash.bytes.begin(), 20, at + 16);
  std::copy_n(announce.peer_id.bytes.begin(), 20, at + 36);
  StoreBig<uint64_t>(at + 56, announce.downloaded);
  StoreBig<uint64_t>(at + 64, announce.left);
  StoreBig<uint64_t>(at + 72, announce.uploaded);
  StoreBig<uint32_t>(at + 80, static_cast<uint32_t>(announce.event));
  StoreBig<uint32_t>(at + 84, 0);  // our address: the one it sees
  StoreBig<uint32_t>(at + 88, announce.key);
  StoreBig<uint32_t>(at + 92, announce.peers_wanted);
  StoreBig<uint16_t>(at + 96, announce.listen_port);
  return 98;
}

size_t WriteScrape(uint64_t connection, uint32_t transaction, const InfoHash& info_hash,
                   ByteSpan space) {
  StoreBig<uint64_t>(space.data(), connection);
  StoreBig<uint32_t>(space.data() + 8, kScrape);
  StoreBig<uint32_t>(space.data() + 12, transaction);
  std::copy_n(info_hash.bytes.begin(), 20, space.data() + 16);
  return 36;
}

AnnounceAnswer ReadAnnounce(const Endpoint& from, ByteView bytes) {
  AnnounceAnswer answer;
  answer.interval = seconds(LoadBig<uint32_t>(bytes.data() + 8));
  answer.leechers = LoadBig<uint32_t>(bytes.data() + 12);
  answer.seeders = LoadBig<uint32_t>(bytes.data() + 16);
  const size_t size = from.is_v4() ? kCompactV4Size : kCompactV6Size;
  for (size_t at = 20; at + size <= bytes.size(); at += size) {
    const std::optional<Endpoint> peer = ReadCompact(bytes.subspan(at, size));
    if (peer->is_usable()) answer.peers.push_back(*peer);
  }
  return answer;
}

}  // namespace

struct UdpTrackers::State {
  class Exchange;
  class AnnounceByUdp;
  class ScrapeByUdp;
  struct Connection {
    uint64_t id;
    Time expires;
  };

  const Connection* FindConnection(Time now, const Endpoint& tracker) {
    const auto found = connections.find(tracker);
    return found != connections.end() && now < found->second.expires ? &found->second : nullptr;
  }

  DatagramPort& port;
  Resolver& resolver;
  Random& random;
  Deadlines& deadlines;
  absl::flat_hash_map<Endpoint, Connection> connections;
  absl::flat_hash_map<uint32_t, Exchange*> exchanges;  // by transaction id
};

// One question: name, connection id, the question itself; each step repeated until it is answered.
class UdpTrackers::State::Exchange : public TrackerExchange,
                                     public ResolveHandler,
                                     public DeadlineHandler {
 public:
  Exchange(Time now, State& state, absl::string_view url, Action action)
      : state_(state), action_(action), due_(state.deadlines, *this) {
    const std::optional<HostAndPort> name = ParseUdpUrl(url);
    if (name.has_value()) {
      resolution_ = state.resolver.Resolve(now, name->host, name->port, *this);
    } else {
      error_ = "its URL is not udp://host:port";
      due_.Set(now);
    }
  }
  ~Exchange() override { Forget(); }

  void OnResolved(Time now, absl::StatusOr<std::vector<Endpoint>> endpoints) override {
    if (!endpoints.ok() || endpoints->empty()) {
      Fail(now, "its name cannot be resolved");
      return;
    }
    endpoints_ = *std::move(endpoints);
    std::stable_partition(endpoints_.begin(), endpoints_.end(),
                          [](const Endpoint& endpoint) { return endpoint.is_v4(); });
    endpoints_.resize(std::min(endpoints_.size(), kEndpointsTried));
    SendNext(now);
  }

  void OnDeadline(Time now) override {
    if (!error_.empty()) {
      Fail(now, error_);
    } else if (++sent_ < kPauses.size()) {
      SendNext(now);
    } else if (endpoints_.size() > 1) {
      endpoints_.erase(endpoints_.begin());
      sent_ = 0;
      SendNext(now);
    } else {
      Fail(now, "it does not answer");
    }
  }

  // The handler may destroy this exchange: its call is the last thing done.
  void OnDatagram(Time now, const Endpoint& from, uint32_t action, ByteView bytes) {
    if (from != endpoints_.front()) return;
    if (action == kError) {
      state_.connections.erase(from);
      if (std::exchange(used_kept_connection_, false)) {
        SendNext(now);  // the id may have been too old
      } else {
        Fail(now, absl::StrCat("it refused: ", PrintableMessage(AsText(bytes.subspan(8)))));
      }
    } else if (action == kConnect && waiting_for_ == kConnect && bytes.size() >= 16) {
      if (state_.connections.size() >= kConnectionsKept) state_.connections.clear();
      state_.connections[from] = {LoadBig<uint64_t>(bytes.data() + 8), now + kConnectionLife};
      sent_ = 0;
      SendNext(now);
      used_kept_connection_ = false;
    } else if (action == action_ && waiting_for_ == action_ && bytes.size() >= kAnswerSizeMin) {
      Forget();
      Deliver(now, from, bytes);
    }
  }

 protected:
  static constexpr size_t kAnswerSizeMin = 20;  // of an announce and of a scrape alike

  virtual size_t WriteQuestion(uint64_t connection, uint32_t transaction, ByteSpan space) const = 0;
  // Each is the last thing done.
  virtual void Deliver(Time now, const Endpoint& from, ByteView answer) = 0;
  virtual void Refuse(Time now, absl::Status why) = 0;

 private:
  void SendNext(Time now) {
    Forget();
    do {
      transaction_ = static_cast<uint32_t>(state_.random.Next());
    } while (!state_.exchanges.try_emplace(transaction_, this).second);
    const Endpoint& tracker = endpoints_.front();
    const Connection* connection = state_.FindConnection(now, tracker);
    waiting_for_ = connection == nullptr ? kConnect : action_;
    used_kept_connection_ = connection != nullptr;
    state_.port.Send(now, tracker, [&](ByteSpan space) {
      return connection == nullptr ? WriteConnect(transaction_, space)
                                   : WriteQuestion(connection->id, transaction_, space);
    });
    due_.Set(now + kPauses[sent_]);
  }

  void Forget() {
    due_.Set(kNever);
    const auto found = state_.exchanges.find(transaction_);
    if (found != state_.exchanges.end() && found->second == this) state_.exchanges.erase(found);
  }

  void Fail(Time now, absl::string_view why) {
    Forget();
    Refuse(now, absl::UnavailableError(why));
  }

  State& state_;
  const Action action_;
  Deadline due_;
  std::unique_ptr<Resolution> resolution_;
  std::string error_;
  std::vector<Endpoint> endpoints_;  // the one being asked first
  size_t sent_ = 0;
  uint32_t transaction_ = 0;
  Action waiting_for_ = kConnect;
  bool used_kept_connection_ = false;
};

class UdpTrackers::State::AnnounceByUdp final : public Exchange {
 public:
  AnnounceByUdp(Time now, State& state, absl::string_view url, const Announce& announce,
                AnnounceHandler& handler)
      : Exchange(now, state, url, kAnnounce), announce_(announce), handler_(handler) {}

 private:
  size_t WriteQuestion(uint64_t connection, uint32_t transaction, ByteSpan space) const override {
    return WriteAnnounce(connection, transaction, announce_, space);
  }
  void Deliver(Time now, const Endpoint& from, ByteView answer) override {
    handler_.OnAnnounced(now, ReadAnnounce(from, answer));
  }
  void Refuse(Time now, absl::Status why) override { handler_.OnAnnounced(now, std::move(why)); }

  const Announce announce_;
  AnnounceHandler& handler_;
};

class UdpTrackers::State::ScrapeByUdp final : public Exchange {
 public:
  ScrapeByUdp(Time now, State& state, absl::string_view url, const InfoHash& info_hash,
              ScrapeHandler& handler)
      : Exchange(now, state, url, kScrape), info_hash_(info_hash), handler_(handler) {}

 private:
  size_t WriteQuestion(uint64_t connection, uint32_t transaction, ByteSpan space) const override {
    return WriteScrape(connection, transaction, info_hash_, space);
  }
  void Deliver(Time now, const Endpoint&, ByteView answer) override {
    const std::byte* at = answer.data() + 8;
    handler_.OnScraped(now, ScrapeAnswer{.seeders = LoadBig<uint32_t>(at),
                                         .leechers = LoadBig<uint32_t>(at + 8),
                                         .downloads = LoadBig<uint32_t>(at + 4)});
  }
  void Refuse(Time now, absl::Status why) override { handler_.OnScraped(now, std::move(why)); }

  const InfoHash info_hash_;
  ScrapeHandler& handler_;
};

UdpTrackers::UdpTrackers(DatagramPort& port, Resolver& resolver, Random& random,
                         Deadlines& deadlines)
    : state_(std::make_unique<State>(State{.port = port,
                                           .resolver = resolver,
                                           .random = random,
                                           .deadlines = deadlines,
                                           .connections = {},
                                           .exchanges = {}})) {}

UdpTrackers::~UdpTrackers() = default;

std::unique_ptr<TrackerExchange> UdpTrackers::Send(Time now, absl::string_view url,
                                                   const Announce& announce,
                                                   AnnounceHandler& handler) {
  return std::make_unique<State::AnnounceByUdp>(now, *state_, url, announce, handler);
}

std::unique_ptr<TrackerExchange> UdpTrackers::SendScrape(Time now, absl::string_view url,
                                                         const InfoHash& info_hash,
                                                         ScrapeHandler& handler) {
  return std::make_unique<State::ScrapeByUdp>(now, *state_, url, info_hash, handler);
}

void UdpTrackers::OnDatagram(Time now, const Endpoint& from, ByteView bytes) {
  if (bytes.size() < 8) return;
  const auto found = state_->exchanges.find(LoadBig<uint32_t>(bytes.data() + 4));
  if (found == state_->exchanges.end()) return;
  found->second->OnDatagram(now, from, LoadBig<uint32_t>(bytes.data()), bytes);
}

}  // namespace starling
