#include "peer/wire.h"

#include "absl/strings/str_cat.h"

namespace starling::peer {
namespace {

template <class... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
Overloaded(Fs...) -> Overloaded<Fs...>;

std::string Numbers(const storage::BlockRequest& block) {
  return absl::StrCat(" ", block.piece.value(), " ", block.offset, " ", block.length);
}
std::string Number(PieceIndex piece) { return absl::StrCat(" ", piece.value()); }

}  // namespace

bool NeedsFastExtension(const Message& message) {
  return std::holds_alternative<Suggest>(message) || std::holds_alternative<HaveAll>(message) ||
         std::holds_alternative<HaveNone>(message) || std::holds_alternative<Reject>(message) ||
         std::holds_alternative<AllowedFast>(message);
}

absl::string_view NameOf(const Message& message) {
  static constexpr absl::string_view kNames[] = {
      "keep-alive", "choke",     "unchoke", "interested",   "not interested", "have",
      "bitfield",   "request",   "piece",   "cancel",       "port",           "suggest",
      "have all",   "have none", "reject",  "allowed fast", "extended",       "unknown"};
  static_assert(std::size(kNames) == std::variant_size_v<Message>);
  return kNames[message.index()];
}

std::string ToText(const Message& message) {
  const std::string details = std::visit(
      Overloaded{
          [](const Have& m) { return Number(m.piece); },
          [](const BitfieldMessage& m) { return absl::StrCat(" ", ToHex(m.bytes.view())); },
          [](const Request& m) { return Numbers(m.block); },
          [](const Piece& m) { return Numbers(m.block()); },
          [](const Cancel& m) { return Numbers(m.block); },
          [](const Port& m) { return absl::StrCat(" ", m.port); },
          [](const Suggest& m) { return Number(m.piece); },
          [](const Reject& m) { return Numbers(m.block); },
          [](const AllowedFast& m) { return Number(m.piece); },
          [](const Extended& m) { return absl::StrCat(" ", m.id, " ", m.payload.size()); },
          [](const Unknown& m) { return absl::StrCat(" ", m.type, " ", m.body_size); },
          [](const auto&) { return std::string(); },
      },
      message);
  return absl::StrCat(NameOf(message), details);
}

}  // namespace starling::peer
