#include "peer/pieces.h"

#include <gtest/gtest.h>

#include "tests/peer/picker_drawing.h"

namespace starling::peer {
namespace {

TEST(Pieces, GoFromMissingToHad) {
  PickerDrawing drawing("1111", "*  x");
  EXPECT_EQ(drawing.States(), "*..U");
  EXPECT_EQ(drawing.pieces->lacking(), 2u);
  PeerPieces& peer = drawing.Peer(" *  ");
  drawing.Pick(peer, 2);
  EXPECT_EQ(drawing.States(), "*o.U");
  drawing.Arrive(1, 0, peer);
  drawing.Arrive(1, 1, peer);
  EXPECT_TRUE(drawing.pieces->Find(PieceIndex(1))->is_complete());
  drawing.pieces->BeginStoring(PieceIndex(1));
  EXPECT_EQ(drawing.States(), "*s.U");
  drawing.pieces->FinishStoring(PieceIndex(1));
  EXPECT_EQ(drawing.States(), "**.U");
  EXPECT_EQ(drawing.pieces->lacking(), 1u);
  EXPECT_EQ(drawing.memory_used(), 0u);
}

TEST(Pieces, AreMissingAgainWhenNothingCameOfThem) {
  PickerDrawing drawing("1", "");
  PeerPieces& peer = drawing.Peer("*");
  drawing.Pick(peer, 2);
  drawing.pieces->Unask(drawing.BlockAt(0, 0), peer.id);
  EXPECT_EQ(drawing.States(), "o");
  drawing.pieces->Unask(drawing.BlockAt(0, 1), peer.id);
  EXPECT_EQ(drawing.States(), ".");
  EXPECT_EQ(drawing.pieces->free_blocks(), 0u);
}

TEST(Pieces, StayOpenWhileABlockIsHere) {
  PickerDrawing drawing("1", "");
  PeerPieces& peer = drawing.Peer("*");
  drawing.Pick(peer, 2);
  drawing.Arrive(0, 0, peer);
  drawing.pieces->Unask(drawing.BlockAt(0, 1), peer.id);
  EXPECT_EQ(drawing.States(), "o");
  EXPECT_EQ(drawing.pieces->free_blocks(), 1u);
}

TEST(Pieces, TakeALateBlockThatWasTakenBack) {
  PickerDrawing drawing("1", "");
  PeerPieces& peer = drawing.Peer("*");
  drawing.Pick(peer, 1);
  PeerPieces& other = drawing.Peer("*");
  drawing.Pick(other, 1);
  drawing.pieces->Unask(drawing.BlockAt(0, 0), peer.id);
  EXPECT_EQ(drawing.Arrive(0, 0, peer), "");
  EXPECT_EQ(drawing.pieces->free_blocks(), 0u);
  EXPECT_EQ(drawing.Arrive(0, 1, other), "");
  EXPECT_TRUE(drawing.pieces->Find(PieceIndex(0))->is_complete());
}

TEST(Pieces, RefuseBlocksThatAreNone) {
  PickerDrawing drawing("1", "");
  PeerPieces& peer = drawing.Peer("*");
  drawing.Pick(peer, 2);
  Requesters others;
  EXPECT_FALSE(drawing.pieces->Arrive(Time{}, {PieceIndex(0), 1, storage::kBlockSize}, peer.id, {},
                                      0, &others));
  EXPECT_FALSE(drawing.pieces->Arrive(Time{}, {PieceIndex(0), 0, 100}, peer.id, {}, 0, &others));
  EXPECT_FALSE(drawing.pieces->Arrive(Time{}, {PieceIndex(9), 0, storage::kBlockSize}, peer.id, {},
                                      0, &others));
}

TEST(Pieces, DropWhatABannedPeerBrought) {
  PickerDrawing drawing("1", "");
  PeerPieces& bad = drawing.Peer("*");
  PeerPieces& good = drawing.Peer("*");
  drawing.Pick(bad, 1);
  drawing.Pick(good, 1);
  drawing.Arrive(0, 0, bad);
  drawing.Arrive(0, 1, good);
  drawing.pieces->DropFrom(bad.id);
  EXPECT_EQ(drawing.memory_used(), 7u);
  EXPECT_EQ(drawing.Pick(good, 2), "0.0");
}

TEST(Pieces, SpoiledOnesAreFetchedFromOnePeerAlone) {
  PickerDrawing drawing("11", " x");
  PeerPieces& first = drawing.Peer("*");
  PeerPieces& second = drawing.Peer("*");
  drawing.Pick(first, 1);
  drawing.Pick(second, 1);
  drawing.Arrive(0, 0, first);
  drawing.Arrive(0, 1, second);
  drawing.pieces->BeginStoring(PieceIndex(0));
  drawing.pieces->FailStoring(PieceIndex(0), /*solo=*/true);
  EXPECT_EQ(drawing.States(), ".U");
  EXPECT_EQ(drawing.Pick(second, 1), "0.0");
  EXPECT_EQ(drawing.Pick(first, 2), "");
  EXPECT_EQ(drawing.Arrive(0, 0, first), "no");
  EXPECT_EQ(drawing.Pick(second, 1), "0.1");
  EXPECT_EQ(drawing.Pick(first, 2), "");  // not even in the end game
}

TEST(Pieces, SoloOnesBeginAnewWithAnotherPeer) {
  PickerDrawing drawing("11", " x");
  PeerPieces& first = drawing.Peer("*");
  PeerPieces& second = drawing.Peer("*");
  drawing.Pick(first, 1);
  drawing.Pick(second, 1);
  drawing.Arrive(0, 0, first);
  drawing.Arrive(0, 1, second);
  drawing.pieces->BeginStoring(PieceIndex(0));
  drawing.pieces->FailStoring(PieceIndex(0), /*solo=*/true);
  drawing.Pick(second, 2);
  drawing.Arrive(0, 0, second);
  drawing.pieces->Unask(drawing.BlockAt(0, 1), second.id);
  drawing.pieces->EndSolo(second.id);
  EXPECT_EQ(drawing.memory_used(), 0u);
  EXPECT_EQ(drawing.Pick(first, 2), "0.0 0.1");
}

TEST(Pieces, KnowTheirShortLastBlock) {
  const PieceGeometry geometry{2, 40'000, 60'001};
  EXPECT_EQ(geometry.BlocksIn(PieceIndex(0)), 3u);
  EXPECT_EQ(geometry.BlocksIn(PieceIndex(1)), 2u);
  EXPECT_EQ(geometry.BlockAt(PieceIndex(0), 2).length, 40'000u - 32'768);
  EXPECT_EQ(geometry.BlockAt(PieceIndex(1), 1).length, 20'001u - 16'384);
  EXPECT_TRUE(geometry.IsBlock({PieceIndex(1), 16'384, 3'617}));
  EXPECT_FALSE(geometry.IsBlock({PieceIndex(1), 16'384, 16'384}));
  EXPECT_FALSE(geometry.IsBlock({PieceIndex(1), 32'768, 1}));
}

}  // namespace
}  // namespace starling::peer
