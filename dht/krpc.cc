#include "dht/krpc.h"

#include "dht/bloom_filter.h"
#include "dht/krpc_items.h"

namespace starling::dht::krpc {
namespace {

// Inside of the message and of its arguments.
constexpr bencode::Limits kValueLimits{.depth_max = 14, .tokens_max = 2000};

// The keys of the argument and the reply dictionaries together; a key of the wrong type or size is
// as good as absent.
struct Fields {
  Fields() {}  // else emplace() would first write zeros over all of it

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
  ItemFields item;
  bool is_scrape = false;
  bool is_noseed = false;
  bool is_seed = false;
  ByteView seeds_filter;
  ByteView peers_filter;
  std::optional<ByteView> samples;
  std::optional<int64_t> interval;
  std::optional<int64_t> num;
};

// The envelope: the keys that every message may have.
struct Keys {
  absl::string_view kind;
  absl::string_view method;
  std::optional<Fields> arguments;
  std::optional<Fields> reply;
  std::optional<bencode::Value> error;
};

// Reads the message once, from front to back, and checks it on the way: strings, which are nearly
// all of it, right here, everything else by bencode::ParsePrefix.
class Reader {
 public:
  explicit Reader(ByteView datagram) : rest_(datagram) {}

  // False if it is no dictionary, damaged, or followed by something.
  bool Read(Message& message, Keys& keys);

 private:
  bool Begins(char with) const {
    return !rest_.empty() && rest_[0] == static_cast<std::byte>(with);
  }
  // Reads a dictionary; `read(key)` reads the value of each key.
  template <class ReadValue>
  bool ReadDict(ReadValue read);
  bool ReadFields(std::optional<Fields>& fields);
  void TakeText(absl::string_view key, absl::string_view text, Fields& fields) const;
  void TakeOther(absl::string_view key, const bencode::Value& value, Fields& fields) const;
  std::optional<bencode::Value> TakeValue();

  ByteView rest_;
};

template <class IdType>
std::optional<IdType> ReadId(absl::string_view text) {
  if (text.size() != IdType::kSize) return std::nullopt;
  return IdType::FromBytes(AsBytes(text));
}

// Bytes whose size is a multiple of `unit`.
ByteView ReadBytes(absl::string_view text, size_t unit) {
  return text.size() % unit == 0 ? AsBytes(text) : ByteView();
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

std::optional<bencode::Value> Reader::TakeValue() {
  std::optional<bencode::Value> value = bencode::ParsePrefix(rest_, kValueLimits);
  if (value.has_value()) rest_ = rest_.subspan(value->raw().size());
  return value;
}

template <class ReadValue>
bool Reader::ReadDict(ReadValue read) {
  if (!Begins('d')) return false;
  rest_ = rest_.subspan(1);
  while (!Begins('e')) {
    const std::optional<absl::string_view> key = bencode::TakeString(rest_);
    if (!key.has_value() || !read(*key)) return false;
  }
  rest_ = rest_.subspan(1);
  return true;
}

void Reader::TakeText(absl::string_view key, absl::string_view text, Fields& fields) const {
  if (key == "id") {
    fields.id = ReadId<NodeId>(text);
  } else if (key == "target") {
    fields.target = ReadId<NodeId>(text);
  } else if (key == "info_hash") {
    fields.info_hash = ReadId<InfoHash>(text);
  } else if (key == "nodes") {
    fields.nodes = ReadBytes(text, kNodeV4Size);
  } else if (key == "nodes6") {
    fields.nodes6 = ReadBytes(text, kNodeV6Size);
  } else if (key == "token") {
    fields.token = AsBytes(text);
  } else if (key == "samples") {
    if (text.size() % InfoHash::kSize == 0) fields.samples = AsBytes(text);
  } else if (key == "BFsd") {
    if (text.size() == BloomFilter::kSize) fields.seeds_filter = AsBytes(text);
  } else if (key == "BFpe") {
    if (text.size() == BloomFilter::kSize) fields.peers_filter = AsBytes(text);
  } else {
    TakeItemText(key, text, fields.item);
  }
}

void Reader::TakeOther(absl::string_view key, const bencode::Value& value, Fields& fields) const {
  if (key == "port") {
    fields.port = value.integer();
  } else if (key == "implied_port") {
    fields.has_implied_port = value.integer().value_or(0) != 0;
  } else if (key == "values") {
    fields.values = value.list();
  } else if (key == "want") {
    fields.want = ReadWant(value);
  } else if (key == "scrape") {
    fields.is_scrape = value.integer().value_or(0) == 1;
  } else if (key == "noseed") {
    fields.is_noseed = value.integer().value_or(0) == 1;
  } else if (key == "seed") {
    fields.is_seed = value.integer().value_or(0) == 1;
  } else if (key == "interval") {
    fields.interval = value.integer();
  } else if (key == "num") {
    fields.num = value.integer();
  } else {
    TakeItemOther(key, value, fields.item);
  }
}

bool Reader::ReadFields(std::optional<Fields>& fields) {
  fields.emplace();
  return ReadDict([&](absl::string_view key) {
    const ByteView from_here = rest_;
    if (const auto text = bencode::TakeString(rest_)) {
      TakeText(key, *text, *fields);
      if (key == "v") fields->item.value = from_here.first(from_here.size() - rest_.size());
      return true;
    }
    const std::optional<bencode::Value> value = TakeValue();
    if (value.has_value()) TakeOther(key, *value, *fields);
    return value.has_value();
  });
}

void TakeEnvelopeText(absl::string_view key, absl::string_view text, Message& message, Keys& keys) {
  if (key == "ip") message.seen_as = ReadCompact(AsBytes(text));
  if (key == "y") keys.kind = text;
  if (key == "q") keys.method = text;
  if (key == "t") message.transaction_id = AsBytes(text);
  if (key == "v") message.version = text;
}

bool Reader::Read(Message& message, Keys& keys) {
  const bool is_whole = ReadDict([&](absl::string_view key) {
    if (key == "a" && Begins('d')) return ReadFields(keys.arguments);
    if (key == "r" && Begins('d')) return ReadFields(keys.reply);
    if (const auto text = bencode::TakeString(rest_)) {
      TakeEnvelopeText(key, *text, message, keys);
      // One that is no dictionary holds no fields.
      if (key == "a") keys.arguments.emplace();
      if (key == "r") keys.reply.emplace();
      return true;
    }
    const std::optional<bencode::Value> value = TakeValue();
    if (!value.has_value()) return false;
    if (key == "a") keys.arguments.emplace();
    if (key == "r") keys.reply.emplace();
    if (key == "e") keys.error = *value;
    if (key == "ro") message.is_read_only = value->integer().value_or(0) == 1;
    return true;
  });
  return is_whole && rest_.empty();
}

decltype(Message::body) ReadAnnounce(const Fields& fields) {
  if (!fields.info_hash.has_value()) return BadQuery{kProtocolError, "info_hash expected"};
  if (fields.token.empty() || fields.token.size() > kTokenSizeMax) {
    return BadQuery{kProtocolError, "token expected"};
  }
  const int64_t port = fields.port.value_or(0);
  const bool is_port = port >= 1 && port <= 0xffff;
  if (!is_port && !fields.has_implied_port) return BadQuery{kProtocolError, "port expected"};
  return AnnouncePeer{*fields.id,
                      *fields.info_hash,
                      is_port ? static_cast<uint16_t>(port) : uint16_t{0},
                      fields.has_implied_port,
                      fields.token,
                      fields.is_seed};
}

decltype(Message::body) ReadPut(const Fields& fields) {
  if (fields.token.empty() || fields.token.size() > kTokenSizeMax) {
    return BadQuery{kProtocolError, "token expected"};
  }
  if (fields.item.value.empty()) return BadQuery{kProtocolError, "v expected"};
  const std::optional<ItemView> item = MakeItem(fields.item);
  if (!item.has_value()) return BadQuery{kProtocolError, "k, sig and seq expected"};
  return Put{*fields.id, fields.token, *item, fields.item.cas};
}

decltype(Message::body) ReadQuery(const Keys& keys) {
  if (!keys.arguments.has_value()) return BadQuery{kProtocolError, "arguments expected"};
  const Fields& fields = *keys.arguments;
  if (!fields.id.has_value()) return BadQuery{kProtocolError, "id expected"};
  if (keys.method == "ping") return Ping{*fields.id};
  if (keys.method == "get_peers") {
    if (!fields.info_hash.has_value()) return BadQuery{kProtocolError, "info_hash expected"};
    return GetPeers{*fields.id, *fields.info_hash, fields.want, fields.is_scrape, fields.is_noseed};
  }
  if (keys.method == "announce_peer") return ReadAnnounce(fields);
  if (keys.method == "put") return ReadPut(fields);
  if (keys.method == "get" && fields.target.has_value()) {
    return Get{*fields.id, ItemTarget::From(*fields.target), fields.item.seq, fields.want};
  }
  if (keys.method == "sample_infohashes" && fields.target.has_value()) {
    return SampleInfohashes{*fields.id, *fields.target, fields.want};
  }
  if (fields.target.has_value()) {
    // Methods of extensions that we do not know but that name what they look for are answered like
    // find_node, so that such lookups pass through us; other clients do the same.
    return FindNode{*fields.id, *fields.target, fields.want};
  }
  if (keys.method == "find_node" || keys.method == "get")
    return BadQuery{kProtocolError, "target expected"};
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

// False if it is no message.
bool ReadBody(const Keys& keys, Message& message) {
  if (keys.kind == "q") {
    message.body = ReadQuery(keys);
    return true;
  }
  if (keys.kind == "r" && keys.reply.has_value()) {
    const Fields& fields = *keys.reply;
    if (!fields.id.has_value()) return false;
    const ByteView token = fields.token.size() <= kTokenSizeMax ? fields.token : ByteView();
    message.body =
        Reply{*fields.id,      fields.nodes,        fields.nodes6,
              token,           fields.values,       MakeItem(fields.item).value_or(ItemView()),
              fields.item.seq, fields.seeds_filter, fields.peers_filter,
              fields.samples,  fields.interval,     fields.num};
    return true;
  }
  if (keys.kind != "e" || !keys.error.has_value()) return false;
  message.body = ReadError(*keys.error);
  return true;
}

}  // namespace

std::optional<Message> Parse(ByteView datagram) {
  std::optional<Message> message(std::in_place);  // returned where it is, not copied
  Keys keys;
  const bool is_message = Reader(datagram).Read(*message, keys) &&
                          message->transaction_id.size() <= kTransactionIdSizeMax &&
                          ReadBody(keys, *message);
  if (!is_message) message.reset();
  return message;
}

Node NodeAt(ByteView compact, size_t node_size, size_t index) {
  const ByteView bytes = compact.subspan(index * node_size, node_size);
  // Both sizes are compact forms, so the endpoint is always there.
  return Node{NodeId::FromBytes(bytes), *ReadCompact(bytes.subspan(NodeId::kSize))};
}

}  // namespace starling::dht::krpc
