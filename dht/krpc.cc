#include "dht/krpc.h"

namespace starling::dht::krpc {
namespace {

constexpr bencode::Limits kLimits{.depth_max = 16, .tokens_max = 2000};

// The keys of the argument and the reply dictionaries together; a key of the wrong type or size is
// as good as absent.
struct Fields {
  std::optional<NodeId> id;
  std::optional<NodeId> target;
  std::optional<InfoHash> info_hash;
  std::optional<int64_t> port;
  bool has_implied_port = false;
  ByteView nodes;
  ByteView nodes6;
  ByteView token;
  std::optional<bencode::List> values;
  Want want;
};

template <class IdType>
std::optional<IdType> ReadId(const bencode::Value& value) {
  const std::optional<absl::string_view> text = value.string();
  if (!text.has_value() || text->size() != IdType::kSize) return std::nullopt;
  return IdType::FromBytes(AsBytes(*text));
}

// Bytes whose size is a multiple of `unit`.
ByteView ReadBytes(const bencode::Value& value, size_t unit) {
  const std::optional<absl::string_view> text = value.string();
  if (!text.has_value() || text->size() % unit != 0) return {};
  return AsBytes(*text);
}

Want ReadWant(const bencode::Value& value) {
  Want want;
  const std::optional<bencode::List> list = value.list();
  if (!list.has_value()) return want;
  for (const bencode::Value& item : *list) {
    const std::optional<absl::string_view> text = item.string();
    if (text == absl::string_view("n4")) want.v4 = true;
    if (text == absl::string_view("n6")) want.v6 = true;
  }
  return want;
}

void ReadField(absl::string_view key, const bencode::Value& value, Fields& fields) {
  if (key == "id") {
    fields.id = ReadId<NodeId>(value);
  } else if (key == "target") {
    fields.target = ReadId<NodeId>(value);
  } else if (key == "info_hash") {
    fields.info_hash = ReadId<InfoHash>(value);
  } else if (key == "port") {
    fields.port = value.integer();
  } else if (key == "implied_port") {
    fields.has_implied_port = value.integer().value_or(0) != 0;
  } else if (key == "nodes") {
    fields.nodes = ReadBytes(value, kNodeV4Size);
  } else if (key == "nodes6") {
    fields.nodes6 = ReadBytes(value, kNodeV6Size);
  } else if (key == "token") {
    fields.token = ReadBytes(value, 1);
  } else if (key == "values") {
    fields.values = value.list();
  } else if (key == "want") {
    fields.want = ReadWant(value);
  }
}

Fields ReadFields(const bencode::Value& value) {
  Fields fields;
  const std::optional<bencode::Dict> dict = value.dict();
  if (!dict.has_value()) return fields;
  for (const bencode::Entry& entry : *dict) ReadField(entry.key, entry.value, fields);
  return fields;
}

// The envelope: the keys that every message may have.
struct Keys {
  absl::string_view kind;
  absl::string_view method;
  std::optional<bencode::Value> arguments;
  std::optional<bencode::Value> reply;
  std::optional<bencode::Value> error;
};

void ReadKey(absl::string_view key, const bencode::Value& value, Message& message, Keys& keys) {
  if (key == "a") {
    keys.arguments = value;
  } else if (key == "r") {
    keys.reply = value;
  } else if (key == "e") {
    keys.error = value;
  } else if (key == "y") {
    keys.kind = value.string().value_or("");
  } else if (key == "q") {
    keys.method = value.string().value_or("");
  } else if (key == "t") {
    message.transaction_id = AsBytes(value.string().value_or(""));
  } else if (key == "v") {
    message.version = value.string().value_or("");
  } else if (key == "ip") {
    message.seen_as = ReadCompact(AsBytes(value.string().value_or("")));
  } else if (key == "ro") {
    message.is_read_only = value.integer().value_or(0) == 1;
  }
}

decltype(Message::body) ReadAnnounce(const Fields& fields) {
  if (!fields.info_hash.has_value()) return BadQuery{kProtocolError, "info_hash expected"};
  if (fields.token.empty() || fields.token.size() > kTokenSizeMax) {
    return BadQuery{kProtocolError, "token expected"};
  }
  const int64_t port = fields.port.value_or(0);
  const bool is_port = port >= 1 && port <= 0xffff;
  if (!is_port && !fields.has_implied_port) return BadQuery{kProtocolError, "port expected"};
  return AnnouncePeer{*fields.id, *fields.info_hash,
                      is_port ? static_cast<uint16_t>(port) : uint16_t{0}, fields.has_implied_port,
                      fields.token};
}

decltype(Message::body) ReadQuery(const Keys& keys) {
  if (!keys.arguments.has_value()) return BadQuery{kProtocolError, "arguments expected"};
  const Fields fields = ReadFields(*keys.arguments);
  if (!fields.id.has_value()) return BadQuery{kProtocolError, "id expected"};
  if (keys.method == "ping") return Ping{*fields.id};
  if (keys.method == "get_peers") {
    if (!fields.info_hash.has_value()) return BadQuery{kProtocolError, "info_hash expected"};
    return GetPeers{*fields.id, *fields.info_hash, fields.want};
  }
  if (keys.method == "announce_peer") return ReadAnnounce(fields);
  if (fields.target.has_value()) {
    // Methods of extensions that we do not know but that name what they look for are answered like
    // find_node, so that such lookups pass through us; other clients do the same.
    return FindNode{*fields.id, *fields.target, fields.want};
  }
  if (keys.method == "find_node") return BadQuery{kProtocolError, "target expected"};
  return BadQuery{kMethodUnknown, "method unknown"};
}

Error ReadError(const bencode::Value& value) {
  Error error;
  const std::optional<bencode::List> list = value.list();
  if (!list.has_value()) return error;
  for (const bencode::Value& item : *list) {
    if (const auto code = item.integer()) error.code = *code;
    if (const auto text = item.string()) error.text = *text;
  }
  return error;
}

}  // namespace

std::optional<Message> Parse(ByteView datagram) {
  const std::optional<bencode::Value> value = bencode::Parse(datagram, kLimits);
  if (!value.has_value()) return std::nullopt;
  const std::optional<bencode::Dict> dict = value->dict();
  if (!dict.has_value()) return std::nullopt;

  Message message;
  Keys keys;
  for (const bencode::Entry& entry : *dict) ReadKey(entry.key, entry.value, message, keys);
  if (message.transaction_id.size() > kTransactionIdSizeMax) return std::nullopt;
  if (keys.kind == "q") {
    message.body = ReadQuery(keys);
  } else if (keys.kind == "r" && keys.reply.has_value()) {
    const Fields fields = ReadFields(*keys.reply);
    if (!fields.id.has_value()) return std::nullopt;
    const ByteView token = fields.token.size() <= kTokenSizeMax ? fields.token : ByteView();
    message.body = Reply{*fields.id, fields.nodes, fields.nodes6, token, fields.values};
  } else if (keys.kind == "e" && keys.error.has_value()) {
    message.body = ReadError(*keys.error);
  } else {
    return std::nullopt;
  }
  return message;
}

Node NodeAt(ByteView compact, size_t node_size, size_t index) {
  const ByteView bytes = compact.subspan(index * node_size, node_size);
  // Both sizes are compact forms, so the endpoint is always there.
  return Node{NodeId::FromBytes(bytes), *ReadCompact(bytes.subspan(NodeId::kSize))};
}

}  // namespace starling::dht::krpc
