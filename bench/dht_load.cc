// A load generator for one DHT node: queries from thousands of loopback addresses, 20 % ping, 40 %
// find_node, 35 % get_peers (half of them for a hash that has peers), 5 % announce_peer with the
// token that get_peers gave. It answers what the node asks its addresses, so that they enter its
// table. Prints one line of JSON: queries answered, by CPU second of the server too, latency, loss.
//
//   bench_dht_load --server 127.0.0.1:7000 --pid 1234 [--seconds 5] [--rate N] ...
//
// bench/dht_server.py runs it against several servers.
#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "base/random.h"
#include "bench/dht_load_settings.h"
#include "bench/many_address_socket.h"
#include "bench/process_use.h"
#include "dht/krpc_writer.h"

namespace starling::bench {
namespace {

using dht::krpc::Envelope;

constexpr uint32_t kFirstAddress = 0x7f100000;  // 127.16.0.0
constexpr uint32_t kFloodAddress = 0x7f0a0a0a;
constexpr double kWarmRate = 20'000;
constexpr double kRateMax = 2'000'000;  // more than any server answers
constexpr double kLostAfterS = 1;
// From one look at the clock to the next takes less: if it took longer, the machine had paused us.
constexpr double kPauseS = 0.5e-3;
constexpr size_t kIdAt = 12;      // in each query: "d1:ad2:id20:"
constexpr size_t kTargetAt = 43;  // in find_node: "6:target20:" after it
constexpr size_t kHashAt = 46;    // in get_peers: "9:info_hash20:"

double Seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

struct Source {
  NodeId id;
  InfoHash hash;  // that it announces
  uint8_t token_size = 0;
  std::array<std::byte, 40> token;
};

struct Query {  // in flight
  double sent = 0;
  double paused = 0;  // how long this program had been paused by then
  uint32_t source = 0;
  Kind kind = kPing;
  uint8_t generation = 0;
  bool is_open = false;
};

struct Counts {
  uint64_t sent = 0, answered = 0, errors = 0, lost = 0, unknown = 0, asked_us = 0, flood = 0;
  uint64_t bytes_out = 0;
  std::array<uint64_t, kKinds> answers{};
  std::array<uint64_t, kKinds> answer_bytes{};
};

class Load {
 public:
  explicit Load(const LoadSettings& settings)
      : settings_(settings), socket_(settings.server), sources_(settings.sources) {
    queries_.resize(settings.window);
    for (uint32_t i = settings.window; i > 0; --i) free_.push_back(i - 1);
    for (uint32_t i = 0; i < settings.sources; ++i) {
      sources_[i].id = random_.NextId<NodeId>();
      const uint32_t hash = i % settings.hashes;
      SeededRandom of_hash = SeededRandom::For(7, hash, 1);
      sources_[i].hash = of_hash.NextId<InfoHash>();
    }
    MakeTemplates();
  }

  void Run() {
    RunPhase(settings_.warm_s, kWarmRate, 0);
    counts_ = {};
    MakeRoomForLatencies();
    paused_s_ = 0;
    const double begin = Seconds();
    const double cpu = CpuSeconds(settings_.pid);
    RunPhase(settings_.seconds, settings_.rate, settings_.flood_rate);
    const double end = Seconds();
    Report(end - begin, CpuSeconds(settings_.pid) - cpu);
  }

 private:
  void MakeTemplates();
  void MakeRoomForLatencies();
  void RunPhase(double seconds, double rate, double flood_rate);
  void SendOne(double now);
  size_t Encode(Kind kind, Source& source, ByteSpan space);
  void SendFlood();
  void OnDatagram(uint32_t local, ByteView bytes);
  void OnAnswer(Query& query, ByteView bytes, char type);
  void KeepToken(Source& source, ByteView bytes);
  void AnswerQuery(uint32_t local, ByteView bytes);
  void ForgetLost(double now);
  void Report(double wall_s, double cpu_s);

  uint32_t AddressOf(uint32_t index) const {
    // Neighbours lie far apart, so that prefixes have as many addresses as chance gives them.
    return kFirstAddress + ((index * 2'654'435'769u) >> 10);
  }
  Kind Draw() {
    if (settings_.hostile) return kAnnounce;
    const uint64_t draw = random_.Below(100);
    uint32_t sum = 0;
    for (size_t kind = 0; kind < kKinds; ++kind) {
      sum += kMix[kind];
      if (draw < sum) return static_cast<Kind>(kind);
    }
    return kPing;
  }

  const LoadSettings settings_;
  SeededRandom random_{1};
  ManyAddressSocket socket_;
  std::vector<Source> sources_;
  uint32_t next_source_ = 0;
  std::vector<Query> queries_;
  std::vector<uint32_t> free_;
  std::array<std::array<std::byte, 128>, kKinds> templates_;
  std::array<size_t, kKinds> template_sizes_{};
  Counts counts_;
  std::vector<float> latencies_;
  double paused_s_ = 0;
};

void Load::MakeTemplates() {
  Envelope envelope;
  const std::array<std::byte, 4> transaction{};
  envelope.transaction_id = transaction;
  template_sizes_[kPing] = Write(templates_[kPing], envelope, dht::krpc::Ping{});
  template_sizes_[kFindNode] = Write(templates_[kFindNode], envelope, dht::krpc::FindNode{});
  template_sizes_[kGetPeers] = Write(templates_[kGetPeers], envelope, dht::krpc::GetPeers{});
}

// Growing while it measures would stop it for milliseconds.
void Load::MakeRoomForLatencies() {
  const double rate = settings_.rate > 0 ? settings_.rate : kRateMax;
  const auto count = static_cast<size_t>(settings_.seconds * rate) + settings_.window;
  latencies_.assign(count, 0);  // touches the memory
  latencies_.clear();
}

size_t Load::Encode(Kind kind, Source& source, ByteSpan space) {
  if (kind == kAnnounce) {
    Envelope envelope;
    const std::array<std::byte, 4> transaction{};
    envelope.transaction_id = transaction;
    const dht::krpc::AnnouncePeer query{source.id, source.hash, 6881, false,
                                        ByteView(source.token).first(source.token_size)};
    if (settings_.hostile) source.token_size = 0;
    return Write(space, envelope, query);
  }
  const size_t size = template_sizes_[kind];
  std::memcpy(space.data(), templates_[kind].data(), size);
  std::memcpy(space.data() + kIdAt, source.id.bytes.data(), NodeId::kSize);
  if (kind == kFindNode) random_.Fill(space.subspan(kTargetAt, NodeId::kSize));
  if (kind != kGetPeers) return size;
  if (settings_.hostile) source.hash = random_.NextId<InfoHash>();
  if (source.token_size == 0 || random_.Below(2) == 0) {
    std::memcpy(space.data() + kHashAt, source.hash.bytes.data(), InfoHash::kSize);
  } else {
    random_.Fill(space.subspan(kHashAt, InfoHash::kSize));
    space[kHashAt] = source.hash.bytes[0] ^ std::byte{0xff};  // nobody's
  }
  return size;
}

void Load::SendOne(double now) {
  const uint32_t slot = free_.back();
  free_.pop_back();
  next_source_ = next_source_ + 1 == settings_.sources ? 0 : next_source_ + 1;
  Source& source = sources_[next_source_];
  Kind kind = Draw();
  if (kind == kAnnounce && source.token_size == 0) kind = kGetPeers;
  const ByteSpan space = socket_.space();
  const size_t size = Encode(kind, source, space);
  Query& query = queries_[slot];
  query = {now, paused_s_, next_source_, kind, static_cast<uint8_t>(query.generation + 1), true};
  // "....1:y1:qe": the kind for the echo server, then which of ours it is.
  space[size - 11] = static_cast<std::byte>(kind);
  StoreBig<uint16_t>(space.data() + size - 10, static_cast<uint16_t>(slot));
  space[size - 8] = static_cast<std::byte>(query.generation);
  socket_.Queue(AddressOf(next_source_), size);
  ++counts_.sent;
  counts_.bytes_out += size;
}

void Load::SendFlood() {
  const ByteSpan space = socket_.space();
  const size_t size = template_sizes_[kPing];
  std::memcpy(space.data(), templates_[kPing].data(), size);
  space[kIdAt] = std::byte{1};
  space[size - 11] = std::byte{0xff};
  socket_.Queue(kFloodAddress, size);
  ++counts_.flood;
}

void Load::RunPhase(double seconds, double rate, double flood_rate) {
  const double begin = Seconds();
  double scan = begin, report = begin + settings_.report_s, next = begin, next_flood = begin;
  double last = begin;
  // Pauses of this program are no latency of the server, nor is the heap of what is due after one.
  const auto look_at_clock = [&] {
    const double now = Seconds();
    if (now - last > kPauseS) {
      paused_s_ += now - last;
      next += now - last;
    }
    last = now;
    return now;
  };
  while (true) {
    const double now = look_at_clock();
    if (now >= begin + seconds) break;
    for (size_t i = 0; i < ManyAddressSocket::kBatch && !free_.empty(); ++i) {
      if (rate > 0 && next > now) break;
      // At a rate, latency counts from when the query was due, late as it may leave.
      SendOne(rate > 0 ? next : now);
      if (rate > 0) next += 1 / rate;
    }
    for (int i = 0; flood_rate > 0 && next_flood <= now && i < 64; ++i) {
      SendFlood();
      next_flood += 1 / flood_rate;
    }
    socket_.Flush();
    look_at_clock();
    const size_t received =
        socket_.Receive([this](uint32_t local, ByteView bytes) { OnDatagram(local, bytes); });
    if (received == 0 && free_.empty()) {
      socket_.WaitReadable(1);
      last = Seconds();
    }
    if (now >= scan) {
      scan = now + 0.1;
      ForgetLost(now);
    }
    if (settings_.report_s > 0 && now >= report) {
      report += settings_.report_s;
      std::printf(
          "{\"at_s\": %.0f, \"sent\": %lu, \"answered\": %lu, \"errors\": %lu, \"rss_kb\": %ld}\n",
          now - begin, counts_.sent, counts_.answered, counts_.errors,
          ResidentKilobytes(settings_.pid));
      std::fflush(stdout);
    }
  }
  // What is still on its way is waited for.
  const double end = Seconds();
  while (free_.size() < queries_.size() && Seconds() < end + kLostAfterS) {
    socket_.WaitReadable(1);
    socket_.Receive([this](uint32_t local, ByteView bytes) { OnDatagram(local, bytes); });
  }
  ForgetLost(Seconds() + kLostAfterS);
}

void Load::OnDatagram(uint32_t local, ByteView bytes) {
  if (bytes.size() < 20) return;
  const char type = static_cast<char>(bytes[bytes.size() - 2]);
  if (type == 'q') return AnswerQuery(local, bytes);
  // The transaction id stands near the end, before `v` at most.
  const absl::string_view tail = AsText(bytes.last(std::min<size_t>(bytes.size(), 48)));
  const size_t at = tail.rfind("1:t4:");
  if (at == tail.npos || at + 9 > tail.size()) return;
  const auto* id = reinterpret_cast<const std::byte*>(tail.data()) + at + 5;
  if (id[0] == std::byte{0xff}) return;  // of the flood
  const auto slot = LoadBig<uint16_t>(id + 1);
  if (slot >= queries_.size() || !queries_[slot].is_open ||
      static_cast<uint8_t>(id[3]) != queries_[slot].generation) {
    ++counts_.unknown;
    return;
  }
  OnAnswer(queries_[slot], bytes, type);
  free_.push_back(slot);
}

void Load::OnAnswer(Query& query, ByteView bytes, char type) {
  query.is_open = false;
  latencies_.push_back(static_cast<float>(Seconds() - query.sent - (paused_s_ - query.paused)));
  if (type != 'r') {
    ++counts_.errors;
    return;
  }
  ++counts_.answered;
  ++counts_.answers[query.kind];
  counts_.answer_bytes[query.kind] += bytes.size();
  if (query.kind == kGetPeers) KeepToken(sources_[query.source], bytes);
}

void Load::KeepToken(Source& source, ByteView bytes) {
  // Some servers bind the token to the hash too: only the first one is surely for its own hash.
  if (source.token_size != 0) return;
  const absl::string_view text = AsText(bytes);
  const size_t at = text.find("5:token");
  if (at == text.npos) return;
  ByteView rest = bytes.subspan(at + 7);
  const auto token = bencode::TakeString(rest);
  if (!token.has_value() || token->size() > source.token.size()) return;
  std::memcpy(source.token.data(), token->data(), token->size());
  source.token_size = static_cast<uint8_t>(token->size());
}

// The node asks one of our addresses: it is a good node that knows eight others.
void Load::AnswerQuery(uint32_t local, ByteView bytes) {
  const std::optional<dht::krpc::Message> message = dht::krpc::Parse(bytes);
  if (!message.has_value()) return;
  ++counts_.asked_us;
  // Few sources are ever asked, so they are looked for one by one.
  uint32_t index = 0;
  while (index < settings_.sources && AddressOf(index) != local) ++index;
  if (index == settings_.sources) return;
  std::array<dht::Contact, 8> contacts;
  std::array<const dht::Contact*, 8> nodes;
  for (size_t i = 0; i < contacts.size(); ++i) {
    const auto other = static_cast<uint32_t>(random_.Below(settings_.sources));
    contacts[i].id = sources_[other].id;
    contacts[i].endpoint = Endpoint::V4(AddressOf(other), settings_.server.port);
    nodes[i] = &contacts[i];
  }
  Envelope envelope;
  envelope.transaction_id = message->transaction_id;
  dht::krpc::Answer answer;
  answer.id = sources_[index].id;
  if (!std::holds_alternative<dht::krpc::Ping>(message->body)) answer.nodes = nodes;
  socket_.Queue(local, Write(socket_.space(), envelope, answer));
}

void Load::ForgetLost(double now) {
  for (uint32_t slot = 0; slot < queries_.size(); ++slot) {
    if (!queries_[slot].is_open || queries_[slot].sent + kLostAfterS > now) continue;
    queries_[slot].is_open = false;
    free_.push_back(slot);
    ++counts_.lost;
  }
}

void Load::Report(double wall_s, double cpu_s) {
  std::sort(latencies_.begin(), latencies_.end());
  const auto quantile_ms = [this](double share) {
    if (latencies_.empty()) return 0.0;
    const auto last = static_cast<double>(latencies_.size() - 1);
    return 1e3 * static_cast<double>(latencies_[static_cast<size_t>(share * last)]);
  };
  const auto answered = static_cast<double>(counts_.answered);
  std::printf(
      "{\"wall_s\": %.3f, \"cpu_s\": %.3f, \"sent\": %lu, \"answered\": %lu, "
      "\"errors\": %lu, \"lost\": %lu, \"unknown\": %lu, \"asked_us\": %lu, "
      "\"flood\": %lu, ",
      wall_s, cpu_s, counts_.sent, counts_.answered, counts_.errors, counts_.lost, counts_.unknown,
      counts_.asked_us, counts_.flood);
  std::printf("\"a_second\": %.0f, \"a_cpu_second\": %.0f, \"query_bytes\": %.0f, ",
              answered / wall_s, cpu_s > 0 ? answered / cpu_s : 0,
              static_cast<double>(counts_.bytes_out) / static_cast<double>(counts_.sent));
  for (size_t kind = 0; kind < kKinds; ++kind) {
    std::printf("\"%s_bytes\": %.0f, ", kKindNames[kind],
                static_cast<double>(counts_.answer_bytes[kind]) /
                    static_cast<double>(std::max<uint64_t>(counts_.answers[kind], 1)));
  }
  std::printf("\"paused_s\": %.4f, ", paused_s_);
  std::printf("\"p50_ms\": %.3f, \"p99_ms\": %.3f, \"p999_ms\": %.3f, \"max_ms\": %.3f}\n",
              quantile_ms(0.5), quantile_ms(0.99), quantile_ms(0.999), quantile_ms(1));
}

}  // namespace
}  // namespace starling::bench

int main(int argc, char** argv) {
  const auto settings = starling::bench::ReadLoadSettings(argc, argv);
  if (!settings.has_value()) {
    std::fprintf(stderr, "bench_dht_load: see bench/dht_load_settings.h for what it takes\n");
    return 2;
  }
  starling::bench::Load(*settings).Run();
}
