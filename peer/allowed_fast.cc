#include "peer/allowed_fast.h"

#include <algorithm>
#include <string>

#include "base/bytes.h"
#include "base/digest.h"

namespace starling::peer {

std::vector<PieceIndex> AllowedFastSet(const InfoHash& info_hash, const Endpoint& address,
                                       uint32_t piece_count, uint32_t count) {
  std::vector<PieceIndex> set;
  if (piece_count == 0) return set;
  count = std::min(count, piece_count);
  const absl::string_view bytes = AsText(ByteView(address.address));
  std::string seed = address.is_v4() ? std::string(bytes.substr(12, 3)) + std::string(1, '\0')
                                     : std::string(bytes.substr(0, 6)) + std::string(10, '\0');
  seed += std::string(AsText(info_hash.view()));
  while (set.size() < count) {
    const Sha1Digest digest = Sha1(AsBytes(seed));
    for (size_t i = 0; i < 20 && set.size() < count; i += 4) {
      const PieceIndex piece(LoadBig<uint32_t>(digest.bytes.data() + i) % piece_count);
      if (std::find(set.begin(), set.end(), piece) == set.end()) set.push_back(piece);
    }
    seed = std::string(AsText(digest.view()));
  }
  return set;
}

}  // namespace starling::peer
