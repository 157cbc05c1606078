// The bloom filter in which nodes count the addresses of a swarm (BEP 33, "Bloom Filters"): 2,048
// bits, two of them set for each address. Filters of several nodes are united by OR, so an address
// that announced to all of them counts once; how many there are is estimated from the bits that
// are still zero. Ports do not count. Beyond 6,000 addresses the estimate loses its meaning.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"
#include "base/endpoint.h"

namespace starling::dht {

class BloomFilter {
 public:
  static constexpr size_t kSize = 256;
  static constexpr size_t kBits = kSize * 8;
  // The most that an honest node lets a filter hold (BEP 33, "Changed announce accounting").
  static constexpr double kCountMax = 6000;

  // The two bits of an address, 11 bits each. They take a SHA-1, so whoever keeps many addresses
  // keeps these as well.
  struct Places {
    uint16_t first = 0;
    uint16_t second = 0;
  };
  static Places PlacesOf(const Endpoint& address);

  // `bytes` must hold kSize bytes.
  static BloomFilter FromBytes(ByteView bytes);

  void Add(const Places& places);
  void Add(const Endpoint& address) { Add(PlacesOf(address)); }
  void Unite(const BloomFilter& other);
  bool Contains(const Endpoint& address) const;

  // How many addresses it probably holds: the formula of the BEP, except that an empty filter
  // counts 0 instead of a half. For reports: its last digits may differ between machines.
  double Estimate() const;
  // More than any honest node hands out.
  bool is_overfull() const { return Estimate() > kCountMax; }
  ByteView view() const { return bits_; }

 private:
  bool Has(uint16_t place) const;
  void Set(uint16_t place);

  std::array<std::byte, kSize> bits_{};
};

}  // namespace starling::dht
