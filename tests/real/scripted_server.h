// A TCP server on 127.0.0.1 that answers every request with what the test wrote down, in parts if
// it likes, and remembers what it was asked. With a certificate it speaks TLS.
#pragma once

#include <openssl/ssl.h>

#include <cstring>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/seams.h"
#include "node/asio_listener.h"
#include "tests/real/certificate.h"
#include "tests/real/real_parts.h"

namespace starling::testing_support {

class ScriptedServer {
 public:
  // Makes the parts of the answer to `request`; each is sent in a turn of its own. Afterwards the
  // connection is closed, unless keep_open.
  using Script = std::function<std::vector<std::string>(const std::string& request)>;

  ScriptedServer(RealParts& parts, Script script, const Certificate* certificate = nullptr)
      : parts_(parts), script_(std::move(script)), certificate_(certificate) {
    Socket socket = ListenTcp(Loopback()).value();
    endpoint_ = LocalEndpoint(socket.descriptor());
    listener_ = std::make_unique<AsioListener>(
        parts.loop, parts.buffers, std::move(socket),
        [this](Time now, std::unique_ptr<Stream> stream) {
          ++connections;
          if (!greeting.empty()) stream->Send(now, Buffer::CopyFrom(AsBytes(greeting)));
          visitors_.push_back(std::make_unique<Visitor>(*this, std::move(stream)));
        });
  }

  Endpoint endpoint() const { return endpoint_; }
  // The address of `path` on this server, by its number or by another name for it.
  std::string Url(const std::string& path, const std::string& host = "127.0.0.1") const {
    return absl::StrCat(certificate_ == nullptr ? "http" : "https", "://", host, ":",
                        endpoint_.port, path);
  }
  uint64_t unsent() const {
    uint64_t sum = 0;
    for (const auto& visitor : visitors_) sum += visitor->unsent();
    return sum;
  }

  std::string greeting;  // sent to whoever connects, before any request
  std::vector<std::string> requests;
  int connections = 0;
  int closed = 0;  // by the client
  bool keep_open = false;
  Duration between_parts{};
  bool say_goodbye = true;  // TLS: announce the end before closing

 private:
  class Visitor final : public StreamHandler, public DeadlineHandler {
   public:
    Visitor(ScriptedServer& server, std::unique_ptr<Stream> stream)
        : server_(server),
          stream_(std::move(stream)),
          next_part_(server.parts_.loop.deadlines(), *this) {
      stream_->SetHandler(*this);
      if (server.certificate_ != nullptr) StartTls();
    }
    ~Visitor() { SSL_free(ssl_); }

    size_t unsent() const { return stream_ == nullptr ? 0 : stream_->unsent(); }
    void OnOpen(Time) override {}
    void OnSent(Time) override {}
    void OnClosed(Time, absl::Status) override {
      ++server_.closed;
      next_part_.Set(kNever);
      stream_ = nullptr;
    }
    void OnData(Time now, Slice bytes) override {
      if (ssl_ == nullptr) {
        request_.append(bytes.text().data(), bytes.size());
      } else {
        Decrypt(now, bytes);
      }
      if (!absl::EndsWith(request_, "\r\n\r\n")) return;
      server_.requests.push_back(request_);
      for (std::string& part : server_.script_(std::exchange(request_, ""))) {
        answer_.push_back(std::move(part));
      }
      next_part_.Set(now);
    }
    void OnDeadline(Time now) override {
      if (!answer_.empty()) {
        Send(now, answer_.front());
        answer_.pop_front();
        next_part_.Set(now + server_.between_parts);
      } else if (unsent() > 0) {
        next_part_.Set(now + milliseconds(1));
      } else if (!server_.keep_open) {
        if (ssl_ != nullptr && server_.say_goodbye && !std::exchange(is_leaving_, true)) {
          SSL_shutdown(ssl_);
          Flush(now);
          next_part_.Set(now);
          return;
        }
        stream_ = nullptr;
      }
    }

   private:
    void StartTls() {
      SSL_CTX* const context = SSL_CTX_new(TLS_server_method());
      SSL_CTX_use_certificate(context, server_.certificate_->x509());
      SSL_CTX_use_PrivateKey(context, server_.certificate_->key());
      ssl_ = SSL_new(context);
      SSL_CTX_free(context);
      SSL_set_bio(ssl_, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
      SSL_set_accept_state(ssl_);
    }
    void Decrypt(Time now, const Slice& bytes) {
      BIO_write(SSL_get_rbio(ssl_), bytes.data(), static_cast<int>(bytes.size()));
      char plain[4096];
      int size;
      while ((size = SSL_read(ssl_, plain, sizeof(plain))) > 0) {
        request_.append(plain, static_cast<size_t>(size));
      }
      Flush(now);
    }
    void Send(Time now, const std::string& text) {
      if (text.empty()) return;
      if (ssl_ == nullptr) {
        stream_->Send(now, Buffer::CopyFrom(AsBytes(text)));
      } else {
        SSL_write(ssl_, text.data(), static_cast<int>(text.size()));
        Flush(now);
      }
    }
    void Flush(Time now) {
      const size_t size = BIO_ctrl_pending(SSL_get_wbio(ssl_));
      if (size == 0) return;
      const Buffer buffer(size);
      BIO_read(SSL_get_wbio(ssl_), buffer.data(), static_cast<int>(size));
      stream_->Send(now, buffer.Sub(0, size));
    }

    ScriptedServer& server_;
    std::unique_ptr<Stream> stream_;
    Deadline next_part_;
    std::string request_;
    std::deque<std::string> answer_;
    SSL* ssl_ = nullptr;
    bool is_leaving_ = false;
  };

  RealParts& parts_;
  Script script_;
  const Certificate* certificate_;
  Endpoint endpoint_;
  std::vector<std::unique_ptr<Visitor>> visitors_;
  std::unique_ptr<AsioListener> listener_;
};

// An answer with `body` and its length.
inline std::string HttpOk(const std::string& body, const std::string& headers = "") {
  return absl::StrCat("HTTP/1.1 200 OK\r\nContent-Length: ", body.size(), "\r\n", headers, "\r\n",
                      body);
}

}  // namespace starling::testing_support
