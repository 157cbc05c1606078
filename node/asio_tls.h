// The client side of TLS 1.2 and 1.3 by OpenSSL, without I/O: encrypted bytes in and out, plain
// bytes in and out. The server must show a certificate for its name that the system's store trusts.
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/buffer.h"

namespace starling {

class TlsSession {
 public:
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  void Receive(ByteView encrypted);
  // Goes on with the handshake as far as it can.
  absl::Status Shake();
  bool is_ready() const;                // the handshake is done and the server is who it should be
  void Write(absl::string_view plain);  // only when ready
  // Plain bytes that arrived, as many as a buffer of `pool` holds; empty: none yet.
  absl::StatusOr<Slice> Read(BufferPool& pool);
  // The server said that it has sent everything.
  bool is_closed() const;
  // What is to be sent; empty: nothing.
  Slice TakeOutput();

 private:
  friend class TlsContext;
  struct State;
  explicit TlsSession(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

class TlsContext {
 public:
  // With `trusted_file`, certificates of that PEM file are trusted as well.
  explicit TlsContext(std::string trusted_file = "");
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  // `host` is a name or a literal address. The first call reads the system's store.
  absl::StatusOr<std::unique_ptr<TlsSession>> Open(const std::string& host);

 private:
  struct State;
  const std::string trusted_file_;
  std::unique_ptr<State> state_;
};

}  // namespace starling
