#include "cli/item_text.h"

#include <map>

#include "absl/strings/str_cat.h"
#include "base/bencode.h"
#include "base/json.h"
#include "base/utf8.h"
#include "cli/progress.h"
#include "cli/quantities.h"
#include "cli/text.h"

namespace starling::cli {

namespace {

bool IsText(absl::string_view bytes) { return RepairUtf8(bytes) == bytes; }

void AppendString(Json& json, absl::string_view bytes) {
  if (IsText(bytes)) {
    json.Text(bytes);
  } else {
    json.BeginObject().Key("hex").Text(ToHex(AsBytes(bytes))).End();
  }
}

// A text that may be a key of an object.
std::string KeyText(absl::string_view bytes) {
  return IsText(bytes) ? std::string(bytes) : absl::StrCat("hex:", ToHex(AsBytes(bytes)));
}

void AppendValue(Json& json, const bencode::Value& value) {
  if (const std::optional<bencode::List> list = value.list()) {
    json.BeginArray();
    for (const bencode::Value& entry : *list) AppendValue(json, entry);
    json.End();
  } else if (const std::optional<bencode::Dict> dict = value.dict()) {
    json.BeginObject();
    for (const bencode::Entry& entry : *dict) {
      json.Key(KeyText(entry.key));
      AppendValue(json, entry.value);
    }
    json.End();
  } else if (const std::optional<int64_t> number = value.integer()) {
    json.Signed(*number);
  } else {
    AppendString(json, *value.string());
  }
}

std::optional<absl::string_view> StringIn(const dht::Item& item) {
  const std::optional<bencode::Value> value = bencode::Parse(AsBytes(item.value));
  return value.has_value() ? value->string() : std::nullopt;
}

void AppendItem(Json& json, const dht::ItemTarget& target, const dht::Item& item) {
  json.Key("target").Text(target.hex());
  json.Key("value");
  const std::optional<absl::string_view> bytes = StringIn(item);
  const bool is_hex = bytes.has_value() && !IsText(*bytes);
  const std::optional<bencode::Value> value = bencode::Parse(AsBytes(item.value));
  if (is_hex || !value.has_value()) {
    json.Null();
  } else {
    AppendValue(json, *value);
  }
  json.Key("value_hex");
  is_hex ? json.Text(ToHex(AsBytes(*bytes))) : json.Null();
  json.Key("key");
  item.is_mutable ? json.Text(item.key.hex()) : json.Null();
  json.Key("salt");
  item.is_mutable ? AppendString(json, item.salt) : void(json.Null());
  json.Key("seq");
  item.is_mutable ? json.Signed(item.seq) : json.Null();
  json.Key("signature");
  item.is_mutable ? json.Text(item.signature.hex()) : json.Null();
}

void AppendPath(Json& json, const dht::LookupReport& path) {
  json.Key("queries").Signed(path.queries);
  json.Key("replies").Signed(path.replies);
  json.Key("seconds").Real(ToSeconds(path.elapsed), 3);
}

std::string Finish(Json& json) {
  json.End();
  return json.text();
}

std::string ErrorText(int64_t code) {
  const absl::string_view known = dht::Explain(static_cast<dht::ItemError>(code));
  return std::string(known);
}

}  // namespace

std::optional<ItemPlace> ParseItemPlace(absl::string_view text) {
  const size_t colon = text.find(':');
  const absl::string_view digits = text.substr(0, colon);
  ItemPlace place;
  if (colon != absl::string_view::npos) place.salt = std::string(text.substr(colon + 1));
  if (place.salt.size() > dht::kItemSaltSizeMax) return std::nullopt;
  if (const auto key = PublicKey::FromHex(digits)) {
    place.target = dht::TargetOf(*key, AsBytes(place.salt));
    return place;
  }
  const std::optional<dht::ItemTarget> target = dht::ItemTarget::FromHex(digits);
  if (!target.has_value()) return std::nullopt;
  place.target = *target;
  return place;
}

std::string FormatItemPlace(const dht::Item& item) {
  if (!item.is_mutable) return item.target().hex();
  if (item.salt.empty()) return item.key.hex();
  return absl::StrCat(item.key.hex(), ":", item.salt);
}

std::string ItemValueText(const dht::Item& item) {
  if (const auto bytes = StringIn(item)) return std::string(*bytes);
  const std::optional<bencode::Value> value = bencode::Parse(AsBytes(item.value));
  if (!value.has_value()) return "";
  Json json;
  AppendValue(json, *value);
  return json.text();
}

bool IsBencodedString(const dht::Item& item) { return StringIn(item).has_value(); }

std::string ExplainFault(const dht::Item& item) {
  const dht::ItemError error = dht::CheckForm(item.view());
  const std::string number = absl::StrCat(" (error ", static_cast<int>(error), ")");
  switch (error) {
    case dht::ItemError::kNone:
      return "";
    case dht::ItemError::kValueTooBig:
      return absl::StrCat("the value takes ", item.value.size(), " bytes bencoded, and nodes take ",
                          dht::kItemValueSizeMax, " at most", number);
    case dht::ItemError::kSaltTooBig:
      return absl::StrCat("the salt has ", item.salt.size(), " bytes, and nodes take ",
                          dht::kItemSaltSizeMax, " at most", number);
    default:
      return absl::StrCat(dht::Explain(error), number);
  }
}

std::string ExplainRefusals(const dht::ItemReport& report) {
  std::map<int64_t, uint64_t> counts;
  for (const dht::ItemRefusal& refusal : report.refusals) ++counts[refusal.code];
  const dht::ItemRefusal* common = nullptr;
  uint64_t most = 0;
  for (const dht::ItemRefusal& refusal : report.refusals) {
    if (counts[refusal.code] <= most) continue;
    most = counts[refusal.code];
    common = &refusal;
  }
  if (common == nullptr) return "";
  const std::string known = ErrorText(common->code);
  return absl::StrCat(Count(most, "node", "nodes"), " refused it: error ", common->code, ", ",
                      known.empty() ? Printable(common->text) : known);
}

std::string ItemGotJson(const dht::ItemTarget& target, const dht::Item& item,
                        const dht::ItemReport& report, const dht::LookupReport& path) {
  Json json;
  json.BeginObject();
  AppendItem(json, target, item);
  json.Key("nodes").Signed(report.holders);
  AppendPath(json, path);
  return Finish(json);
}

std::string ItemPutJson(const dht::ItemTarget& target, const dht::Item& item,
                        const dht::ItemReport& report, const dht::LookupReport& path) {
  Json json;
  json.BeginObject();
  AppendItem(json, target, item);
  json.Key("asked").Signed(report.asked);
  json.Key("stored").Signed(report.stored);
  json.Key("refusals").BeginArray();
  for (const dht::ItemRefusal& refusal : report.refusals) {
    json.BeginObject().Key("node").Text(refusal.node.ToString());
    json.Key("code").Signed(refusal.code).Key("text").Text(refusal.text).End();
  }
  json.End();
  AppendPath(json, path);
  return Finish(json);
}

}  // namespace starling::cli
