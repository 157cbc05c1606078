// The seams between the protocol and the world. Behind them stand the real world (node/asio_*)
// and the simulated one (sim/*); the protocol cannot tell which.
//
// The one law of seams: no seam answers before the call returns. Answers come later, as events
// from the loop. Inside any callback every command is allowed, including destroying whoever calls.
// What a seam hands out as a unique_ptr (a stream, a transfer, a resolution) belongs to the
// caller; destroying it ends the matter and nothing is called afterwards.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/buffer.h"
#include "base/endpoint.h"
#include "base/time.h"

namespace starling {

inline constexpr size_t kDatagramSizeMax = 1472;  // what an Ethernet frame carries unfragmented

class DatagramPort {
 public:
  virtual ~DatagramPort() = default;
  // Calls `write` once, during the call, with space for one datagram of kDatagramSizeMax bytes;
  // sends the bytes whose number it returns to `to`, or nothing for 0. A datagram may be lost.
  // Sent while a datagram from `to` is being handled, it leaves from the local address that one
  // came to.
  using Writer = absl::FunctionRef<size_t(ByteSpan space)>;
  virtual void Send(Time now, const Endpoint& to, Writer write) = 0;
};

class StreamHandler {
 public:
  virtual ~StreamHandler() = default;
  virtual void OnOpen(Time now) = 0;               // dialled streams only, before any data
  virtual void OnData(Time now, Slice bytes) = 0;  // never after SetReading(false)
  virtual void OnSent(Time now) = 0;               // each time unsent() falls below kUnsentLow
  virtual void OnClosed(Time now, absl::Status why) = 0;  // last call; ok: the peer closed
};

class Stream {
 public:
  static constexpr size_t kUnsentLow = 64 * 1024;

  virtual ~Stream() = default;  // closes
  // May change at any time; from then on events go to `handler`. Must be set before the event in
  // which the stream was received ends.
  virtual void SetHandler(StreamHandler& handler) = 0;
  virtual void Send(Time now, Slice bytes) = 0;    // queues by reference, never blocks
  virtual size_t unsent() const = 0;               // bytes queued and not yet taken by the network
  virtual void SetReading(Time now, bool on) = 0;  // back-pressure; on at first
  virtual Endpoint remote() const = 0;
};

class Dialer {
 public:
  virtual ~Dialer() = default;
  // The caller sets the handler before it returns to the loop. Failure is OnClosed, later.
  virtual std::unique_ptr<Stream> Dial(Time now, const Endpoint& to) = 0;
};

// Names to addresses. Destroying the Resolution cancels it.
class ResolveHandler {
 public:
  virtual ~ResolveHandler() = default;
  virtual void OnResolved(Time now, absl::StatusOr<std::vector<Endpoint>> endpoints) = 0;
};
class Resolution {
 public:
  virtual ~Resolution() = default;
};
class Resolver {
 public:
  virtual ~Resolver() = default;
  // `host` may be a literal address too.
  virtual std::unique_ptr<Resolution> Resolve(Time now, absl::string_view host, uint16_t port,
                                              ResolveHandler& handler) = 0;
};

// HTTP and HTTPS, GET only, streaming. Redirects (at most 5), chunked bodies and gzip are the
// client's business; the handler sees the final answer's plain body.
struct HttpRequest {
  std::string url;
  std::optional<std::pair<uint64_t, uint64_t>> range;  // first and last byte
  std::vector<std::pair<std::string, std::string>> headers;
  uint64_t body_size_max = 1 << 20;  // beyond: OnDone(ResourceExhausted)
  Duration timeout = seconds(15);    // without progress: OnDone(DeadlineExceeded)
};
struct HttpHead {
  int status = 0;
  std::optional<uint64_t> content_length;
};
class HttpHandler {
 public:
  virtual ~HttpHandler() = default;
  virtual void OnHeaders(Time now, const HttpHead& head) = 0;
  virtual void OnData(Time now, Slice body) = 0;
  virtual void OnDone(Time now, absl::Status status) = 0;  // last call
};
class HttpTransfer {
 public:
  virtual ~HttpTransfer() = default;  // cancels
  virtual void SetReading(Time now, bool on) = 0;
};
class HttpClient {
 public:
  virtual ~HttpClient() = default;
  virtual std::unique_ptr<HttpTransfer> Get(Time now, const HttpRequest& request,
                                            HttpHandler& handler) = 0;
};

}  // namespace starling
