// What the outside world says our address is (BEP 42, "Bootstrapping": the `ip` key of answers).
// Nobody is believed alone: each network (/16 of IPv4, /32 of IPv6) has one vote, its newest, and
// an address counts once at least kVotesMin of the networks asked last, and two thirds of them,
// agree. So an attacker who owns one network, however many addresses it has, decides nothing.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/endpoint.h"

namespace starling::dht {

class AddressVotes {
 public:
  static constexpr size_t kVotersMax = 12;
  static constexpr size_t kVotesMin = 5;

  // `voter`, who answered a question of ours, sees us at `seen_as`. Returns the address that is
  // agreed upon if that is another one than before. Voters in private networks do not count.
  std::optional<Endpoint> Note(const Endpoint& voter, const Endpoint& seen_as);
  // The address agreed upon, port 0; null until there is one.
  const std::optional<Endpoint>& agreed() const { return agreed_; }

 private:
  struct Vote {
    uint32_t network = 0;
    Endpoint address;
  };
  std::array<Vote, kVotersMax> votes_;
  size_t count_ = 0;
  size_t oldest_ = 0;
  std::optional<Endpoint> agreed_;
};

}  // namespace starling::dht
