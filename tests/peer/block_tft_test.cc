#include "peer/block_tft.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace starling::peer {
namespace {

constexpr uint32_t kPiece = 256 * 1024;
const Time kStart = Time(hours(1));

PeerView Peer(uint64_t id, uint64_t sent_pieces, uint64_t received_pieces) {
  PeerView view;
  view.id = ConnectionId{id};
  view.peer_interested = true;
  view.piece_length = kPiece;
  view.bytes_sent_total = sent_pieces * kPiece;
  view.bytes_received_total = received_pieces * kPiece;
  return view;
}

std::vector<Verdict> Decide(const std::vector<PeerView>& views, const BlockTftOptions& options) {
  SeededRandom random(1);
  const std::unique_ptr<Choker> choker = MakeBlockTft(random, options);
  const std::span<const Verdict> verdicts = choker->Decide(kStart, views, {});
  return {verdicts.begin(), verdicts.end()};
}

TEST(BlockTft, GivesNoSlotToWhoTookMuchMoreThanItGave) {
  const std::vector<Verdict> verdicts =
      Decide({Peer(1, 3, 0), Peer(2, 2, 0), Peer(3, 9, 8)}, {.deficit_pieces = 2});
  EXPECT_FALSE(verdicts[0].unchoke);
  EXPECT_TRUE(verdicts[1].unchoke);
  EXPECT_TRUE(verdicts[2].unchoke);
}

TEST(BlockTft, BoundsWhatOneMayTakeBetweenDecisions) {
  const std::vector<Verdict> verdicts = Decide({Peer(1, 0, 0)}, {.deficit_pieces = 1.5});
  EXPECT_EQ(verdicts[0].deficit_max, kPiece * 3 / 2);
}

TEST(BlockTft, KeepsUnchokedWhoGivesAtARateButNeedsNoSlot) {
  PeerView over = Peer(1, 5, 0);
  over.bytes_received_20s = 20 * 50'000;
  over.unchoked_by_us = true;
  const std::vector<Verdict> verdicts =
      Decide({over, Peer(2, 0, 0), Peer(3, 0, 0)}, {.deficit_pieces = 2, .slots = 2});
  EXPECT_TRUE(std::all_of(verdicts.begin(), verdicts.end(),
                          [](const Verdict& verdict) { return verdict.unchoke; }));
}

TEST(BlockTft, SeedsToThoseWhoHaveNothingToGive) {
  PeerView fan = Peer(1, 100, 0);
  fan.we_seed = true;
  const std::vector<Verdict> verdicts = Decide({fan}, {});
  EXPECT_TRUE(verdicts[0].unchoke);
  EXPECT_EQ(verdicts[0].deficit_max, Verdict::kNoDeficit);
}

}  // namespace
}  // namespace starling::peer
