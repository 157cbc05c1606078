#include "node/asio_http.h"

#include <utility>

#include "node/asio_http_exchange.h"

namespace starling {
namespace {

class AsioHttpTransfer final : public HttpTransfer {
 public:
  explicit AsioHttpTransfer(std::shared_ptr<HttpExchange> exchange)
      : exchange_(std::move(exchange)) {}
  ~AsioHttpTransfer() override { exchange_->Abandon(); }
  void SetReading(Time now, bool on) override { exchange_->SetReading(now, on); }

 private:
  const std::shared_ptr<HttpExchange> exchange_;
};

}  // namespace

AsioHttp::AsioHttp(AsioLoop& loop, ReceiveBuffers& buffers, Dialer& dialer, Resolver& resolver,
                   std::string trusted_file)
    : loop_(loop),
      buffers_(buffers),
      dialer_(dialer),
      resolver_(resolver),
      tls_(std::move(trusted_file)) {}

AsioHttp::~AsioHttp() = default;

std::unique_ptr<HttpTransfer> AsioHttp::Get(Time now, const HttpRequest& request,
                                            HttpHandler& handler) {
  auto exchange = std::make_shared<HttpExchange>(
      HttpSeams{loop_, buffers_, dialer_, resolver_, tls_}, request, handler);
  exchange->Start(now);
  return std::make_unique<AsioHttpTransfer>(std::move(exchange));
}

}  // namespace starling
