// The physical limit for a DHT node: answers the queries of bench_dht_load with as many bytes as a
// node would, without looking at more than the kind, which is a byte at a fixed place.
//
//   bench_dht_echo PORT batched|whole|single PING FIND_NODE GET_PEERS ANNOUNCE  (sizes of answers)
//
// `whole` is batched too and forbids fragments, which spares the kernel a tenth of its work.
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

constexpr size_t kBatch = 64;
constexpr size_t kSizeMax = 1600;
constexpr size_t kKindFromEnd = 11;  // "....1:y1:qe": the transaction id and what is behind it
constexpr size_t kIdSize = 4;
constexpr size_t kTailSize = 16;  // "1:t4:....1:y1:re"

struct Echo {
  explicit Echo(uint16_t port, const std::array<size_t, 4>& sizes) : sizes(sizes) {
    descriptor = socket(AF_INET, SOCK_DGRAM, 0);
    const int size = 1 << 20;
    setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
    setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
    sockaddr_in local{};
    local.sin_family = AF_INET;
    local.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    local.sin_port = htons(port);
    if (bind(descriptor, reinterpret_cast<sockaddr*>(&local), sizeof(local)) != 0) {
      std::perror("bind");
      std::exit(1);
    }
  }

  // Writes the answer to `query` and returns its size.
  size_t Answer(const char* query, size_t query_size, char* answer) const {
    if (query_size < kKindFromEnd) return 0;
    const char* const id = query + query_size - kKindFromEnd;
    const size_t size = sizes[static_cast<unsigned char>(id[0]) & 3];
    // A token, so that announces can be asked; the tail, so that the generator finds its query.
    std::memcpy(answer, "d5:token8:12345678", 18);
    std::memcpy(answer + size - kTailSize, "1:t4:....1:y1:re", kTailSize);
    std::memcpy(answer + size - kTailSize + 5, id, kIdSize);
    return size;
  }

  void ForbidFragments() const {
    const int whole = IP_PMTUDISC_DO;
    setsockopt(descriptor, IPPROTO_IP, IP_MTU_DISCOVER, &whole, sizeof(whole));
  }

  void RunSingle() {
    std::array<char, kSizeMax> query, answer{};
    while (true) {
      sockaddr_in from{};
      socklen_t from_size = sizeof(from);
      const ssize_t got = recvfrom(descriptor, query.data(), query.size(), 0,
                                   reinterpret_cast<sockaddr*>(&from), &from_size);
      if (got <= 0) continue;
      const size_t size = Answer(query.data(), static_cast<size_t>(got), answer.data());
      sendto(descriptor, answer.data(), size, 0, reinterpret_cast<sockaddr*>(&from), from_size);
    }
  }

  void RunBatched() {
    for (size_t i = 0; i < kBatch; ++i) {
      in_parts[i] = {in_bytes[i].data(), kSizeMax};
      out_parts[i].iov_base = out_bytes[i].data();
      for (auto* heads : {&in_heads, &out_heads}) {
        msghdr& head = (*heads)[i].msg_hdr;
        head.msg_name = &from[i];
        head.msg_namelen = sizeof(sockaddr_in);
        head.msg_iov = heads == &in_heads ? &in_parts[i] : &out_parts[i];
        head.msg_iovlen = 1;
      }
    }
    while (true) {
      const int count = recvmmsg(descriptor, in_heads.data(), kBatch, MSG_WAITFORONE, nullptr);
      for (int i = 0; i < count; ++i) {
        const auto at = static_cast<size_t>(i);
        out_parts[at].iov_len =
            Answer(in_bytes[at].data(), in_heads[at].msg_len, out_bytes[at].data());
      }
      if (count > 0) sendmmsg(descriptor, out_heads.data(), static_cast<unsigned>(count), 0);
    }
  }

  int descriptor;
  std::array<size_t, 4> sizes;
  std::array<sockaddr_in, kBatch> from{};
  std::array<std::array<char, kSizeMax>, kBatch> in_bytes, out_bytes{};
  std::array<iovec, kBatch> in_parts{}, out_parts{};
  std::array<mmsghdr, kBatch> in_heads{}, out_heads{};
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) {
    std::fprintf(stderr,
                 "bench_dht_echo PORT batched|whole|single PING FIND_NODE GET_PEERS ANNOUNCE\n");
    return 2;
  }
  std::array<size_t, 4> sizes;
  for (size_t i = 0; i < sizes.size(); ++i) {
    const long size = std::atol(argv[3 + i]);
    if (size < 34 || size > static_cast<long>(kSizeMax)) {
      std::fprintf(stderr, "bench_dht_echo: answers have 34 to %zu bytes\n", kSizeMax);
      return 2;
    }
    sizes[i] = static_cast<size_t>(size);
  }
  static Echo echo(static_cast<uint16_t>(std::atoi(argv[1])), sizes);
  const std::string mode = argv[2];
  if (mode == "whole") echo.ForbidFragments();
  if (mode == "single") {
    echo.RunSingle();
  } else {
    echo.RunBatched();
  }
}
