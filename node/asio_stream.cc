#include "node/asio_stream.h"

#include <utility>

#include "node/asio_connection.h"

namespace starling {
namespace {

class AsioStream final : public Stream {
 public:
  explicit AsioStream(std::shared_ptr<AsioConnection> connection)
      : connection_(std::move(connection)) {}
  ~AsioStream() override { connection_->Abandon(); }

  void SetHandler(StreamHandler& handler) override { connection_->SetHandler(&handler); }
  void Send(Time, Slice bytes) override { connection_->Send(std::move(bytes)); }
  size_t unsent() const override { return connection_->unsent(); }
  void SetReading(Time, bool on) override { connection_->SetReading(on); }
  Endpoint remote() const override { return connection_->remote(); }

 private:
  const std::shared_ptr<AsioConnection> connection_;
};

}  // namespace

AsioDialer::AsioDialer(AsioLoop& loop, ReceiveBuffers& buffers, std::vector<Endpoint> listening,
                       Duration connect_timeout)
    : loop_(loop),
      buffers_(buffers),
      listening_(std::move(listening)),
      connect_timeout_(connect_timeout) {}

std::unique_ptr<Stream> AsioDialer::Dial(Time now, const Endpoint& to) {
  auto connection = std::make_shared<AsioConnection>(loop_, buffers_, to);
  std::optional<Endpoint> from;
  const Endpoint* const local = ChooseLocal(listening_, to);
  if (local != nullptr && !local->is_unspecified()) from = *local;
  absl::StatusOr<Socket> socket = ConnectTcp(to, from);
  if (socket.ok()) {
    connection->Connect(After(now, connect_timeout_), *std::move(socket));
  } else {
    connection->Fail(socket.status());
  }
  return std::make_unique<AsioStream>(std::move(connection));
}

std::unique_ptr<Stream> AcceptedStream(AsioLoop& loop, ReceiveBuffers& buffers, Socket socket,
                                       const Endpoint& remote) {
  TuneStream(socket.descriptor());
  auto connection = std::make_shared<AsioConnection>(loop, buffers, remote);
  connection->Open(std::move(socket));
  return std::make_unique<AsioStream>(std::move(connection));
}

}  // namespace starling
