#include "dht/krpc_writer.h"

#include <array>
#include <charconv>
#include <cstring>

namespace starling::dht::krpc {
namespace {

// Writes pieces of bencoding one after another. Keys, and the heads of strings whose size never
// changes, are literals: a bencode::Writer, which counts and checks each of them, took a quarter of
// the time of a simulated datagram.
class Pen {
 public:
  explicit Pen(ByteSpan space) : space_(space) {}

  template <size_t kSize>
  Pen& Text(const char (&text)[kSize]) {
    return Put(text, kSize - 1);
  }
  template <class IdType>
  Pen& Id(const IdType& id) {
    return Put(id.bytes.data(), IdType::kSize);
  }
  Pen& Number(int64_t number) {
    char digits[24];
    const auto [end, error] = std::to_chars(digits, digits + sizeof(digits), number);
    return Put(digits, static_cast<size_t>(end - digits));
  }
  // A string, with its head.
  Pen& Bytes(ByteView bytes) {
    Number(static_cast<int64_t>(bytes.size())).Text(":");
    return Put(bytes.data(), bytes.size());
  }
  Pen& Compact(const Endpoint& endpoint) {
    std::array<std::byte, kCompactSizeMax> compact;
    const size_t size = WriteCompact(endpoint, compact.data());
    return size == kCompactV4Size ? Put(compact.data(), kCompactV4Size) : Put(compact.data(), size);
  }
  // How much was written; 0 if it did not fit.
  size_t size() const { return fits_ ? size_ : 0; }

 private:
  Pen& Put(const void* bytes, size_t size) {
    if (size > space_.size() - size_) {
      fits_ = false;
    } else if (size > 0) {
      std::memcpy(space_.data() + size_, bytes, size);
      size_ += size;
    }
    return *this;
  }

  ByteSpan space_;
  size_t size_ = 0;
  bool fits_ = true;
};

void WriteEndpoint(Pen& pen, const Endpoint& endpoint) {
  if (endpoint.is_v4()) {
    pen.Text("6:").Compact(endpoint);
  } else {
    pen.Text("18:").Compact(endpoint);
  }
}

void WriteSeenAs(Pen& pen, const Envelope& envelope) {
  if (envelope.seen_as.has_value()) WriteEndpoint(pen.Text("2:ip"), *envelope.seen_as);
}

void WriteWant(Pen& pen, const Want& want) {
  if (!want.v4 && !want.v6) return;
  pen.Text("4:wantl");
  if (want.v4) pen.Text("2:n4");
  if (want.v6) pen.Text("2:n6");
  pen.Text("e");
}

// `t` and `v`; after them comes only `y`.
Pen& WriteIdAndVersion(Pen& pen, const Envelope& envelope) {
  pen.Text("1:t").Bytes(envelope.transaction_id);
  if (!envelope.version.empty()) pen.Text("1:v").Bytes(AsBytes(envelope.version));
  return pen;
}

size_t FinishQuery(Pen& pen, const Envelope& envelope) {
  if (envelope.is_read_only) pen.Text("2:roi1e");
  return WriteIdAndVersion(pen, envelope).Text("1:y1:qe").size();
}

void WriteNodes(Pen& pen, size_t node_size, std::span<const Contact* const> nodes) {
  pen.Number(static_cast<int64_t>(nodes.size() * node_size)).Text(":");
  for (const Contact* node : nodes) pen.Id(node->id).Compact(node->endpoint);
}

void WriteSamples(Pen& pen, const Samples& samples) {
  pen.Text("3:numi").Number(samples.num).Text("e7:samples");
  pen.Number(static_cast<int64_t>(samples.hashes.size() * InfoHash::kSize)).Text(":");
  for (const InfoHash& hash : samples.hashes) pen.Id(hash);
}

}  // namespace

size_t Write(ByteSpan space, const Envelope& envelope, const Ping& query) {
  Pen pen(space);
  pen.Text("d1:ad2:id20:").Id(query.id).Text("e1:q4:ping");
  return FinishQuery(pen, envelope);
}

size_t Write(ByteSpan space, const Envelope& envelope, const FindNode& query) {
  Pen pen(space);
  pen.Text("d1:ad2:id20:").Id(query.id).Text("6:target20:").Id(query.target);
  WriteWant(pen, query.want);
  pen.Text("e1:q9:find_node");
  return FinishQuery(pen, envelope);
}

size_t Write(ByteSpan space, const Envelope& envelope, const GetPeers& query) {
  Pen pen(space);
  pen.Text("d1:ad2:id20:").Id(query.id).Text("9:info_hash20:").Id(query.info_hash);
  if (query.noseed) pen.Text("6:noseedi1e");
  if (query.scrape) pen.Text("6:scrapei1e");
  WriteWant(pen, query.want);
  pen.Text("e1:q9:get_peers");
  return FinishQuery(pen, envelope);
}

size_t Write(ByteSpan space, const Envelope& envelope, const SampleInfohashes& query) {
  Pen pen(space);
  pen.Text("d1:ad2:id20:").Id(query.id).Text("6:target20:").Id(query.target);
  WriteWant(pen, query.want);
  pen.Text("e1:q17:sample_infohashes");
  return FinishQuery(pen, envelope);
}

size_t Write(ByteSpan space, const Envelope& envelope, const AnnouncePeer& query) {
  Pen pen(space);
  pen.Text("d1:ad2:id20:").Id(query.id);
  if (query.implied_port) pen.Text("12:implied_porti1e");
  pen.Text("9:info_hash20:").Id(query.info_hash);
  pen.Text("4:porti").Number(query.port).Text("e");
  if (query.seed) pen.Text("4:seedi1e");
  pen.Text("5:token").Bytes(query.token);
  pen.Text("e1:q13:announce_peer");
  return FinishQuery(pen, envelope);
}

size_t Write(ByteSpan space, const Envelope& envelope, const Answer& answer) {
  Pen pen(space);
  WriteSeenAs(pen.Text("d"), envelope);
  pen.Text("1:rd");
  if (!answer.peers_filter.empty()) pen.Text("4:BFpe").Bytes(answer.peers_filter);
  if (!answer.seeds_filter.empty()) pen.Text("4:BFsd").Bytes(answer.seeds_filter);
  pen.Text("2:id20:").Id(answer.id);
  if (answer.samples.has_value()) {
    pen.Text("8:intervali").Number(answer.samples->interval_s).Text("e");
  }
  if (answer.nodes.has_value()) WriteNodes(pen.Text("5:nodes"), kNodeV4Size, *answer.nodes);
  if (answer.nodes6.has_value()) WriteNodes(pen.Text("6:nodes6"), kNodeV6Size, *answer.nodes6);
  if (answer.samples.has_value()) WriteSamples(pen, *answer.samples);
  if (!answer.token.empty()) pen.Text("5:token").Bytes(answer.token);
  if (!answer.values.empty()) {
    pen.Text("6:valuesl");
    for (const Endpoint& peer : answer.values) WriteEndpoint(pen, peer);
    pen.Text("e");
  }
  return WriteIdAndVersion(pen.Text("e"), envelope).Text("1:y1:re").size();
}

size_t Write(ByteSpan space, const Envelope& envelope, const Error& error) {
  Pen pen(space);
  pen.Text("d1:eli").Number(error.code).Text("e").Bytes(AsBytes(error.text)).Text("e");
  WriteSeenAs(pen, envelope);
  return WriteIdAndVersion(pen, envelope).Text("1:y1:ee").size();
}

size_t AnswerSizeMax(const Envelope& envelope, const Answer& answer) {
  constexpr size_t kSamplesHeadSize = 64;
  constexpr size_t kFixed = 128;  // all keys, heads and ends, our id and the address
  size_t size = kFixed + envelope.transaction_id.size() + envelope.version.size();
  if (answer.nodes.has_value()) size += answer.nodes->size() * kNodeV4Size;
  if (answer.nodes6.has_value()) size += answer.nodes6->size() * kNodeV6Size;
  constexpr size_t kHead = 10;  // key and length
  if (!answer.seeds_filter.empty()) {
    size += answer.seeds_filter.size() + answer.peers_filter.size() + 2 * kHead;
  }
  if (answer.samples.has_value()) size += kSamplesHeadSize;
  return size + answer.token.size();
}

}  // namespace starling::dht::krpc
