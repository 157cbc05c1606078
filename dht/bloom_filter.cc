#include "dht/bloom_filter.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "base/check.h"
#include "base/digest.h"

namespace starling::dht {

BloomFilter::Places BloomFilter::PlacesOf(const Endpoint& address) {
  const ByteView all = address.address;
  const Sha1Digest hash = Sha1(address.is_v4() ? all.subspan(12) : all);
  const auto place = [&hash](size_t at) {
    const auto low = std::to_integer<unsigned>(hash.bytes[at]);
    const auto high = std::to_integer<unsigned>(hash.bytes[at + 1]);
    return static_cast<uint16_t>((low | high << 8) % kBits);
  };
  return {place(0), place(2)};
}

BloomFilter BloomFilter::FromBytes(ByteView bytes) {
  CHECK(bytes.size() == kSize);
  BloomFilter filter;
  std::memcpy(filter.bits_.data(), bytes.data(), kSize);
  return filter;
}

void BloomFilter::Add(const Places& places) {
  Set(places.first);
  Set(places.second);
}

void BloomFilter::Unite(const BloomFilter& other) {
  for (size_t i = 0; i < kSize; ++i) bits_[i] |= other.bits_[i];
}

bool BloomFilter::Contains(const Endpoint& address) const {
  const Places places = PlacesOf(address);
  return Has(places.first) && Has(places.second);
}

double BloomFilter::Estimate() const {
  int ones = 0;
  for (const std::byte byte : bits_) ones += std::popcount(std::to_integer<uint8_t>(byte));
  if (ones == 0) return 0;
  constexpr double kM = kBits;
  const double zeros = std::max(kM - ones, 1.0);
  return std::log(zeros / kM) / (2 * std::log1p(-1 / kM));
}

bool BloomFilter::Has(uint16_t place) const {
  return (std::to_integer<unsigned>(bits_[place / 8]) >> (place % 8) & 1) != 0;
}

void BloomFilter::Set(uint16_t place) {
  bits_[place / 8] |= std::byte{static_cast<uint8_t>(1u << (place % 8))};
}

}  // namespace starling::dht
