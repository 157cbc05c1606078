// One HTTP transfer from its URL to its end: name, connection, TLS, request, answer, and all that
// again for each redirect. Counted, because it may be destroyed from inside its own callbacks; when
// its owner is gone nobody is called any more.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/deadlines.h"
#include "base/seams.h"
#include "node/asio_http.h"
#include "node/asio_http_pace.h"
#include "node/asio_http_reader.h"
#include "node/asio_http_url.h"
#include "node/asio_inflate.h"

namespace starling {

struct HttpSeams {
  AsioLoop& loop;
  ReceiveBuffers& buffers;
  Dialer& dialer;
  Resolver& resolver;
  TlsContext& tls;
};

class HttpExchange final : public std::enable_shared_from_this<HttpExchange>,
                           public TurnHandler,
                           private StreamHandler,
                           private ResolveHandler,
                           private DeadlineHandler {
 public:
  HttpExchange(const HttpSeams& seams, const HttpRequest& request, HttpHandler& handler);

  void Start(Time now);
  void SetReading(Time now, bool on);
  void Abandon();

 private:
  // From the loop.
  void OnTurnEnd(Time now) override;
  void OnDeadline(Time now) override;
  void OnResolved(Time now, absl::StatusOr<std::vector<Endpoint>> endpoints) override;
  void OnOpen(Time now) override;
  void OnData(Time now, Slice bytes) override;
  void OnSent(Time) override {}
  void OnClosed(Time now, absl::Status why) override;

  void Resolve(Time now);
  void DialNext(Time now, absl::Status last_failure);
  void Pump(Time now);
  bool ShakeHands(Time now);
  void SendRequest(Time now, const std::string& text);
  bool Step(Time now);
  bool ReadMore(Time now);
  bool OnHead(Time now);
  void Redirect(Time now, std::string location);
  void OnBody(Time now, Slice body);
  void Deliver(Time now, Slice body);
  void OnEnd(Time now);
  void ScheduleTurnEnd();
  void ArmDeadline();
  void Finish(Time now, absl::Status status);
  absl::Status TooLarge() const;
  absl::Status EndedEarly() const;

  // What belongs to one server; a redirect begins a new one.
  struct Hop {
    std::vector<Endpoint> addresses;
    size_t addresses_tried = 0;
    std::unique_ptr<TlsSession> tls;  // https only
    std::unique_ptr<HttpReader> reader;
    std::unique_ptr<Inflater> inflater;
    std::optional<absl::Status> end;  // how the connection ended
    bool is_open = false;
    bool is_requested = false;
    bool is_compressed = false;
    bool is_delivering = false;  // the head went to the handler
  };

  const HttpSeams seams_;
  const HttpRequest request_;
  HttpHandler* handler_;  // null: it is over
  absl::StatusOr<HttpUrl> url_;
  HttpPace pace_;
  Deadline deadline_;
  std::unique_ptr<Resolution> resolution_;
  std::unique_ptr<Stream> stream_;
  Hop hop_;

  int redirects_ = 0;
  bool is_elsewhere_ = false;  // redirected to another origin
  bool was_public_ = false;    // a redirect came from a public address
  bool reading_ = true;
  bool is_scheduled_ = false;
  uint64_t body_size_ = 0;  // delivered
};

}  // namespace starling
