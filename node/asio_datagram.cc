#include "node/asio_datagram.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "node/asio_datagram_calls.h"
#include "node/asio_error.h"
#include "node/asio_watch.h"

namespace starling {
namespace {

constexpr size_t kSendBatch = 64;
constexpr size_t kReceiveBatch = 64;
// Larger than what we send, since loopback and jumbo frames carry more.
constexpr size_t kReceiveSizeMax = 4096;
// A flood must not keep others from their turn.
constexpr size_t kDatagramsPerEventMax = 2 * kReceiveBatch;
constexpr int kReceivesPerEventMax = 8;

// Room for either kind of packet info, with the alignment it needs.
struct ControlSpace {
  alignas(size_t) std::array<std::byte, CMSG_SPACE(sizeof(in6_pktinfo))> bytes{};
};
static_assert(sizeof(in6_pktinfo) >= sizeof(in_pktinfo));

// Which local address a datagram came to.
struct LocalAddress {
  int family = AF_UNSPEC;
  in_pktinfo v4{};
  in6_pktinfo v6{};
};

LocalAddress ReadLocalAddress(msghdr& message) {
  LocalAddress local;
  for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
      local.family = AF_INET;
      std::memcpy(&local.v4, CMSG_DATA(c), sizeof(local.v4));
      // The interface is the routing table's choice; only the address must be the same.
      local.v4.ipi_ifindex = 0;
    } else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
      local.family = AF_INET6;
      std::memcpy(&local.v6, CMSG_DATA(c), sizeof(local.v6));
      // A link-local address says nothing without its interface.
      if (!IN6_IS_ADDR_LINKLOCAL(&local.v6.ipi6_addr)) local.v6.ipi6_ifindex = 0;
      if (IN6_IS_ADDR_MULTICAST(&local.v6.ipi6_addr)) local.family = AF_UNSPEC;
    }
  }
  return local;
}

template <class Info>
void WriteControl(int level, int type, const Info& info, ControlSpace* space, msghdr* message) {
  message->msg_control = space->bytes.data();
  message->msg_controllen = CMSG_SPACE(sizeof(Info));
  cmsghdr* const head = CMSG_FIRSTHDR(message);
  head->cmsg_level = level;
  head->cmsg_type = type;
  head->cmsg_len = CMSG_LEN(sizeof(Info));
  std::memcpy(CMSG_DATA(head), &info, sizeof(Info));
}

// What goes with the bytes of a datagram; those lie apart, so that room that no burst ever needed
// is never touched.
struct SendSlot {
  size_t socket = 0;
  size_t size = 0;
  SocketAddress to;
  LocalAddress from;
  ControlSpace control;
  iovec part{};
};

struct ReceiveSlot {
  SocketAddress from;
  ControlSpace control;
  iovec part{};
};

std::unique_ptr<std::byte[]> MakeRoom(size_t size) {
  return std::unique_ptr<std::byte[]>(new std::byte[size]);
}

}  // namespace

class AsioDatagramPort::State final : public std::enable_shared_from_this<State>,
                                      public TurnHandler {
 public:
  State(AsioLoop& loop, std::vector<Socket> sockets)
      : loop_(loop),
        batch_bytes_(MakeRoom(kSendBatch * kDatagramSizeMax)),
        received_bytes_(MakeRoom(kReceiveBatch * kReceiveSizeMax)) {
    for (size_t i = 0; i < kReceiveBatch; ++i) PrepareToReceive(i);
    for (Socket& socket : sockets) {
      listening_.push_back(LocalEndpoint(socket.descriptor()));
      arms_.emplace_back(std::make_unique<Arm>());
      arms_.back()->watch = AsioWatch(loop, std::move(socket));
    }
  }

  void Start(Receive receive) {
    receive_ = std::move(receive);
    for (size_t i = 0; i < arms_.size(); ++i) {
      arms_[i]->handler = std::make_shared<Reader>(*this, i);
      arms_[i]->watch.WaitReadable(arms_[i]->handler);
    }
  }

  void Close() {
    Flush();
    is_closed_ = true;
    for (const std::unique_ptr<Arm>& arm : arms_) arm->watch.Close();
  }

  void Send(const Endpoint& to, Writer write) {
    if (batch_used_ == kSendBatch) Flush();
    SendSlot& slot = batch_[batch_used_];
    std::byte* const bytes = &batch_bytes_[batch_used_ * kDatagramSizeMax];
    slot.size = write(ByteSpan(bytes, kDatagramSizeMax));
    if (slot.size == 0) return;
    if (!to.is_usable()) {
      ++dropped_;
      return;
    }
    if (dispatching_ && to == dispatched_from_) {
      slot.socket = dispatched_socket_;
      slot.to.size = dispatched_address_->size;
      std::memcpy(slot.to.get(), dispatched_address_->get(), slot.to.size);
      slot.from = dispatched_to_;
    } else {
      const Endpoint* const local = ChooseLocal(listening_, to);
      if (local == nullptr) {
        ++dropped_;
        return;
      }
      slot.socket = static_cast<size_t>(local - listening_.data());
      slot.to = SocketAddress(to);
      slot.from.family = AF_UNSPEC;
    }
    slot.part = {bytes, slot.size};
    if (batch_used_++ == 0) loop_.AtTurnEnd(shared_from_this());
  }

  void OnTurnEnd(Time) override { Flush(); }
  uint64_t dropped() const { return dropped_; }

 private:
  struct Reader;
  struct Arm {
    AsioWatch watch;
    std::shared_ptr<WatchHandler> handler;
  };
  struct Reader final : public WatchHandler {
    Reader(State& state, size_t socket) : state(state), socket(socket) {}
    void OnReadable(Time now) override { state.OnReadable(now, socket); }
    void OnWritable(Time) override {}
    State& state;
    const size_t socket;
  };

  void PrepareToReceive(size_t index);
  void OnReadable(Time now, size_t socket);
  void Dispatch(Time now, size_t socket, size_t count);
  void Flush();
  size_t FlushRun(size_t first);
  bool SendInFragments(size_t socket, mmsghdr& message);
  void PrepareToSend(SendSlot& slot, msghdr& message) const;

  AsioLoop& loop_;
  Receive receive_;
  std::vector<Endpoint> listening_;         // one for each arm
  std::vector<std::unique_ptr<Arm>> arms_;  // one for each socket
  DatagramCalls calls_;
  std::array<SendSlot, kSendBatch> batch_;
  std::unique_ptr<std::byte[]> batch_bytes_;
  size_t batch_used_ = 0;
  uint64_t dropped_ = 0;
  bool is_closed_ = false;

  std::array<ReceiveSlot, kReceiveBatch> received_;
  std::unique_ptr<std::byte[]> received_bytes_;
  std::array<mmsghdr, kReceiveBatch> received_heads_{};
  bool dispatching_ = false;  // the rest holds while it is true
  Endpoint dispatched_from_;
  LocalAddress dispatched_to_;
  size_t dispatched_socket_ = 0;
  const SocketAddress* dispatched_address_ = nullptr;
};

void AsioDatagramPort::State::PrepareToReceive(size_t index) {
  ReceiveSlot& slot = received_[index];
  slot.part = {&received_bytes_[index * kReceiveSizeMax], kReceiveSizeMax};
  msghdr& head = received_heads_[index].msg_hdr;
  head.msg_name = slot.from.get();
  head.msg_namelen = sizeof(slot.from.storage);
  head.msg_iov = &slot.part;
  head.msg_iovlen = 1;
  head.msg_control = slot.control.bytes.data();
  head.msg_controllen = slot.control.bytes.size();
}

// Looks again for what came meanwhile before it waits: arming the socket and waiting are three
// system calls, which a busy server then shares among up to eight batches.
void AsioDatagramPort::State::OnReadable(Time now, size_t socket) {
  const std::shared_ptr<State> alive = shared_from_this();
  size_t taken = 0;
  for (int call = 0; call < kReceivesPerEventMax && taken < kDatagramsPerEventMax; ++call) {
    const size_t room = std::min(kReceiveBatch, kDatagramsPerEventMax - taken);
    const int count =
        calls_.Receive(arms_[socket]->watch.descriptor(), std::span(received_heads_).first(room));
    if (count < 0 && IsWouldBlock(errno)) break;
    // Any other error came by ICMP for something we sent; the next read goes on.
    if (count <= 0) continue;
    Dispatch(call == 0 ? now : loop_.now(), socket, static_cast<size_t>(count));
    if (is_closed_) return;
    Flush();  // answers do not wait for what else the turn brings
    taken += static_cast<size_t>(count);
  }
  arms_[socket]->watch.WaitReadable(arms_[socket]->handler);
}

void AsioDatagramPort::State::Dispatch(Time now, size_t socket, size_t count) {
  for (size_t i = 0; i < count && !is_closed_; ++i) {
    ReceiveSlot& slot = received_[i];
    msghdr& head = received_heads_[i].msg_hdr;
    slot.from.size = head.msg_namelen;
    if ((head.msg_flags & MSG_TRUNC) != 0) {
      ++dropped_;
    } else {
      dispatched_from_ = slot.from.endpoint();
      dispatched_to_ = ReadLocalAddress(head);
      dispatched_socket_ = socket;
      dispatched_address_ = &slot.from;
      dispatching_ = true;
      receive_(now, dispatched_from_,
               ByteView(static_cast<std::byte*>(slot.part.iov_base), received_heads_[i].msg_len));
      dispatching_ = false;
    }
  }
  // The kernel wrote how much of this room it needed.
  for (size_t i = 0; i < count; ++i) {
    msghdr& head = received_heads_[i].msg_hdr;
    head.msg_namelen = sizeof(received_[i].from.storage);
    head.msg_controllen = received_[i].control.bytes.size();
  }
}

void AsioDatagramPort::State::Flush() {
  for (size_t first = 0; first < batch_used_ && !is_closed_;) first += FlushRun(first);
  batch_used_ = 0;
}

// Sends the slots from `first` on that leave through the same socket; returns how many are done.
size_t AsioDatagramPort::State::FlushRun(size_t first) {
  std::array<mmsghdr, kSendBatch> messages;
  size_t count = 0;
  const size_t socket = batch_[first].socket;
  while (first + count < batch_used_ && batch_[first + count].socket == socket) {
    PrepareToSend(batch_[first + count], messages[count].msg_hdr);
    ++count;
  }
  const int sent = calls_.Send(arms_[socket]->watch.descriptor(), std::span(messages).first(count));
  if (sent > 0) return static_cast<size_t>(sent);
  if (errno == EINTR) return 0;
  if (errno == EMSGSIZE && SendInFragments(socket, messages[0])) return 1;
  // Datagrams may be lost: one that cannot go is dropped, and all of them if the queue is full.
  const size_t lost = IsWouldBlock(errno) || IsShortage(errno) ? count : 1;
  dropped_ += lost;
  return lost;
}

// For what is larger than the path takes, which is rare.
bool AsioDatagramPort::State::SendInFragments(size_t socket, mmsghdr& message) {
  const int descriptor = arms_[socket]->watch.descriptor();
  LetFragment(descriptor, true);
  const bool is_sent = calls_.Send(descriptor, {&message, 1}) == 1;
  LetFragment(descriptor, false);
  return is_sent;
}

void AsioDatagramPort::State::PrepareToSend(SendSlot& slot, msghdr& message) const {
  message = {};
  message.msg_name = slot.to.get();
  message.msg_namelen = slot.to.size;
  message.msg_iov = &slot.part;
  message.msg_iovlen = 1;
  // A socket that is bound to one address needs no telling.
  if (!listening_[slot.socket].is_unspecified()) return;
  if (slot.from.family == AF_INET) {
    WriteControl(IPPROTO_IP, IP_PKTINFO, slot.from.v4, &slot.control, &message);
  } else if (slot.from.family == AF_INET6) {
    WriteControl(IPPROTO_IPV6, IPV6_PKTINFO, slot.from.v6, &slot.control, &message);
  }
}

AsioDatagramPort::AsioDatagramPort(AsioLoop& loop, std::vector<Socket> sockets)
    : state_(std::make_shared<State>(loop, std::move(sockets))) {}

AsioDatagramPort::~AsioDatagramPort() { state_->Close(); }

void AsioDatagramPort::Start(Receive receive) { state_->Start(std::move(receive)); }

void AsioDatagramPort::Send(Time, const Endpoint& to, Writer write) { state_->Send(to, write); }

uint64_t AsioDatagramPort::dropped() const { return state_->dropped(); }

}  // namespace starling
