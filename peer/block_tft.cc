#include "peer/block_tft.h"

#include <vector>

namespace starling::peer {
namespace {

// A slot that its holder may not use goes to another after at most this long.
constexpr Duration kLook = seconds(2);

class BlockTft final : public Choker {
 public:
  BlockTft(Random& random, const BlockTftOptions& options)
      : inner_(MakeTitForTat(random, {.slots = options.slots, .order = options.order})),
        deficit_pieces_(options.deficit_pieces) {}

  std::span<const Verdict> Decide(Time now, std::span<const PeerView> peers,
                                  const UploadCapacity& capacity) override;
  Duration period() const override { return kLook; }

 private:
  uint64_t DeficitMax(const PeerView& peer) const {
    return static_cast<uint64_t>(deficit_pieces_ * static_cast<double>(peer.piece_length));
  }

  std::unique_ptr<Choker> inner_;
  const double deficit_pieces_;
  std::vector<PeerView> views_;
  std::vector<Verdict> verdicts_;
};

std::span<const Verdict> BlockTft::Decide(Time now, std::span<const PeerView> peers,
                                          const UploadCapacity& capacity) {
  views_.assign(peers.begin(), peers.end());
  for (PeerView& view : views_) {
    // Who is over its limit needs no slot, as one who wants nothing; if it gives much it is
    // unchoked all the same, and gets a block for each that it gives.
    const bool is_over = view.bytes_sent_total > view.bytes_received_total + DeficitMax(view);
    if (!view.we_seed && is_over) view.peer_interested = false;
  }
  const std::span<const Verdict> inner = inner_->Decide(now, views_, capacity);
  verdicts_.assign(inner.begin(), inner.end());
  for (size_t i = 0; i < peers.size(); ++i) {
    if (!peers[i].we_seed) verdicts_[i].deficit_max = DeficitMax(peers[i]);
  }
  return verdicts_;
}

}  // namespace

std::unique_ptr<Choker> MakeBlockTft(Random& random, const BlockTftOptions& options) {
  return std::make_unique<BlockTft>(random, options);
}

}  // namespace starling::peer
