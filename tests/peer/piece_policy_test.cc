#include "peer/piece_policy.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace starling::peer {
namespace {

// Pieces drawn as text: how many peers have each, and by stars what we may begin and what the peer
// has.
class Drawing {
 public:
  Drawing(absl::string_view availability, absl::string_view unopened, absl::string_view theirs,
          uint32_t had = 100)
      : unopened_(Row(unopened)),
        theirs_(Row(theirs)),
        rarity_(static_cast<uint32_t>(availability.size()), 1),
        had_(had) {
    for (uint32_t i = 0; i < availability.size(); ++i) {
      for (char level = '1'; level <= availability[i]; ++level) rarity_.Increment(PieceIndex(i));
      if (unopened_.Has(PieceIndex(i))) rarity_.List(PieceIndex(i));
    }
  }
  // How often each piece is chosen in so many tries; -1: none.
  std::map<int, int> Chosen(PiecePolicy& policy, int tries = 200) {
    std::map<int, int> counts;
    for (int i = 0; i < tries; ++i) {
      const std::optional<PieceIndex> piece =
          policy.Choose({theirs_, unopened_, rarity_, had_}, random_);
      ++counts[piece.has_value() ? static_cast<int>(piece->value()) : -1];
    }
    return counts;
  }

 private:
  static Bitfield Row(absl::string_view row) {
    Bitfield bits(static_cast<uint32_t>(row.size()));
    for (uint32_t i = 0; i < row.size(); ++i) {
      if (row[i] == '*') bits.Set(PieceIndex(i));
    }
    return bits;
  }
  Bitfield unopened_;
  Bitfield theirs_;
  Rarity rarity_;
  uint32_t had_;
  SeededRandom random_{3};
};

TEST(PiecePolicy, RarestFirstTakesTheRarestThatThePeerHas) {
  Drawing drawing("312321", " *****", "*** * ");
  EXPECT_EQ(drawing.Chosen(*MakeRarestFirst()), (std::map<int, int>{{1, 200}}));
}

TEST(PiecePolicy, RarestFirstBeginsWithRandomPieces) {
  Drawing drawing("312321", " *****", "*** * ", /*had=*/3);
  const std::map<int, int> chosen = drawing.Chosen(*MakeRarestFirst(4), 3000);
  EXPECT_EQ(chosen.size(), 3u);
  for (const int piece : {1, 2, 4}) EXPECT_NEAR(chosen.at(piece), 1000, 120) << piece;
  EXPECT_EQ(drawing.Chosen(*MakeRarestFirst(3)), (std::map<int, int>{{1, 200}}));
}

TEST(PiecePolicy, RandomIsEvenWhereverThePiecesLie) {
  std::string row(200, ' ');
  for (const size_t i : {0u, 1u, 63u, 64u, 150u, 199u}) row[i] = '*';
  Drawing drawing(std::string(200, '1'), row, row);
  const std::map<int, int> chosen = drawing.Chosen(*MakeRandomPieces(), 6000);
  EXPECT_EQ(chosen.size(), 6u);
  for (const auto& entry : chosen) EXPECT_NEAR(entry.second, 1000, 130) << entry.first;
}

TEST(PiecePolicy, SequentialTakesTheFirstAndWantsNothingElse) {
  Drawing drawing("111111", "  ****", " * ***");
  const std::unique_ptr<PiecePolicy> policy = MakeSequential();
  EXPECT_EQ(drawing.Chosen(*policy), (std::map<int, int>{{3, 200}}));
  EXPECT_TRUE(policy->in_order());
  EXPECT_FALSE(MakeRarestFirst()->in_order());
}

TEST(PiecePolicy, WindowTakesTheRarestOfTheNextFew) {
  Drawing drawing("9921199", " ******", "*******");
  const std::map<int, int> chosen = drawing.Chosen(*MakeWindow(4), 2000);
  EXPECT_EQ(chosen.size(), 2u);  // 3 and 4 are rarest of 1 to 4
  EXPECT_NEAR(chosen.at(3), 1000, 120);
  EXPECT_EQ(drawing.Chosen(*MakeWindow(2)), (std::map<int, int>{{2, 200}}));
}

TEST(PiecePolicy, WindowGoesOnBehindItsEndWhereThePeerHasNothingInside) {
  Drawing drawing("1111111", " ******", "     **");
  EXPECT_EQ(drawing.Chosen(*MakeWindow(2)), (std::map<int, int>{{5, 200}}));
}

TEST(PiecePolicy, ChoosesNothingWhereThereIsNothing) {
  Drawing drawing("1111", "**  ", "  **");
  const PiecePolicyRegistry policies;
  for (const PiecePolicyKind& kind : policies.kinds()) {
    const std::unique_ptr<PiecePolicy> policy = (*policies.Make({kind.info.name, {}}))();
    EXPECT_EQ(drawing.Chosen(*policy, 5), (std::map<int, int>{{-1, 5}})) << kind.info.name;
  }
}

TEST(PiecePolicyRegistry, NamesThePolicies) {
  std::string names;
  const PiecePolicyRegistry policies;
  for (const PiecePolicyKind& kind : policies.kinds()) names += kind.info.name + " ";
  EXPECT_EQ(names, "rarest-first classic random sequential window ");
  EXPECT_EQ(policies.Make({"best", {}}).status().message(),
            "there is no piece policy best; there are rarest-first, classic, random, sequential, "
            "window");
  EXPECT_FALSE(policies.Make({"window", {{"pieces", 0}}}).ok());
}

}  // namespace
}  // namespace starling::peer
