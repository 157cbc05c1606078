#include "node/asio_tls.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <climits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/endpoint.h"

namespace starling {
namespace {

std::string LastError() {
  char text[256] = "unknown error";
  const unsigned long error = ERR_get_error();
  if (error != 0) ERR_error_string_n(error, text, sizeof(text));
  ERR_clear_error();
  return text;
}

}  // namespace

struct TlsSession::State {
  SSL* ssl = nullptr;
  BIO* in = nullptr;  // both owned by `ssl`
  BIO* out = nullptr;
  std::string host;

  ~State() { SSL_free(ssl); }

  // The name that the certificate must carry, and that the server may choose it by.
  bool SetHost() {
    X509_VERIFY_PARAM* const rules = SSL_get0_param(ssl);
    if (Endpoint::ParseAddress(host, 0).has_value()) {
      return X509_VERIFY_PARAM_set1_ip_asc(rules, host.c_str()) == 1;
    }
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return SSL_set1_host(ssl, host.c_str()) == 1 &&
           SSL_set_tlsext_host_name(ssl, host.c_str()) == 1;
  }
};

struct TlsContext::State {
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  ~State() { SSL_CTX_free(context); }
};

TlsSession::TlsSession(std::unique_ptr<State> state) : state_(std::move(state)) {}
TlsSession::~TlsSession() = default;

void TlsSession::Receive(ByteView encrypted) {
  while (!encrypted.empty()) {
    const int size = static_cast<int>(std::min<size_t>(encrypted.size(), INT_MAX));
    const int taken = BIO_write(state_->in, encrypted.data(), size);
    CHECK(taken > 0);  // memory takes all
    encrypted = encrypted.subspan(static_cast<size_t>(taken));
  }
}

absl::Status TlsSession::Shake() {
  if (is_ready()) return absl::OkStatus();
  ERR_clear_error();
  const int result = SSL_do_handshake(state_->ssl);
  if (result == 1 || SSL_get_error(state_->ssl, result) == SSL_ERROR_WANT_READ) {
    return absl::OkStatus();
  }
  const long verdict = SSL_get_verify_result(state_->ssl);
  if (verdict != X509_V_OK) {
    return absl::PermissionDeniedError(
        absl::StrCat("the certificate of ", state_->host,
                     " is not valid: ", X509_verify_cert_error_string(verdict)));
  }
  return absl::UnavailableError(absl::StrCat("TLS with ", state_->host, ": ", LastError()));
}

bool TlsSession::is_ready() const { return SSL_is_init_finished(state_->ssl) == 1; }

void TlsSession::Write(absl::string_view plain) {
  ERR_clear_error();
  CHECK(SSL_write(state_->ssl, plain.data(), static_cast<int>(plain.size())) > 0);
}

absl::StatusOr<Slice> TlsSession::Read(BufferPool& pool) {
  const Buffer buffer = pool.Take();
  size_t filled = 0;
  while (filled < buffer.capacity()) {
    ERR_clear_error();
    size_t got = 0;
    const int result =
        SSL_read_ex(state_->ssl, buffer.data() + filled, buffer.capacity() - filled, &got);
    if (result == 1) {
      filled += got;
      continue;
    }
    const int error = SSL_get_error(state_->ssl, result);
    if (filled > 0 || error == SSL_ERROR_WANT_READ || error == SSL_ERROR_ZERO_RETURN) break;
    return absl::UnavailableError(absl::StrCat("TLS with ", state_->host, ": ", LastError()));
  }
  return buffer.Sub(0, filled);
}

bool TlsSession::is_closed() const {
  return (SSL_get_shutdown(state_->ssl) & SSL_RECEIVED_SHUTDOWN) != 0;
}

Slice TlsSession::TakeOutput() {
  const size_t pending = BIO_ctrl_pending(state_->out);
  if (pending == 0) return Slice();
  const Buffer buffer(pending);
  const int taken = BIO_read(state_->out, buffer.data(), static_cast<int>(pending));
  CHECK(taken > 0);
  return buffer.Sub(0, static_cast<size_t>(taken));
}

TlsContext::TlsContext(std::string trusted_file) : trusted_file_(std::move(trusted_file)) {}
TlsContext::~TlsContext() = default;

absl::StatusOr<std::unique_ptr<TlsSession>> TlsContext::Open(const std::string& host) {
  if (state_ == nullptr) {
    state_ = std::make_unique<State>();
    SSL_CTX* const context = state_->context;
    CHECK(context != nullptr);
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    // Without a store every certificate is refused, which says enough.
    SSL_CTX_set_default_verify_paths(context);
    if (!trusted_file_.empty() &&
        SSL_CTX_load_verify_locations(context, trusted_file_.c_str(), nullptr) != 1) {
      return absl::NotFoundError(absl::StrCat("cannot read certificates from ", trusted_file_));
    }
  }
  auto session = std::make_unique<TlsSession::State>();
  session->host = host;
  session->ssl = SSL_new(state_->context);
  session->in = BIO_new(BIO_s_mem());
  session->out = BIO_new(BIO_s_mem());
  CHECK(session->ssl != nullptr && session->in != nullptr && session->out != nullptr);
  SSL_set_bio(session->ssl, session->in, session->out);
  SSL_set_connect_state(session->ssl);
  if (!session->SetHost()) {
    return absl::InvalidArgumentError(absl::StrCat(host, " cannot be the name of a TLS server"));
  }
  return std::unique_ptr<TlsSession>(new TlsSession(std::move(session)));
}

}  // namespace starling
