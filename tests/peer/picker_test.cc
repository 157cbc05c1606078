#include "peer/picker.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/peer/picker_drawing.h"

namespace starling::peer {
namespace {

TEST(Picker, TakesTheRarestPieceFirst) {
  PickerDrawing rare("111132123", "****     ");
  PeerPieces& peer = rare.Peer("*********");
  EXPECT_EQ(rare.PickedPieces(peer, 2), "6");
  EXPECT_EQ(rare.PickedPieces(peer, 4), "5 7");
}

TEST(Picker, AsksAPeerOnlyForWhatItHas) {
  PickerDrawing drawing("2223333", "* * *  ");
  PeerPieces& peer = drawing.Peer("   * *   ");
  EXPECT_EQ(drawing.PickedPieces(peer, 100), "3 5");
  EXPECT_EQ(drawing.Pick(peer, 100), "");
}

TEST(Picker, AsksForNothingOfAPeerThatHasOnlyWhatWeHave) {
  PickerDrawing drawing("2222", "** *");
  PeerPieces& peer = drawing.Peer("** *");
  EXPECT_EQ(peer.lacking, 0u);
  EXPECT_EQ(drawing.Pick(peer, 10), "");
}

TEST(Picker, LeavesUnwantedPiecesAlone) {
  PickerDrawing drawing("1111111", "****xx ");
  PeerPieces& peer = drawing.Peer("*******");
  EXPECT_EQ(peer.lacking, 1u);
  EXPECT_EQ(drawing.Pick(peer, 10), "6.0 6.1");
  EXPECT_EQ(drawing.States(), "****UUo");
}

TEST(Picker, FinishesStartedPiecesBeforeItBeginsOthers) {
  PickerDrawing drawing("111199293", "****     ", 4);
  PeerPieces& first = drawing.Peer("****  *  ");
  EXPECT_EQ(drawing.Pick(first, 2), "6.0 6.1");
  // Four have either of 6 and 8, but 6 is begun.
  PeerPieces& second = drawing.Peer("*********");
  EXPECT_EQ(drawing.Pick(second, 2), "6.2 6.3");
  EXPECT_EQ(drawing.PickedPieces(second, 1), "8");
}

TEST(Picker, BeginsAMuchRarerPieceBeforeItFinishesACommonOne) {
  PickerDrawing drawing("111133331", "****     ", 4);
  PeerPieces& first = drawing.Peer("****  *  ");
  EXPECT_EQ(drawing.Pick(first, 2), "6.0 6.1");
  // Five have 6, and two have 8.
  PeerPieces& second = drawing.Peer("*********");
  EXPECT_EQ(drawing.Pick(second, 2), "8.0 8.1");
  // What it has begun it goes on with, then it helps.
  EXPECT_EQ(drawing.Pick(second, 4), "8.2 8.3 6.2 6.3");
}

TEST(Picker, FinishesTheFirstPiecesWhateverIsRarer) {
  PickerDrawing drawing("111133331", "***      ", 4);
  PeerPieces& first = drawing.Peer("***   *  ");
  EXPECT_EQ(drawing.Pick(first, 2), "6.0 6.1");
  PeerPieces& second = drawing.Peer("*********");
  EXPECT_EQ(drawing.Pick(second, 2), "6.2 6.3");
}

TEST(Picker, HelpsWithPiecesThatAreAsRareAsNewOnes) {
  PickerDrawing drawing("111112", "****  ", 4);
  PeerPieces& first = drawing.Peer("***** ");
  PeerPieces& second = drawing.Peer("******");
  EXPECT_EQ(drawing.Pick(first, 1), "4.0");
  EXPECT_EQ(drawing.Pick(second, 1, {.may_open = false}), "4.1");
  EXPECT_EQ(drawing.Pick(second, 6), "4.2 4.3 5.0 5.1 5.2 5.3");
}

TEST(Picker, AsksForABlockFromOnePeerAtATime) {
  PickerDrawing drawing("1111222", "****   ");
  PeerPieces& first = drawing.Peer("*******");
  PeerPieces& second = drawing.Peer("*******");
  const std::string a = drawing.PickedPieces(first, 2);
  const std::string b = drawing.PickedPieces(second, 2);
  EXPECT_NE(a, b);
}

TEST(Picker, DrawsTiesAtRandom) {
  std::set<std::string> seen;
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    PickerDrawing drawing("111122222", "****     ", 1, false, seed);
    seen.insert(drawing.PickedPieces(drawing.Peer("*********"), 1));
  }
  EXPECT_EQ(seen.size(), 5u);
}

TEST(Picker, DrawsTheFirstFourPiecesWhateverTheirRarity) {
  std::set<std::string> seen;
  for (uint64_t seed = 1; seed <= 80; ++seed) {
    PickerDrawing drawing("19999999", "***     ", 1, false, seed);
    seen.insert(drawing.PickedPieces(drawing.Peer("********"), 1));
  }
  EXPECT_EQ(seen.size(), 5u);
}

TEST(Picker, GoesInOrderWhereTheUserWantsThat) {
  PickerDrawing drawing("9919", "", 2, /*sequential=*/true);
  PeerPieces& peer = drawing.Peer("****");
  EXPECT_EQ(drawing.Pick(peer, 5), "0.0 0.1 1.0 1.1 2.0");
}

TEST(Picker, BeginsNoPieceWhenToldNotTo) {
  PickerDrawing drawing("11112222", "****    ", 4);
  PeerPieces& first = drawing.Peer("****  * ");
  drawing.Pick(first, 1);
  PeerPieces& second = drawing.Peer("********");
  EXPECT_EQ(drawing.Pick(second, 10, {.may_open = false}), "6.1 6.2 6.3");
  EXPECT_EQ(drawing.Pick(second, 10, {.may_open = false}), "");
  EXPECT_NE(drawing.Pick(second, 10), "");
}

TEST(Picker, TakesOnlyAllowedPiecesOfAPeerThatChokesUs) {
  PickerDrawing drawing("111122222", "****     ");
  PeerPieces& peer = drawing.Peer("**** * **");
  const std::vector<PieceIndex> allowed = {PieceIndex(4), PieceIndex(7), PieceIndex(0)};
  PickRules rules;
  rules.only = &allowed;
  EXPECT_EQ(drawing.Pick(peer, 10, rules), "7.0 7.1");
}

TEST(Picker, AsksASecondPeerInTheEndGame) {
  PickerDrawing drawing("11111", "****");
  PeerPieces& first = drawing.Peer("*****");
  PeerPieces& second = drawing.Peer("*****");
  PeerPieces& third = drawing.Peer("****");
  EXPECT_EQ(drawing.Pick(first, 10), "4.0 4.1");
  EXPECT_EQ(drawing.Pick(second, 10), "4.0 4.1");
  EXPECT_EQ(drawing.Pick(second, 10), "");
  EXPECT_EQ(drawing.Pick(first, 10), "");
  EXPECT_EQ(drawing.Pick(third, 10), "");
  EXPECT_EQ(drawing.Arrive(4, 0, second), absl::StrCat(static_cast<uint64_t>(first.id)));
  EXPECT_EQ(drawing.Arrive(4, 0, first), "no");
}

TEST(Picker, AsksEverybodyForAllThatIsLeftWhereThePolicyIsClassic) {
  PickerDrawing drawing("11111", "****", 6, MakeClassic());
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(drawing.Pick(drawing.Peer("*****"), 10), "4.0 4.1 4.2 4.3 4.4 4.5") << i;
  }
}

TEST(Picker, FinishesStartedPiecesHoweverRareOthersAreWhereThePolicyIsClassic) {
  for (const bool classic : {true, false}) {
    PickerDrawing drawing("11119999999991", "****          ", 4,
                          classic ? MakeClassic() : MakeRarestFirst());
    drawing.Pick(drawing.Peer("****     *    "), 1);
    const std::string next = drawing.Pick(drawing.Peer("**************"), 3);
    EXPECT_EQ(next, classic ? "9.1 9.2 9.3" : "13.0 13.1 13.2");
  }
}

TEST(Picker, EntersTheEndGameOnlyWhenEveryMissingBlockIsAskedFor) {
  PickerDrawing drawing("111111", "****", 4);
  PeerPieces& first = drawing.Peer("***** ");
  PeerPieces& second = drawing.Peer("***** ");
  PeerPieces& third = drawing.Peer("******");
  EXPECT_EQ(drawing.Pick(first, 4), "4.0 4.1 4.2 4.3");
  EXPECT_EQ(drawing.Pick(second, 4), "");  // piece 5 is not begun
  EXPECT_EQ(drawing.Pick(third, 4), "5.0 5.1 5.2 5.3");
  EXPECT_EQ(drawing.Pick(second, 2), "4.0 4.1");
}

TEST(Picker, OffersAgainWhatAPeerWillNotBring) {
  PickerDrawing drawing("11111", "****");
  PeerPieces& first = drawing.Peer("*****");
  PeerPieces& second = drawing.Peer("*****");
  drawing.Pick(first, 2);
  drawing.pieces->Unask(drawing.BlockAt(4, 1), first.id);
  EXPECT_EQ(drawing.Pick(second, 1), "4.1");
}

TEST(Picker, ForgetsThatItFoundNothingWhenSomethingComesFree) {
  PickerDrawing drawing("11111", "****", 1);
  PeerPieces& first = drawing.Peer("*****");
  PeerPieces& second = drawing.Peer("*****");
  drawing.Pick(first, 1);
  EXPECT_EQ(drawing.Pick(second, 1, {.may_end_game = false}), "");
  drawing.pieces->Unask(drawing.BlockAt(4, 0), first.id);
  EXPECT_EQ(drawing.Pick(second, 1), "4.0");
}

TEST(Picker, FindsTheFewPiecesOfAPeerAmongMany) {
  std::string all(100'000, '1');
  std::string have(100'000, ' ');
  for (size_t i = 0; i < 10; ++i) have[i] = '*';
  PickerDrawing drawing(all, have, 1);
  std::string row(100'000, ' ');
  row[77'777] = row[12'345] = '*';
  PeerPieces& peer = drawing.Peer(row);
  EXPECT_EQ(peer.lacking, 2u);
  EXPECT_EQ(drawing.PickedPieces(peer, 5), "12345 77777");
}

TEST(Picker, LearnsOfNewPiecesOneByOne) {
  PickerDrawing drawing("11112222", "****    ", 1);
  PeerPieces& peer = drawing.Peer("        ");
  EXPECT_EQ(drawing.Pick(peer, 1), "");
  drawing.picker->AddPiece(peer, PieceIndex(6));
  EXPECT_EQ(peer.lacking, 1u);
  EXPECT_EQ(drawing.pieces->rarity().availability(PieceIndex(6)), 3u);
  EXPECT_EQ(drawing.Pick(peer, 1), "6.0");
  drawing.picker->RemovePeer(peer);
  EXPECT_EQ(drawing.pieces->rarity().availability(PieceIndex(6)), 2u);
}

TEST(Picker, LosesInterestWithTheLastPieceThatWeLack) {
  PickerDrawing drawing("111122", "****", 1);
  PeerPieces& peer = drawing.Peer("****  ");
  PeerPieces& other = drawing.Peer("******");
  EXPECT_EQ(peer.lacking, 0u);
  EXPECT_EQ(other.lacking, 2u);
  EXPECT_FALSE(drawing.picker->OnHad(other, PieceIndex(4)));
  EXPECT_TRUE(drawing.picker->OnHad(other, PieceIndex(5)));
  EXPECT_FALSE(drawing.picker->OnHad(peer, PieceIndex(5)));
}

}  // namespace
}  // namespace starling::peer
