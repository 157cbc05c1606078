// HttpClient over our own streams: Beast reads the answers (asio_http_reader), OpenSSL encrypts
// (asio_tls), zlib decompresses (asio_inflate). One connection for each transfer.
//
// A hostile server can neither hang us (asio_http_pace) nor flood us. Redirects lead at most
// kRedirectsMax times elsewhere, never from https to http, and never from the public internet to
// private addresses.
#pragma once

#include <memory>
#include <string>

#include "base/seams.h"
#include "node/asio_loop.h"
#include "node/asio_stream.h"
#include "node/asio_tls.h"

namespace starling {

class AsioHttp final : public HttpClient {
 public:
  static constexpr int kRedirectsMax = 5;
  static constexpr size_t kAddressesMax = 4;  // of one host are tried

  AsioHttp(AsioLoop& loop, ReceiveBuffers& buffers, Dialer& dialer, Resolver& resolver,
           std::string trusted_file = "");
  ~AsioHttp() override;

  std::unique_ptr<HttpTransfer> Get(Time now, const HttpRequest& request,
                                    HttpHandler& handler) override;

 private:
  AsioLoop& loop_;
  ReceiveBuffers& buffers_;
  Dialer& dialer_;
  Resolver& resolver_;
  TlsContext tls_;
};

}  // namespace starling
