#include "dht/contact.h"

#include <algorithm>
#include <bit>

namespace starling::dht {

uint32_t ToStamp(Time now) {
  const int64_t stamp = std::chrono::floor<seconds>(now).time_since_epoch().count();
  return static_cast<uint32_t>(std::clamp<int64_t>(stamp, 0, 0xffff'ffff));
}

uint8_t RttClass(Duration round_trip) {
  // In units of 250 us, so that the two bits below the leading one exist from 1 ms on.
  const int64_t quarters = std::clamp<int64_t>(round_trip.count() / 250, 0, int64_t{1} << 40);
  if (quarters < 4) return 1;
  const auto value = static_cast<uint64_t>(quarters);
  const int doublings = std::bit_width(value) - 3;
  return static_cast<uint8_t>(2 + 4 * doublings + static_cast<int>((value >> doublings) & 3));
}

Duration RttOfClass(uint8_t rtt_class) {
  if (rtt_class < 2) return rtt_class == 0 ? Duration::zero() : microseconds(500);
  const int doublings = std::min((rtt_class - 2) / 4, 40);
  const int64_t low = int64_t{4 + (rtt_class - 2) % 4} << doublings;
  return microseconds(low * 250 + (int64_t{125} << doublings));
}

}  // namespace starling::dht
