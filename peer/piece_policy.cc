#include "peer/piece_policy.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <span>
#include <utility>

#include "peer/piece_words.h"

namespace starling::peer {
namespace {

constexpr size_t kWalkMax = 128;      // of the rarest, before pieces are scanned
constexpr uint32_t kSampleMax = 256;  // of the scanned, among which the rarest is taken

uint64_t BothAt(const PieceChoice& choice, uint32_t word) {
  return WordOf(choice.theirs.wire(), word) & WordOf(choice.unopened.wire(), word);
}

uint32_t FirstBit(uint64_t bits) { return static_cast<uint32_t>(std::countl_zero(bits)); }
uint64_t MaskOf(uint32_t bit) { return uint64_t{1} << (kWordBits - 1 - bit); }

// The peer has none of the rarest: it has few pieces, or only common ones. From a random place on,
// looks at what it has and takes the rarest of a sample.
std::optional<PieceIndex> RarestBySample(const PieceChoice& choice, Random& random) {
  const uint32_t words = WordCount(choice.unopened);
  const auto start = static_cast<uint32_t>(random.Below(words));
  std::optional<PieceIndex> rarest;
  uint32_t rarest_availability = 0;
  uint32_t seen = 0;
  for (uint32_t i = 0; i < words && seen < kSampleMax; ++i) {
    const uint32_t word = (start + i) % words;
    uint64_t both = BothAt(choice, word);
    while (both != 0) {
      const uint32_t bit = FirstBit(both);
      both &= ~MaskOf(bit);
      ++seen;
      const PieceIndex piece(word * kWordBits + bit);
      const uint32_t availability = choice.rarity.availability(piece);
      if (!rarest.has_value() || availability < rarest_availability) {
        rarest = piece;
        rarest_availability = availability;
      }
    }
  }
  return rarest;
}

class RarestFirst final : public PiecePolicy {
 public:
  explicit RarestFirst(uint32_t first_random) : first_random_(first_random) {}
  std::optional<PieceIndex> Choose(const PieceChoice& choice, Random& random) override {
    return choice.had < first_random_ ? AnyOf(choice, random) : RarestOf(choice, random);
  }
  // The first pieces are wanted soon, whichever they are.
  bool FinishesFirst(uint32_t had) const override { return had < first_random_; }

 private:
  const uint32_t first_random_;
};

// What clients did when the published experiments were made (simulation targets, section 4).
class Classic final : public PiecePolicy {
 public:
  explicit Classic(uint32_t first_random) : rarest_(first_random) {}
  std::optional<PieceIndex> Choose(const PieceChoice& choice, Random& random) override {
    return rarest_.Choose(choice, random);
  }
  bool FinishesFirst(uint32_t) const override { return true; }
  EndGame end_game() const override { return {.peers_a_block = kAll, .blocks_a_peer = kAll}; }

 private:
  static constexpr uint32_t kAll = std::numeric_limits<uint32_t>::max();
  RarestFirst rarest_;
};

class Sequential final : public PiecePolicy {
 public:
  std::optional<PieceIndex> Choose(const PieceChoice& choice, Random&) override {
    return FirstFrom(choice, 0);
  }
  bool in_order() const override { return true; }
};

class RandomPieces final : public PiecePolicy {
 public:
  std::optional<PieceIndex> Choose(const PieceChoice& choice, Random& random) override {
    return AnyOf(choice, random);
  }
};

class Window final : public PiecePolicy {
 public:
  explicit Window(uint32_t pieces) : pieces_(pieces) {}

  std::optional<PieceIndex> Choose(const PieceChoice& choice, Random& random) override {
    const PieceChoice anything{choice.unopened, choice.unopened, choice.rarity, choice.had};
    const std::optional<PieceIndex> begin = FirstFrom(anything, 0);
    if (!begin.has_value()) return std::nullopt;
    const uint64_t end = uint64_t{begin->value()} + pieces_;
    std::optional<PieceIndex> rarest;
    uint64_t ties = 0;
    std::optional<PieceIndex> next = FirstFrom(choice, begin->value());
    while (next.has_value() && next->value() < end) {
      const uint32_t availability = choice.rarity.availability(*next);
      const uint32_t best = rarest.has_value() ? choice.rarity.availability(*rarest) : 0;
      if (!rarest.has_value() || availability < best) {
        rarest = next;
        ties = 1;
      } else if (availability == best && random.Below(++ties) == 0) {
        rarest = next;
      }
      next = FirstFrom(choice, next->value() + 1);
    }
    // A peer that has none of these may help with what comes later.
    return rarest.has_value() ? rarest : next;
  }

 private:
  const uint32_t pieces_;
};

// Both kinds of rarest first have one parameter.
PiecePolicyKind RarestKind(absl::string_view name, absl::string_view summary,
                           std::unique_ptr<PiecePolicy> (*make)(uint32_t first_random)) {
  StrategyInfo info{std::string(name), std::string(summary), {}};
  info.parameters = {{"first_random", ParameterKind::kInteger, 4, 0, 1e6,
                      "so many pieces are drawn at random before rarity counts"}};
  return {std::move(info), [make](const StrategyValues& values) -> PiecePolicyFactory {
            const auto first = static_cast<uint32_t>(values.at("first_random"));
            return [make, first] { return make(first); };
          }};
}

PiecePolicyKind WindowKind() {
  StrategyInfo info{"window", "the rarest of the next few pieces, for who reads along", {}};
  info.parameters = {{"pieces", ParameterKind::kInteger, 32, 1, 1e6,
                      "how far ahead of the first piece not begun it looks"}};
  return {std::move(info), [](const StrategyValues& values) -> PiecePolicyFactory {
            const auto pieces = static_cast<uint32_t>(values.at("pieces"));
            return [pieces] { return MakeWindow(pieces); };
          }};
}

PiecePolicyKind PlainKind(absl::string_view name, absl::string_view summary,
                          std::unique_ptr<PiecePolicy> (*make)()) {
  return {{std::string(name), std::string(summary), {}},
          [make](const StrategyValues&) { return PiecePolicyFactory(make); }};
}

}  // namespace

std::optional<PieceIndex> FirstFrom(const PieceChoice& choice, uint32_t start) {
  const uint32_t words = WordCount(choice.unopened);
  for (uint32_t word = start / kWordBits; word < words; ++word) {
    uint64_t both = BothAt(choice, word);
    if (word == start / kWordBits) both &= ~uint64_t{0} >> (start % kWordBits);
    if (both != 0) return PieceIndex(word * kWordBits + FirstBit(both));
  }
  return std::nullopt;
}

std::optional<PieceIndex> AnyOf(const PieceChoice& choice, Random& random) {
  const uint32_t words = WordCount(choice.unopened);
  uint64_t count = 0;
  for (uint32_t word = 0; word < words; ++word) {
    count += static_cast<uint64_t>(std::popcount(BothAt(choice, word)));
  }
  if (count == 0) return std::nullopt;
  uint64_t draw = random.Below(count);
  for (uint32_t word = 0; word < words; ++word) {
    uint64_t both = BothAt(choice, word);
    const auto here = static_cast<uint64_t>(std::popcount(both));
    if (draw >= here) {
      draw -= here;
      continue;
    }
    for (; draw > 0; --draw) both &= ~MaskOf(FirstBit(both));
    return PieceIndex(word * kWordBits + FirstBit(both));
  }
  return std::nullopt;
}

std::optional<PieceIndex> RarestOf(const PieceChoice& choice, Random& random) {
  const std::span<const PieceIndex> order = choice.rarity.order();
  const size_t walk = std::min(order.size(), kWalkMax);
  for (size_t i = 0; i < walk; ++i) {
    if (choice.theirs.Has(order[i])) return order[i];
  }
  if (walk == order.size()) return std::nullopt;
  return RarestBySample(choice, random);
}

std::unique_ptr<PiecePolicy> MakeRarestFirst(uint32_t first_random) {
  return std::make_unique<RarestFirst>(first_random);
}
std::unique_ptr<PiecePolicy> MakeClassic(uint32_t first_random) {
  return std::make_unique<Classic>(first_random);
}

std::unique_ptr<PiecePolicy> MakeSequential() { return std::make_unique<Sequential>(); }
std::unique_ptr<PiecePolicy> MakeRandomPieces() { return std::make_unique<RandomPieces>(); }
std::unique_ptr<PiecePolicy> MakeWindow(uint32_t pieces) {
  return std::make_unique<Window>(pieces);
}

PiecePolicyRegistry::PiecePolicyRegistry() : StrategyRegistry("piece policy") {
  Add(RarestKind("rarest-first", "the piece that fewest of the connected peers have",
                 &MakeRarestFirst));
  Add(RarestKind("classic", "the same, but started pieces first, and the last blocks of everyone",
                 &MakeClassic));
  Add(PlainKind("random", "any piece that the peer has", &MakeRandomPieces));
  Add(PlainKind("sequential", "in order of position", &MakeSequential));
  Add(WindowKind());
}

}  // namespace starling::peer
