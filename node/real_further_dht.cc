#include "node/real_further_dht.h"

#include <algorithm>
#include <utility>

#include "dht/spread_id.h"
#include "node/real_parts.h"

namespace starling {
namespace {

// The Client's node is asked for contacts so often until it has some, and then until ours has.
constexpr Duration kLookPause = seconds(1);
constexpr Duration kLookPauseKnown = minutes(1);
constexpr size_t kContactsMax = 8;

std::vector<Socket> One(Socket socket) {
  std::vector<Socket> sockets;
  sockets.push_back(std::move(socket));
  return sockets;
}

dht::Options OptionsFor(const Endpoint& local, uint8_t number, const ClientOptions& options,
                        Client& client, Random& random) {
  dht::Options dht_options = DhtOptions(options);
  dht_options.id = dht::DrawSpreadId(client.dht()->id(), number, random);
  dht_options.ipv4 = local.is_v4();
  dht_options.ipv6 = !local.is_v4();
  return dht_options;
}

}  // namespace

std::vector<size_t> FurtherAddresses(const std::vector<Endpoint>& locals) {
  std::vector<size_t> further;
  for (size_t i = 0; i < locals.size() && further.size() < kFurtherDhtMax; ++i) {
    const bool has_earlier = std::any_of(
        locals.begin(), locals.begin() + static_cast<std::ptrdiff_t>(i),
        [&](const Endpoint& earlier) {
          return earlier.is_v4() == locals[i].is_v4() &&
                 (earlier.is_unspecified() || earlier.is_loopback() == locals[i].is_loopback());
        });
    if (has_earlier) further.push_back(i);
  }
  return further;
}

FurtherDht::FurtherDht(RealWorld::Parts& world, ListenSockets& sockets, uint8_t number,
                       const ClientOptions& options, Client& client)
    : client_(client),
      local_(sockets.local),
      port_(world.loop, One(std::move(sockets.udp))),
      node_(OptionsFor(local_, number, options, client, world.random), port_, world.random),
      look_at_(world.loop.now() + kLookPause),
      timer_(world.loop, *this) {
  port_.Start([this](Time now, const Endpoint& from, ByteView bytes) {
    if (!bytes.empty() && bytes.front() == std::byte{'d'}) {
      node_.OnDatagram(now, from, bytes);
    } else {
      client_.OnOtherDatagram(now, port_, from, bytes);
    }
  });
}

Time FurtherDht::next_deadline() const { return std::min(look_at_, node_.next_deadline()); }

void FurtherDht::OnDeadline(Time now) {
  if (now >= look_at_) LookForContacts(now);
  if (now >= node_.next_deadline()) node_.OnDeadline(now);
}

// The Client's node knows whom to ask, once it runs; no packet leaves before.
void FurtherDht::LookForContacts(Time now) {
  look_at_ = now + kLookPause;
  if (!node_.contacts().empty()) {
    look_at_ = now + kLookPauseKnown;
    return;
  }
  std::vector<Endpoint> known;
  for (const dht::Contact& contact : client_.dht()->contacts()) {
    if (contact.endpoint.is_v4() == local_.is_v4()) known.push_back(contact.endpoint);
    if (known.size() == kContactsMax) break;
  }
  if (known.empty()) return;
  look_at_ = now + kLookPauseKnown;
  node_.Bootstrap(now, known);
}

}  // namespace starling
